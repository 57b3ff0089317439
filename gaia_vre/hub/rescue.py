"""The temporary home of a person whose own is too full: the full one beside it, and a page that says what to do."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gaia_vre.isolation.bubblewrap import Confinement

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGE = "RESCUE.md"
FULL_HOME = "full-home"
ADDRESS = f"/lab/tree/{PAGE}?factory=Markdown%20Preview"
RESCUE_ARGUMENTS = ("--FileContentsManager.delete_to_trash=False", "--FileContentsManager.always_delete_dir=True")
"""The trash would stand in the temporary home: each deleted file would be copied there first."""
_MEBI = 2**20


@dataclass(frozen=True)
class TooFull:
    """What the service says of a home beyond its hard limit."""

    used_gib: float
    limit_gib: float
    largest: tuple[tuple[int, str], ...]
    """Bytes and path of its largest files, the largest first."""


def too_full(answer: Mapping[str, Any] | None) -> TooFull | None:
    """Return what an admission says of a full home; None when the home has room."""
    home = (answer or {}).get("home")
    if not home or not (answer or {}).get("rescue"):
        return None
    return TooFull(home["used_gib"], home["limit_gib"], tuple((one["size"], one["path"]) for one in home["largest"]))


def open_home(home: Path, temporary: Path, full: TooFull | None, *, bound: bool) -> Confinement:
    """Return what a lab sees as its home, made ready; a temporary one that an earlier start left is cleared away.

    Parameters
    ----------
    temporary
        Where a home is made for this start if the person's own is too full.
    bound
        The full home is mounted in the temporary one when the lab starts; otherwise it is linked.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    _clear(temporary)
    if full is None:
        return Confinement(home)
    temporary.mkdir(mode=0o700, parents=True)
    place = temporary / FULL_HOME
    if bound:
        place.mkdir()
    else:
        place.symlink_to(home, target_is_directory=True)
    (temporary / PAGE).write_text(rescue_page(full), encoding="utf-8")
    return Confinement(temporary, placed=((home, place),) if bound else ())


def rescue_page(full: TooFull) -> str:
    """Return the page in Markdown, in English and French; names of files stand in a block of code."""
    pages = Environment(  # noqa: S701 - Markdown, not HTML
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    largest = [(f"{size / _MEBI:10,.1f} MiB", f"{FULL_HOME}/{path}") for size, path in full.largest]
    used, limit = f"{full.used_gib:.3g}", f"{full.limit_gib:.3g}"
    return pages.get_template("gaia_rescue.md").render(used=used, limit=limit, largest=largest, full=FULL_HOME) + "\n"


def _clear(folder: Path) -> None:
    if not folder.exists():
        return
    for root, below, _ in os.walk(folder):  # follows no links, as rmtree: the full home stays
        for name in below:
            if not (path := Path(root, name)).is_symlink():
                path.chmod(0o700)
    shutil.rmtree(folder)
