"""Open folders of projects, step by step, so that no link and no rename leads elsewhere."""

from __future__ import annotations

import contextlib
import os
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gaia_vre.core.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_SHOWN = 500
"""Entries of a folder."""
DEEPEST = 64


@dataclass(frozen=True)
class Entry:
    """Something in a folder."""

    name: str
    folder: bool
    link: bool
    """It leads elsewhere, and is shown without what it leads to."""
    size: int
    changed: datetime


def listed(handle: int) -> list[Entry]:
    """Return what is in an opened folder, folders first; what is hidden is left out."""
    with os.scandir(handle) as found:
        shown = [_entry(one) for one in found if not one.name.startswith(".")]
    return sorted(shown, key=lambda one: (not one.folder, one.name.casefold()))[:MOST_SHOWN]


def steps_of(inside: str) -> list[str]:
    """Return the names of a path within a project; raises InvalidInput for what leads elsewhere."""
    steps = [step for step in inside.split("/") if step]
    if len(steps) > DEEPEST or any(step in (".", "..") or "\0" in step or step.startswith(".") for step in steps):
        raise InvalidInput(f"{inside[:80]!a} is no folder of a project")
    return steps


@contextlib.contextmanager
def opened(name: str, parent: Path | int) -> Iterator[int]:
    """Open a folder without following a link in its place, so that no rename can lead elsewhere."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        handle = os.open(name, flags, dir_fd=parent) if isinstance(parent, int) else os.open(parent / name, flags)
    except (OSError, ValueError) as error:
        raise NotFound(f"There is no folder {name[:80]!a}") from error
    try:
        yield handle
    finally:
        os.close(handle)


def is_there(name: str, folder: int) -> bool:
    """Say whether something in an opened folder has this name."""
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _entry(one: os.DirEntry[str]) -> Entry:
    facts = one.stat(follow_symlinks=False)
    link = stat.S_ISLNK(facts.st_mode)
    changed = datetime.fromtimestamp(facts.st_mtime, UTC)
    return Entry(one.name, stat.S_ISDIR(facts.st_mode), link, 0 if link else facts.st_size, changed)
