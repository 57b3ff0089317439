"""The folders of projects in a person's own lab: mounted or linked as the service says, seen as `projects/NAME`."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import stat
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from gaia_vre.isolation.bubblewrap import Confinement

LINKS = "projects"
"""Folder of the home in which the links stand."""
_MOST = 200
_NAME = re.compile(r"[a-z][a-z0-9-]*")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Shared:
    """A project's folder in this lab."""

    path: Path
    writable: bool


def shared_folders(granted: Mapping[str, Any], root: Path) -> list[Shared]:
    """Return the folders that the service granted; one that is not there, or is no folder, is left out."""
    found = []
    for one in list(granted.get("folders") or ())[:_MOST]:
        path = root / str(one["slug"])
        if _NAME.fullmatch(path.name) and path.parent == root and _is_folder(path):
            found.append(Shared(path, bool(one["writable"])))
        else:
            log.warning("The folder of the project %r is not there", one["slug"])
    return found


def opened_to(confinement: Confinement, folders: list[Shared]) -> Confinement:
    """Return the confinement with these folders, each at its own place.

    Nothing is mounted inside the home: its owner could put a link where the mount would go.
    """
    return replace(
        confinement,
        read_only=(*confinement.read_only, *(one.path for one in folders if not one.writable)),
        read_write=(*confinement.read_write, *(one.path for one in folders if one.writable)),
    )


def link(home: Path, folders: list[Shared], root: Path) -> None:
    """Put a link to each folder into the home, and take away those of other projects.

    Whatever else stands in the links' place is the person's own and stays.
    """
    wanted = {one.path.name: one.path for one in folders}
    try:
        with _links(home, make=bool(wanted)) as handle:
            _clear(handle, wanted, root)
            for name, path in wanted.items():
                with contextlib.suppress(FileExistsError):
                    os.symlink(path, name, dir_fd=handle)
    except OSError as error:
        log.info("%s has no links to projects: %s", home.name, error.strerror)


def _clear(handle: int, wanted: Mapping[str, Path], root: Path) -> None:
    for name in os.listdir(handle):
        with contextlib.suppress(OSError):
            goal = os.readlink(name, dir_fd=handle)
            if goal == str(root / name) and name not in wanted:
                os.unlink(name, dir_fd=handle)


@contextlib.contextmanager
def _links(home: Path, *, make: bool) -> Iterator[int]:
    """Open the folder of the links; a link in its place leads nowhere."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    parent = os.open(home, flags)
    try:
        if make:
            with contextlib.suppress(FileExistsError):
                os.mkdir(LINKS, 0o700, dir_fd=parent)
        handle = os.open(LINKS, flags, dir_fd=parent)
        try:
            yield handle
        finally:
            os.close(handle)
    finally:
        os.close(parent)


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False
