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
    """Return settings' values with what the environment says of this pod."""
    if values is not None and not isinstance(values, dict):
        return values  # the check of the model names what is wrong
    placed = dict(values or {})
    for variable, (*parts, key) in PLACE_VARIABLES.items():
        if value := os.environ.get(variable):
            within = placed
            for part in parts:
                within[part] = dict(within.get(part) or {})
                within = within[part]
            within[key] = value
    return placed
