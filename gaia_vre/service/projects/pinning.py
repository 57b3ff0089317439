"""What an environment is made of, as a digest: two that say the same have the same packages."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gaia_vre.core.errors import InvalidInput, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gaia_vre.core.settings import Environment


def chosen(environments: Sequence[Environment], name: str) -> Environment:
    """Return an environment of the settings; raises InvalidInput with the nearest name."""
    for one in environments:
        if one.name == name:
            return one
    raise InvalidInput(f"There is no environment {name[:40]!a}{did_you_mean(name, [one.name for one in environments])}")


def digest_of(environment: Environment, *, pods: bool) -> str:
    """Return the digest of an image, or of the names and versions of what a Python environment has installed.

    Parameters
    ----------
    pods
        Labs are pods: the image counts. One that is named by a tag alone is pinned by its name, and that is said.
    """
    if pods:
        image = environment.image or ""
        _, at, digest = image.rpartition("@")
        return digest if at else f"tag:{image or 'default'}"[:120]
    prefix = environment.prefix or Path(sys.prefix)
    found = prefix.glob("lib/python3*/site-packages/*.dist-info")
    packages = "\n".join(sorted(one.name.removesuffix(".dist-info") for one in found))
    return f"sha256:{hashlib.sha256(packages.encode()).hexdigest()}"
