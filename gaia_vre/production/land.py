"""Natural Earth's land for pictures of points."""

from __future__ import annotations

import functools
import json

import numpy as np

from gaia_vre.look import STATIC


@functools.cache
def land_rings() -> tuple[np.ndarray, ...]:
    """Return the outlines of land in degrees."""
    shapes = json.loads((STATIC / "map" / "land.json").read_text(encoding="utf-8"))
    return tuple(np.asarray(polygon[0]) for polygon in shapes["coordinates"])
