"""What a pod is told by variables: what differs from pod to pod, or is secret, stands in no shared file."""

from __future__ import annotations

import os
from typing import Any

PLACE_VARIABLES = {
    "GAIA_VRE_STATE": ("state",),
    "GAIA_VRE_DATABASE_URL": ("service", "database_url"),
}
"""Variables, and the setting that each fills; an empty one says nothing."""


def with_places(values: Any) -> Any:
    """Return settings' values with what the environment says of this pod; what is no part is left to the model."""
    for variable, path in PLACE_VARIABLES.items():
        if value := os.environ.get(variable):
            values = _placed(values, path, value)
    return values


def _placed(values: Any, path: tuple[str, ...], value: str) -> Any:
    if not path:
        return value
    if values is not None and not isinstance(values, dict):
        return values
    whole = dict(values or {})
    whole[path[0]] = _placed(whole.get(path[0]) if len(path) > 1 else None, path[1:], value)
    return whole
