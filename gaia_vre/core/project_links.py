"""Links to the folders of a person's projects in the person's own home, seen as `projects/NAME`."""

from __future__ import annotations

import contextlib
import logging
import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

LINKS = "projects"
"""Folder of the home in which the links stand."""
PROJECTS = "GAIA_VRE_PROJECTS"
"""Variable that tells a lab below which folder those of projects stand."""
LINKED = "GAIA_VRE_LINK_PROJECTS"
"""Variable that has a lab make the links itself: on Kubernetes nobody else reaches its home."""
NAME = re.compile(r"[a-z][a-z0-9-]*")
"""What a folder of a project is called."""
log = logging.getLogger(__name__)


def link(home: Path, wanted: Collection[str], root: Path) -> None:
    """Put a link to each folder of these names below the root into the home, and take away those to others.

    Whatever else stands in the links' place is the person's own and stays.
    """
    try:
        with _links(home, make=bool(wanted)) as handle:
            _clear(handle, wanted, root)
            for name in wanted:
                with contextlib.suppress(FileExistsError):
                    os.symlink(root / name, name, dir_fd=handle)
    except OSError as error:
        log.info("%s has no links to projects: %s", home.name, error.strerror)


def _clear(handle: int, wanted: Collection[str], root: Path) -> None:
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
