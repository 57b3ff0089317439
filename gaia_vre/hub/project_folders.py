"""The folders of projects that a server on one machine sees, as the service says."""

from __future__ import annotations

import logging
import stat
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gaia_vre.core.project_links import NAME

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gaia_vre.isolation.bubblewrap import Confinement

_MOST = 200
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
        if NAME.fullmatch(path.name) and path.parent == root and _is_folder(path):
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


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False
