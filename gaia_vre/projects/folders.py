"""The folders that members of projects share: made group-writable whatever anybody's umask, never followed out of."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gaia_vre.core.errors import InvalidInput, NotFound
from gaia_vre.projects.rules import check_slug

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_SHOWN = 500
"""Entries of a folder."""
_MODE = 0o2770
"""Whatever is made below belongs to the folder's group."""
_DEEPEST = 64
_DEFAULT_RIGHTS = "system.posix_acl_default"
_NOBODY = 0xFFFFFFFF
_USER, _GROUP, _MASK, _OTHER = 0x01, 0x04, 0x10, 0x20
_ALL, _NONE = 7, 0
_WITHOUT_RIGHTS = {errno.EOPNOTSUPP, errno.EPERM, errno.EINVAL, errno.ENOSYS}


@dataclass(frozen=True)
class Entry:
    """Something in a folder."""

    name: str
    folder: bool
    link: bool
    """It leads elsewhere, and is shown without what it leads to."""
    size: int
    changed: datetime


class Folders:
    """The folders of projects below one root."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, slug: str) -> Path:
        """Return where a project's folder is; raises InvalidInput for what is no project's name."""
        check_slug(slug)
        return self.root / slug

    def make(self, slug: str) -> Path:
        """Make a project's folder, or put its rights right; raises NotFound for something else in its place."""
        folder = self.path(slug)
        self.root.mkdir(mode=0o711, parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        with _opened(slug, self.root) as handle:
            if stat.S_IMODE(os.fstat(handle).st_mode) != _MODE:
                os.fchmod(handle, _MODE)
            _give_rights(handle)
        return folder

    def entries(self, slug: str, inside: str = "") -> list[Entry]:
        """Return what is in a folder of a project, folders first; what is hidden is left out.

        Raises
        ------
        NotFound
            There is no such folder, or a link stands in the way: what links lead to is not shown.
        """
        steps = _steps(inside)
        with contextlib.ExitStack() as opened:
            handle = opened.enter_context(_opened(slug, self.root))
            for step in steps:
                handle = opened.enter_context(_opened(step, handle))
            with os.scandir(handle) as found:
                shown = [_entry(one) for one in found if not one.name.startswith(".")]
        return sorted(shown, key=lambda one: (not one.folder, one.name.casefold()))[:MOST_SHOWN]


def _steps(inside: str) -> list[str]:
    steps = [step for step in inside.split("/") if step]
    if len(steps) > _DEEPEST or any(step in (".", "..") or "\0" in step or step.startswith(".") for step in steps):
        raise InvalidInput(f"{inside[:80]!a} is no folder of a project")
    return steps


@contextlib.contextmanager
def _opened(name: str, parent: Path | int) -> Iterator[int]:
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


def _entry(one: os.DirEntry[str]) -> Entry:
    facts = one.stat(follow_symlinks=False)
    link = stat.S_ISLNK(facts.st_mode)
    changed = datetime.fromtimestamp(facts.st_mtime, UTC)
    return Entry(one.name, stat.S_ISDIR(facts.st_mode), link, 0 if link else facts.st_size, changed)


def _give_rights(handle: int) -> None:
    """Have what is made below be writable by the group: a default ACL holds against any umask.

    A file system without ACLs leaves it to the umask; there, as below bubblewrap, all labs are one user anyway.
    """
    wanted = _acl((_USER, _ALL), (_GROUP, _ALL), (_MASK, _ALL), (_OTHER, _NONE))
    try:
        if _rights(handle) != wanted:
            os.setxattr(handle, _DEFAULT_RIGHTS, wanted)
    except OSError as error:
        if error.errno not in _WITHOUT_RIGHTS:
            raise


def _rights(handle: int) -> bytes | None:
    try:
        return os.getxattr(handle, _DEFAULT_RIGHTS)
    except OSError as error:
        if error.errno != errno.ENODATA:
            raise
        return None


def _acl(*entries: tuple[int, int]) -> bytes:
    """Return rights as Linux keeps them, see linux/posix_acl_xattr.h."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", tag, right, _NOBODY) for tag, right in entries)
