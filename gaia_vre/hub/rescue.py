"""The temporary home of a person whose own is too full: the full one beside it, and a page that says what to do."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

PAGE = "RESCUE.md"
FULL_HOME = "full-home"
_MEBI = 2**20


def prepare_rescue(temporary: Path, full: Path, facts: dict[str, Any], bound: bool) -> Path:
    """Make the temporary home anew; return where the full one is seen in it.

    Parameters
    ----------
    facts
        ``used_gib``, ``limit_gib`` and ``largest`` as the service gives them.
    bound
        The full home is mounted there when the lab starts; otherwise it is linked.
    """
    if temporary.exists():
        shutil.rmtree(temporary)  # follows no links: the full home stays
    temporary.mkdir(mode=0o700, parents=True)
    place = temporary / FULL_HOME
    if bound:
        place.mkdir()
    else:
        place.symlink_to(full, target_is_directory=True)
    (temporary / PAGE).write_text(rescue_page(facts), encoding="utf-8")
    return place


def rescue_page(facts: dict[str, Any]) -> str:
    """Return the page in Markdown, in English and French; names of files stand in a block of code."""
    pages = Environment(  # noqa: S701 - Markdown; the names are escaped, without line ends
        loader=FileSystemLoader(Path(__file__).with_name("templates")), trim_blocks=True, lstrip_blocks=True
    )
    largest = [(f"{one['size'] / _MEBI:12,.1f} MiB", f"{FULL_HOME}/{one['path']}") for one in facts["largest"]]
    return pages.get_template("gaia_rescue.md").render(facts | {"largest": largest, "full": FULL_HOME}) + "\n"
