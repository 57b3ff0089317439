"""Walk through a folder that others write in while we do: no link is followed, nothing outside is read.

A file whose other names are not all in the folder is left out: it may be somebody's who never gave it.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Literal

from gaia_vre.isolation.second_names import names_below

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gaia_vre.isolation.second_names import Names

BLOCK = 1 << 20
_READING = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

Kind = Literal["file", "folder", "link", "left"]


@dataclass(frozen=True)
class Found:
    """One entry; a folder is told of where it is empty."""

    raw: bytes
    """Path below the root, as its bytes are."""
    kind: Kind
    size: int = 0
    changed_ns: int = 0
    target: bytes = b""
    """Where a link leads."""
    why: str = ""
    """Why it is left out."""
    file: BinaryIO | None = None
    """Open until the next entry is asked for."""

    @property
    def chunks(self) -> Iterator[bytes]:
        while self.file is not None and (chunk := self.file.read(BLOCK)):
            yield chunk


def walk(root: Path) -> Iterator[Found]:
    """Return all entries below a folder, in the order of their names."""
    errors: list[OSError] = []
    known = names_below(root)
    for folder, below, names, descriptor in os.fwalk(os.fsencode(root), onerror=errors.append):
        inside = os.path.relpath(folder, os.fsencode(root))
        prefix = b"" if inside == b"." else inside + b"/"
        below.sort()
        if not below and not names and prefix:
            yield Found(prefix.rstrip(b"/"), "folder")
        for name in sorted([*names, *(one for one in below if _is_link(one, descriptor))]):
            yield from _entry(prefix + name, name, descriptor, known)
        for error in errors:
            path = os.fsencode(error.filename or b"?")
            yield Found(prefix + path.rpartition(b"/")[2], "left", why=f"cannot be read: {error.strerror}")
        errors.clear()
    for error in errors:
        yield Found(os.fsencode(error.filename or b"?").rpartition(b"/")[2], "left", why=f"{error.strerror}")


def _entry(path: bytes, name: bytes, folder: int, known: Names) -> Iterator[Found]:
    try:
        facts = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if stat.S_ISLNK(facts.st_mode):
            yield Found(path, "link", target=os.readlink(name, dir_fd=folder))
            return
        if not stat.S_ISREG(facts.st_mode):
            yield Found(path, "left", why="no file, folder or link")
            return
        descriptor = os.open(name, _READING, dir_fd=folder)
    except FileNotFoundError:
        return  # gone meanwhile
    except OSError as error:
        yield Found(path, "left", why=f"cannot be read: {error.strerror}")
        return
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        facts = os.fstat(descriptor)
        if known.lead_outside(facts):
            yield Found(path, "left", why="it has another name outside of the folder")
        elif stat.S_ISREG(facts.st_mode):
            yield Found(path, "file", facts.st_size, facts.st_mtime_ns, file=file)


def _is_link(name: bytes, folder: int) -> bool:
    with suppress(OSError):
        return stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    return False
