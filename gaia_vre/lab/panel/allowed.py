"""What the panel may ask of the service: the one list, by method and path."""

from __future__ import annotations

import re

_DATASET = r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}"
_SERVER = r"[a-z0-9](?:[a-z0-9-]{0,28}[a-z0-9])?"
_PROJECT = r"[a-z0-9-]{1,28}"
_CLUSTER = r"[A-Za-z0-9._-]{1,100}"
_SANDBOX = r"[a-z0-9]{4,16}"
_PICTURE = r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}/){0,8}[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}\.(?:png|jpg)"

ALLOWED = (
    ("GET", "api/catalog/search"),
    ("GET", f"api/catalog/datasets/{_DATASET}/use"),
    ("GET", "api/quotas/usage"),
    ("GET", "api/servers"),
    ("DELETE", "api/server"),
    ("DELETE", f"api/servers/{_SERVER}"),
    ("DELETE", f"api/clusters/{_CLUSTER}"),
    ("GET", "api/sandboxes"),
    ("GET", f"api/sandboxes/{_SANDBOX}"),
    ("POST", f"api/sandboxes/{_SANDBOX}/extend"),
    ("POST", f"api/sandboxes/{_SANDBOX}/keep"),
    ("DELETE", f"api/sandboxes/{_SANDBOX}"),
    ("GET", "api/projects"),
    ("GET", f"api/projects/{_PROJECT}/members"),
    ("GET", "api/messages"),
    ("POST", r"api/messages/\d{1,18}/read"),
    ("GET", f"pictures/{_PICTURE}"),
)
"""Method and the path from the service's own on; a section of the panel that asks more adds a line."""

WITH_BODY = re.compile(rf"api/sandboxes/{_SANDBOX}/keep", re.ASCII)
"""What the panel asks with JSON, and waits for: files are copied."""

FOR_VISITORS = ("api/catalog/", "pictures/")
"""What somebody may ask who was let into the lab of another; the rest is its owner's alone."""

_PATTERNS = [(method, re.compile(path, re.ASCII)) for method, path in ALLOWED]


def is_allowed(method: str, path: str) -> bool:
    """Say whether the panel may ask this."""
    return ".." not in path and any(method == one and pattern.fullmatch(path) for one, pattern in _PATTERNS)
