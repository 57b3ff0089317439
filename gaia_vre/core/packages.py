"""Where packages of Node stand that a lock file names: they are installed, never kept in the source."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path


def node_packages(folder: Path, name: str) -> Path:
    """Return the folder of this environment for what a folder's lock file names: another lock, another folder."""
    digest = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()[:12]
    return Path(sys.prefix) / "share" / "gaia-vre" / f"{name}-{digest}"
