"""Copy the work of a sandbox to a folder that its person has: whole or not at all, however often it is tried."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gaia_vre.core.errors import Conflict, TooLarge, Unavailable
from gaia_vre.isolation.second_names import Names, names_below
from gaia_vre.sandboxes.model import Receipt

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from pathlib import Path
    from typing import Any

MANIFEST = "gaia-sandbox.json"
_DEEPEST = 60
_MOST_NAMED = 100
_MOST_COPIES = 100
_CHUNK = 2**20
_LEFT = (".ipynb_checkpoints", "__pycache__")
_LOOK = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_ENTER = _LOOK | os.O_DIRECTORY


@dataclass
class Copying:
    """A copy while it is made.

    Both ends are written by others meanwhile: every step is taken from an open folder, and never through a link, so
    that nobody leads it elsewhere. A file with another name outside of the source is left out.
    """

    room: int
    """Bytes that fit."""
    most_files: int
    files: int = 0
    size: int = 0
    left_out: list[str] = field(default_factory=list)
    digest: Any = field(default_factory=hashlib.sha256)
    _known: Names = field(default_factory=Names)

    def whole(self, source: int, target: int) -> None:
        """Copy what stands in an open folder, and below it, into another."""
        self._known = names_below(source)
        self._folder(source, target, "")

    def _folder(self, source: int, target: int, below: str, depth: int = 0) -> None:
        for entry in sorted(os.scandir(source), key=lambda one: one.name):
            path = f"{below}{entry.name}"
            if (not below and (entry.name.startswith(".") or entry.name == MANIFEST)) or entry.name in _LEFT:
                continue
            if entry.is_dir(follow_symlinks=False) and depth < _DEEPEST:
                self._below(source, target, entry.name, path, depth)
            elif entry.is_file(follow_symlinks=False):
                self._file(source, target, entry.name, path)
            else:
                self.left_out.append(path)

    def _below(self, source: int, target: int, name: str, path: str, depth: int) -> None:
        try:
            inner = os.open(name, _ENTER, dir_fd=source)
        except OSError:
            self.left_out.append(path)
            return
        with _closing(inner), _closing(_made(target, name)) as made:
            self._count(0)
            self._folder(inner, made, f"{path}/", depth + 1)

    def _file(self, source: int, target: int, name: str, path: str) -> None:
        try:
            read = os.open(name, _LOOK | os.O_NONBLOCK, dir_fd=source)
        except OSError:
            self.left_out.append(path)
            return
        with os.fdopen(read, "rb") as file:
            about = os.fstat(read)
            if not stat.S_ISREG(about.st_mode) or self._known.lead_outside(about):
                self.left_out.append(path)
                return
            mode = 0o700 if about.st_mode & 0o100 else 0o600
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            self.digest.update(f"{path}\0".encode("utf-8", "surrogateescape"))
            with os.fdopen(os.open(name, flags, mode, dir_fd=target), "wb") as written:
                while data := file.read(_CHUNK):
                    self._count(len(data))
                    self.digest.update(data)
                    written.write(data)
        self.files += 1

    def _count(self, size: int) -> None:
        self.size += size
        if self.size > self.room:
            raise TooLarge("full")
        if self.files >= self.most_files:
            raise TooLarge(f"The sandbox has more than {self.most_files} files, which is the limit")


@dataclass(frozen=True)
class Place:
    """Where something is kept.

    Parameters
    ----------
    name
        ``home`` or ``project:<name>``.
    room
        Bytes that fit there.
    """

    name: str
    folder: Path
    room: int


@dataclass(frozen=True)
class Work:
    """What is kept.

    Parameters
    ----------
    name
        Of the new folder; where there is another of this name, a number follows it.
    facts
        What the manifest says beside the numbers.
    """

    home: Path
    number: str
    name: str
    facts: Mapping[str, Any]
    most_files: int


def keep(work: Work, place: Place, now: datetime) -> Receipt:
    """Copy a sandbox's home into a new folder; the same work kept again is the same folder.

    Raises
    ------
    TooLarge
        It does not fit there; nothing was kept.
    Unavailable
        The folder is not there, or cannot be written.
    """
    draft = f".keeping-{work.number}"
    try:
        with _closing(os.open(place.folder, _ENTER)) as root:
            _clear(place.folder / draft)
            try:
                copy, digest = _drafted(work, root, draft, Copying(place.room, work.most_files), now)
                folder, there = _free(root, work.name, digest)
                if not there:
                    os.rename(draft, folder, src_dir_fd=root, dst_dir_fd=root)
            finally:
                _clear(place.folder / draft)
    except OSError as error:
        raise Unavailable(f"The work cannot be kept in {place.name}: {error.strerror or error}") from error
    return Receipt(now, place.name, folder, copy.files, copy.size, tuple(copy.left_out[:_MOST_NAMED]))


def _drafted(work: Work, root: int, draft: str, copy: Copying, now: datetime) -> tuple[Copying, str]:
    """Copy everything under a name that nobody takes for the work, and return its digest."""
    with _closing(os.open(work.home, _ENTER)) as source, _closing(_made(root, draft)) as target:
        copy.whole(source, target)
        digest = f"sha256:{copy.digest.hexdigest()}"
        counted = {"files": copy.files, "bytes": copy.size, "left_out": copy.left_out[:_MOST_NAMED]}
        told = {**work.facts, "kept": now.isoformat(), **counted, "digest": digest}
        _write(target, MANIFEST, json.dumps(told, indent=2) + "\n")
    return copy, digest


def _free(root: int, name: str, digest: str) -> tuple[str, bool]:
    """Return the name of the folder, and whether the same work stands in it already."""
    for number in range(1, _MOST_COPIES + 1):
        tried = name if number == 1 else f"{name} {number}"
        try:
            os.stat(tried, dir_fd=root, follow_symlinks=False)
        except FileNotFoundError:
            return tried, False
        if _digest_in(root, tried) == digest:
            return tried, True
    raise Conflict(f"{name!a} was kept {_MOST_COPIES} times there: choose another name")


def _digest_in(root: int, name: str) -> str | None:
    with (
        contextlib.suppress(OSError, ValueError, AttributeError),
        _closing(os.open(name, _ENTER, dir_fd=root)) as there,
        os.fdopen(os.open(MANIFEST, _LOOK | os.O_NONBLOCK, dir_fd=there), "rb") as file,
    ):
        return str(json.loads(file.read(_CHUNK)).get("digest"))
    return None


def _made(parent: int, name: str) -> int:
    """Make a folder and open it."""
    os.mkdir(name, 0o700, dir_fd=parent)
    return os.open(name, _ENTER, dir_fd=parent)


def _write(folder: int, name: str, text: str) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(name, flags, 0o600, dir_fd=folder), "w") as file:
        file.write(text)


def _clear(draft: Path) -> None:
    """Take away what a killed attempt left; a link is taken away itself."""
    if os.path.lexists(draft):
        subprocess.run(["rm", "-rf", "--one-file-system", "--", str(draft)], capture_output=True, check=False)


@contextlib.contextmanager
def _closing(descriptor: int) -> Iterator[int]:
    try:
        yield descriptor
    finally:
        os.close(descriptor)
