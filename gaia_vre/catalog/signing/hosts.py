"""Which host an address leads to, when it is one that we would call."""

from __future__ import annotations

from urllib.parse import urlsplit

_OWN = ("127.0.0.1", "localhost")


def host_of(href: str) -> str | None:
    """Return host and port of an HTTPS address, as they stand in it; None for what is never called.

    Plain HTTP is for this machine alone. An address with a user name in it has none of these hosts.
    """
    if not href.isascii() or not href.isprintable() or " " in href or "\\" in href:
        return None
    try:
        parts = urlsplit(href)
        secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _OWN)
    except ValueError:
        return None
    return parts.netloc.lower() if secure and parts.netloc else None
