"""Names of users, and the folder and host names made from them."""

from __future__ import annotations

import hashlib
import re

from gaia_vre.core.errors import InvalidInput

USERNAME_PATTERN = r"[a-z0-9][a-z0-9._@+-]{0,62}[a-z0-9]|[a-z0-9]"
"""Lower case, digits and ``. _ @ + -``, 1 to 64 characters, a letter or digit at both ends."""

RESERVED_PREFIXES = ("gaia-", "service-", "p-", "project-", "sandbox-", "course-", "run-")
"""What the hub uses for its own servers and services; nobody signs in as one of these."""

_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_USERNAME = re.compile(USERNAME_PATTERN)
_PLAIN_SLUG = re.compile(r"[a-z](?:[a-z0-9]|-(?!-)){0,30}[a-z0-9]|[a-z]")
_SLUG_LENGTH = 23


def check_username(name: str, reserved: tuple[str, ...] = RESERVED_PREFIXES) -> str:
    """Return the name, or say why nobody can sign in under it.

    Raises
    ------
    InvalidInput
        The name has a character, a length or a prefix that is not allowed.
    """
    if len(name) > 64:
        raise InvalidInput(f"The user name has {len(name)} characters; at most 64 are allowed")
    if not _USERNAME.fullmatch(name):
        raise InvalidInput(
            f"The user name {name!a} is not allowed: use lower-case letters, digits and . _ @ + -, "
            "with a letter or digit at both ends"
        )
    for prefix in reserved:
        if name.startswith(prefix):
            raise InvalidInput(f"The user name {name!r} is not allowed: names beginning with {prefix!r} are reserved")
    return name


def slug(name: str) -> str:
    """Return a name for folders and hosts; two user names never share one.

    A plain name stays as it is. Any other keeps its readable part and gets a digest after
    three hyphens, which no plain name contains.
    """
    if _PLAIN_SLUG.fullmatch(name):
        return name
    readable = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:_SLUG_LENGTH].rstrip("-")
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{readable or 'u'}---{digest}"


def label(value: str) -> str:
    """Return a value for a label of Kubernetes: as it is where it may be one, else readable with a digest."""
    return value if not value or _LABEL.fullmatch(value) else slug(value)
