"""The folders that members of projects share: made group-writable whatever anybody's umask, never followed out of."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import stat
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gaia_vre.core.errors import Conflict, InvalidInput, NotFound
from gaia_vre.core.trash import ITEM, PLACE, TRASH, thrown_away
from gaia_vre.projects.opening import DEEPEST, MOST_SHOWN, Entry, is_there, listed, opened, steps_of
from gaia_vre.projects.rules import check_slug

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

_MODE = 0o2770
"""Whatever is made below belongs to the folder's group."""
_LONGEST = 4096
_NUMBER = re.compile(r"[0-9]{8}T[0-9]{6}-[0-9a-f]{8}")
_DEFAULT_RIGHTS = "system.posix_acl_default"
_NOBODY = 0xFFFFFFFF
_USER, _GROUP, _MASK, _OTHER = 0x01, 0x04, 0x10, 0x20
_ALL, _NONE = 7, 0
_WITHOUT_RIGHTS = {errno.EOPNOTSUPP, errno.EPERM, errno.EINVAL, errno.ENOSYS}


@dataclass(frozen=True)
class Thrown:
    """Something in the trash."""

    number: str
    path: str
    """Where it was."""
    at: datetime
    folder: bool


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
        with opened(slug, self.root) as handle:
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
        steps = steps_of(inside)
        with contextlib.ExitStack() as inner:
            handle = inner.enter_context(opened(slug, self.root))
            for step in steps:
                handle = inner.enter_context(opened(step, handle))
            return listed(handle)

    def read(self, slug: str, path: str, most_bytes: int) -> bytes:
        """Return what a file of a project holds now.

        Raises
        ------
        NotFound
            There is no such file, or a link stands somewhere in the way, also one to the same file by another name:
            a file that has other names may be somebody's who never gave it to the project.
        InvalidInput
            It is no path within the folder, or the file is larger than that.
        """
        *above, name = steps_of(path) or [""]
        if not name or path.startswith("/"):
            raise InvalidInput(f"{path[:80]!a} is no file of a project")
        with contextlib.ExitStack() as inner:
            handle = inner.enter_context(opened(slug, self.root))
            for step in above:
                handle = inner.enter_context(opened(step, handle))
            return _content(name, handle, most_bytes)

    def check_data(self, slug: str, path: str) -> None:
        """Raise NotFound unless a file or store of a project's own stands there, with no link in the way."""
        *above, name = steps_of(path) or [""]
        if not name or path.startswith("/"):
            raise InvalidInput(f"{path[:80]!a} is no file of a project")
        with contextlib.ExitStack() as inner:
            handle = inner.enter_context(opened(slug, self.root))
            for step in above:
                handle = inner.enter_context(opened(step, handle))
            try:
                facts = os.stat(name, dir_fd=handle, follow_symlinks=False)
            except OSError as error:
                raise NotFound(f"There is no file {path[:80]!a} in {slug}") from error
            own = stat.S_ISDIR(facts.st_mode) or (stat.S_ISREG(facts.st_mode) and facts.st_nlink == 1)
            if not own:
                raise NotFound(f"There is no file {path[:80]!a} that belongs to {slug} alone")

    # Trash --------------------------------------------------------------------------------------

    def thrown_away(self, slug: str) -> list[Thrown]:
        """Return what is in a project's trash, the last deleted first."""
        try:
            with opened(slug, self.root) as folder, opened(TRASH, folder) as trash:
                found = [_thrown(name, trash) for name in _names(trash)]
        except NotFound:
            return []
        return sorted((one for one in found if one), key=lambda one: one.at, reverse=True)[:MOST_SHOWN]

    def put_back(self, slug: str, number: str) -> str:
        """Put something from the trash back to where it was, or, if its folder is gone, to the top; return where.

        Raises
        ------
        NotFound
            It is not in the trash.
        Conflict
            Something else has its name now.
        """
        if not _NUMBER.fullmatch(number):
            raise NotFound(f"Nothing in the trash of {slug} is called {number[:40]!a}")
        with contextlib.ExitStack() as inner:
            folder = inner.enter_context(opened(slug, self.root))
            trash = inner.enter_context(opened(TRASH, folder))
            place = inner.enter_context(opened(number, trash))
            *above, name = _place_of(place)
            goal, where = folder, ""
            try:
                for step in above:
                    goal = inner.enter_context(opened(step, goal))
                where = "/".join(above)
            except NotFound:
                goal = folder
            if is_there(name, goal):
                raise Conflict(f"{name[:80]!a} is there again: rename it first")
            os.rename(ITEM, name, src_dir_fd=place, dst_dir_fd=goal)
            shutil.rmtree(number, dir_fd=trash)
        return f"{where}/{name}".lstrip("/")

    def empty_trash(self, slug: str, before: datetime) -> int:
        """Delete for good what was thrown away before a moment; return how much that was."""
        count = 0
        try:
            with opened(slug, self.root) as folder, opened(TRASH, folder) as trash:
                for name in _names(trash):
                    at = thrown_away(name)
                    if at is not None and at < before:
                        shutil.rmtree(name, dir_fd=trash)  # follows no link, whatever is renamed meanwhile
                        count += 1
        except NotFound:
            return 0
        return count


def _names(folder: int) -> list[str]:
    with os.scandir(folder) as found:
        return [one.name for one in found]


def _thrown(name: str, trash: int) -> Thrown | None:
    at = thrown_away(name)
    if at is None or not _NUMBER.fullmatch(name):
        return None
    try:
        with opened(name, trash) as place:
            facts = os.stat(ITEM, dir_fd=place, follow_symlinks=False)
            return Thrown(name, "/".join(_place_of(place)), at, stat.S_ISDIR(facts.st_mode))
    except (NotFound, OSError):
        return None


def _place_of(place: int) -> list[str]:
    """Read where something was; raises NotFound for what leads elsewhere."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        handle = os.open(PLACE, flags, dir_fd=place)
        with os.fdopen(handle, encoding="utf-8", errors="surrogateescape") as file:
            steps = file.read(_LONGEST).split("/")
    except OSError as error:
        raise NotFound("It is not known where this was") from error
    if not steps or any(step in ("", ".", "..") or "\0" in step for step in steps) or len(steps) > DEEPEST:
        raise NotFound("It is not known where this was")
    return steps


def _content(name: str, folder: int, most_bytes: int) -> bytes:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        handle = os.open(name, flags, dir_fd=folder)
    except (OSError, ValueError) as error:
        raise NotFound(f"There is no file {name[:80]!a}") from error
    facts = os.fstat(handle)
    if not stat.S_ISREG(facts.st_mode) or facts.st_nlink != 1:
        os.close(handle)
        raise NotFound(f"There is no file {name[:80]!a} that belongs to this project alone")
    with os.fdopen(handle, "rb") as file:
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise InvalidInput(f"{name[:80]!a} has {facts.st_size:,} bytes; at most {most_bytes:,} are read")
    return content


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
