"""The trash of a shared folder: a folder in it, on the same mount, so that deleting moves and copies nothing.

Each deleted thing stands in a folder of its own named by the moment, beside a file that says where it was.
"""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

TRASH = ".trash"
ITEM, PLACE = "item", "place"
STAMP = "%Y%m%dT%H%M%S"


def throw_away(path: Path, root: Path, now: datetime) -> None:
    """Move something into the trash of the shared folder that it is in.

    Parameters
    ----------
    root
        The shared folder; `path` is below it, and not what a link leads to.

    Raises
    ------
    OSError
        It cannot be moved, as where nothing may be written.
    """
    trash = root / TRASH
    trash.mkdir(mode=0o2770, exist_ok=True)
    place = trash / f"{now.astimezone(UTC):{STAMP}}-{secrets.token_hex(4)}"
    place.mkdir(mode=0o2770)
    (place / PLACE).write_text(str(path.relative_to(root)), "utf-8", "surrogateescape")
    os.rename(path, place / ITEM)  # noqa: PTH104 - never copied, never followed


def thrown_away(name: str) -> datetime | None:
    """Return when something was deleted, by the name of its folder; None for what is none."""
    try:
        return datetime.strptime(name.partition("-")[0], STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
