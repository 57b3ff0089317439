"""The temporary home of a person whose own is too full: the full one beside it, and a page that says what to do."""

from __future__ import annotations

import json
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
ADDRESS = f"/lab/tree/{PAGE}"
RESCUE_ARGUMENTS = ("--FileContentsManager.delete_to_trash=False",)
"""The trash would stand in the temporary home: each deleted file would be copied there first.

Without it folders that are not empty cannot be deleted by a click, so that no click deletes the full home.
"""
_GIB, _MIB = 2**30, 2**20
_TELLING = 1000
"""A file that is a smaller part than this is not worth deleting."""
_VIEWER = ".jupyter/lab/user-settings/@jupyterlab/docmanager-extension/plugin.jupyterlab-settings"
"""Where JupyterLab keeps which viewer opens what."""


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
    viewer = temporary / _VIEWER
    viewer.parent.mkdir(parents=True)
    viewer.write_text(json.dumps({"defaultViewers": {"markdown": "Markdown Preview"}}))
    return Confinement(temporary, placed=((home, place),) if bound else ())


def empty_home(temporary: Path) -> Path:
    """Make a home for one start, whatever an earlier one left."""
    _clear(temporary)
    temporary.mkdir(mode=0o700, parents=True)
    return temporary


def rescue_page(full: TooFull) -> str:
    """Return the page in Markdown, in English and French; names of files stand in a block of code."""
    pages = Environment(  # noqa: S701 - Markdown, not HTML
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters["french"] = lambda amount: amount.replace(".", ",").replace("iB", "io")
    telling = [(size, path) for size, path in full.largest if size > full.used_gib * _GIB / _TELLING]
    text = pages.get_template("gaia_rescue.md").render(
        used=_amount(full.used_gib * _GIB),
        limit=_amount(full.limit_gib * _GIB),
        largest=[(_amount(size), f"{FULL_HOME}/{path}") for size, path in telling],
        full=FULL_HOME,
    )
    return f"{text}\n"


def _amount(size: float) -> str:
    """Return a size as people read it; what counts in GiB has a digit behind the point."""
    return f"{size / _GIB:.1f} GiB" if size >= _GIB else f"{size / _MIB:.1f} MiB"


def _clear(folder: Path) -> None:
    if not folder.exists():
        return
    for root, below, _ in os.walk(folder):  # follows no links, as rmtree: the full home stays
        for name in below:
            if not (path := Path(root, name)).is_symlink():
                path.chmod(0o700)
    shutil.rmtree(folder)
