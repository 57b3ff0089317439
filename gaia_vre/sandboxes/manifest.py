"""What a kept sandbox says of itself: what it came from, in which environment, with which data and packages."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gaia_vre.core.settings import Settings
    from gaia_vre.sandboxes.model import Sandbox

_DISTRIBUTION = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,99})-([A-Za-z0-9][A-Za-z0-9._+!-]{0,99})\.dist-info")
_MOST = 500


def facts_of(sandbox: Sandbox, home: Path, opened: Iterable[str], settings: Settings) -> dict[str, Any]:
    """Return the facts of a manifest.

    Parameters
    ----------
    opened
        The datasets that were opened in it.

    Notes
    -----
    What stands in the home was written by what ran there: it is bounded, and its form is checked.
    """
    environment = settings.labs.environments[0]
    prefix = environment.prefix or Path(sys.prefix)
    return {
        "sandbox": sandbox.id,
        "title": sandbox.title,
        "made_by": sandbox.username,
        "made": sandbox.created.isoformat(),
        "source": sandbox.source.stored(),
        "environment": {"name": environment.name, "digest": environment_digest(prefix)},
        "datasets": list(opened)[:_MOST],
        "packages_added": sorted(packages_in(home / ".local")),
    }


def environment_digest(prefix: Path) -> str:
    """Return a digest of the packages of an environment with their versions."""
    text = "\n".join(sorted(packages_in(prefix.resolve())))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def packages_in(prefix: Path) -> list[str]:
    """Return the packages that are installed below a prefix, as pip writes them."""
    found = []
    for folder in prefix.glob("lib/python3*/site-packages"):
        if any(one.is_symlink() for one in (folder, *folder.parents) if one.is_relative_to(prefix)):
            continue
        names = (_DISTRIBUTION.fullmatch(entry.name) for entry in os.scandir(folder))
        found += [f"{name[1]}=={name[2]}" for name in names if name]
    return found[: 10 * _MOST]
