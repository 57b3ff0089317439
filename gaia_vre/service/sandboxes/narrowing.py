"""What a sandbox's own token may ask of the service: its own countdown and the catalog, and what it opens of that."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gaia_vre.core.errors import NotAllowed

if TYPE_CHECKING:
    from collections.abc import Iterable

_OWN_SERVER = re.compile(r"access:servers!server=.+/sandbox-([a-z0-9]+)")
_BROAD = ("access:servers", "access:servers!user=")
_TELLS = ("POST", "/api/openings")
_READ = ("/api/me", "/api/catalog", "/stac", "/pictures")


def sandbox_of(scopes: Iterable[str]) -> str | None:
    """Return the sandbox whose own token has these scopes; None for any other token.

    A person's token may enter all servers of theirs, and a lab's its own; only a sandbox's may enter one sandbox alone.
    """
    found = [one for one in scopes if one.startswith("access:servers")]
    if any(one == _BROAD[0] or one.startswith(_BROAD[1]) for one in found):
        return None
    numbers = [match[1] for one in found if (match := _OWN_SERVER.fullmatch(one))]
    return numbers[0] if numbers else None


def check_narrow(number: str, method: str, path: str) -> None:
    """Raise NotAllowed for what a sandbox may not ask.

    Parameters
    ----------
    path
        Below the service's own, as ``/api/me``.
    """
    own = f"/api/sandboxes/{number}"
    reads = any(path == one or path.startswith(f"{one}/") for one in _READ)
    if method in ("GET", "HEAD") and (path == own or reads):
        return
    if (method, path) in (("POST", f"{own}/extend"), ("DELETE", own), ("POST", "/stac/search"), _TELLS):
        return
    raise NotAllowed("A sandbox reads the catalog and its own countdown; all else is asked outside of it")
