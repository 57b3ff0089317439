"""Names of files that every store takes, and the way back to what a file was called."""

from __future__ import annotations

import hashlib
import re

from gaia_vre.core.errors import InvalidInput

_LONGEST = 240
_KEPT = 160
_ESCAPED = re.compile(r'[\x00-\x1f\x7f\\%:*?"<>|\udc80-\udcff\u0085\u2028\u2029]|~(?=[0-9A-F]{2})|[ .]$')


def bag_name(raw: bytes) -> str:
    """Return the path under which a file stands in a bag; two files never share one.

    What is no text, ends lines or is refused by some store stands as ``~0A``, its bytes in hexadecimal.
    """
    return "/".join(_component(one) for one in raw.split(b"/"))


def check_raw(raw: bytes) -> bytes:
    """Return the path of a file below a project's folder; raises InvalidInput for one that leads out of it."""
    parts = raw.split(b"/")
    if not raw or b"\0" in raw or any(one in (b"", b".", b"..") for one in parts):
        raise InvalidInput(f"{raw[:80]!r} is no path below a project's folder")
    if len(raw) > 4000 or any(len(one) > 255 for one in parts):
        raise InvalidInput(f"{raw[:80]!r}…: the path has {len(raw):,} bytes; 4,000 are the limit, 255 of each name")
    return raw


def check_path(path: str) -> str:
    """Return the path of a file in a bag; raises InvalidInput for one that leads out of it or is no plain text."""
    if path.startswith(("/", "~/")) or re.match(r"[A-Za-z]:", path) or "\\" in path:
        raise InvalidInput(f"{path[:80]!a} is no path inside a bag")
    try:
        check_raw(path.encode())
    except UnicodeEncodeError:
        raise InvalidInput(f"{path[:80]!a} is no path inside a bag") from None
    if any(ord(one) < 32 or ord(one) == 127 for one in path):
        raise InvalidInput(f"{path[:80]!a} has a character that no path in a bag has")
    return path


def _component(raw: bytes) -> str:
    name = _ESCAPED.sub(lambda one: _hexadecimal(one[0]), raw.decode("utf-8", "surrogateescape"))
    if len(name.encode()) <= _LONGEST:
        return name
    return f"{name.encode()[:_KEPT].decode(errors='ignore')}~{hashlib.sha256(raw).hexdigest()[:24]}"


def _hexadecimal(text: str) -> str:
    return "".join(f"~{one:02X}" for one in text.encode("utf-8", "surrogateescape"))
