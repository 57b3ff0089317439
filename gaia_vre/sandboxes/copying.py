"""Copy a folder that others write to: regular files alone, no link followed, bounded."""

from __future__ import annotations

import os
import shutil
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gaia_vre.core.errors import TooLarge

if TYPE_CHECKING:
    from pathlib import Path

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_HIDDEN = {".git", ".ipynb_checkpoints", "__pycache__"}


@dataclass(frozen=True)
class Bound:
    """How much is copied at most."""

    size: int
    """In bytes."""
    files: int


@dataclass(frozen=True)
class Copied:
    """What was copied, and what was not: links, devices, what cannot be read."""

    files: int
    size: int
    left_out: tuple[str, ...]


def copy_folder(source: Path, target: Path, bound: Bound, what: str) -> Copied:
    """Copy a folder into a new one.

    Files are opened relative to their folder and never through a link, so whoever can write in
    the source meanwhile can lead nowhere else.

    Parameters
    ----------
    what
        Its name in messages.

    Raises
    ------
    TooLarge
        It passes the bound; the target is left with what fitted.
    """
    files = size = 0
    left_out: list[str] = []
    target.mkdir()
    for folder, folders, names, descriptor in os.fwalk(source, follow_symlinks=False):
        below = os.path.relpath(folder, source)
        left_out += [os.path.normpath(f"{below}/{one}") for one in folders if _is_link(one, descriptor)]
        folders[:] = [one for one in folders if one not in _HIDDEN and not _is_link(one, descriptor)]
        for one in folders:
            (target / below / one).mkdir()
        for name in names:
            length = _copy_file(name, descriptor, target / below / name, bound.size - size)
            if length is None:
                left_out.append(os.path.normpath(f"{below}/{name}"))
                continue
            files, size = files + 1, size + length
            if files > bound.files or size > bound.size:
                raise TooLarge(
                    f"{what} has more than {bound.size / 2**20:,.0f} MiB or {bound.files:,} files, "
                    "which is what the home of a sandbox holds"
                )
    return Copied(files, size, tuple(sorted(left_out)))


def _copy_file(name: str, folder: int, target: Path, left: int) -> int | None:
    """Copy one regular file and return its bytes, one more than are left when it is larger; None leaves it out."""
    try:
        descriptor = os.open(name, _FLAGS, dir_fd=folder)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            return None
        if about.st_size > left:
            return left + 1
        with target.open("xb") as written:
            shutil.copyfileobj(file, written, 2**20)
            return written.tell()


def _is_link(name: str, folder: int) -> bool:
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except OSError:
        return True
