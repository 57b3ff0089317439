"""Which repositories may be asked for, under which references, and which of their files may be opened."""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from gaia_vre.core.errors import InvalidInput, NotAllowed, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gaia_vre.core.repository_settings import Repositories

LONGEST_ADDRESS = 500
LONGEST_REFERENCE = 200
LONGEST_PATH = 300
HEAD = "HEAD"
"""Whatever the repository shows first."""

_NAME = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_WITHIN = (".local", ".localhost", ".internal", ".intranet", ".lan", ".home.arpa", ".svc", ".cluster", ".test")
_FOLDERS = re.compile(r"(/[A-Za-z0-9_~+-][A-Za-z0-9._~+-]*)+/?")
_REFERENCE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/+-]*")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_NOT_IN_PATHS = re.compile(r"[\\<>\"'`|*?:;$\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Address:
    """Where a repository stands."""

    url: str
    host: str
    port: int
    tried: bool = False
    """A server of this machine, which the settings name."""

    @property
    def name(self) -> str:
        """What the repository is called: the folder it is put into."""
        return self.url.rstrip("/").rpartition("/")[2].removesuffix(".git") or "repository"


def read_address(url: str, rules: Repositories) -> Address:
    """Return the address of a repository, or say why it is not asked.

    Raises
    ------
    InvalidInput
        It is no https address of a name on the public network, or carries more than that.
    NotAllowed
        The settings do not let repositories come from this host.
    """
    parts = _split(url)
    port = parts.port
    host = (parts.hostname or "").rstrip(".")
    if f"{host}:{port}" in rules.tried_hosts and parts.scheme == "http":
        return Address(url, host, port or 80, tried=True)
    if parts.scheme != "https":
        raise InvalidInput(f"{url[:80]!a} begins with {parts.scheme[:20]!a}; repositories are taken over https alone")
    if not _NAME.fullmatch(host) or host.endswith(_WITHIN):
        raise InvalidInput(f"{host[:80]!a} is no host of the public network; give its full name")
    if port not in (None, 443):
        raise InvalidInput(f"Port {port} of {host} is not asked; repositories are taken from port 443")
    if not any(one == "*" or fnmatchcase(host, one) for one in rules.hosts):
        known = ", ".join(rules.hosts) or "none"
        raise NotAllowed(f"Sandboxes do not start from repositories of {host}; hosts that they may: {known}")
    return Address(f"https://{host}{parts.path}", host, 443)


def _split(url: str) -> SplitResult:
    if len(url) > LONGEST_ADDRESS:
        raise InvalidInput(f"The repository's address has {len(url)} characters; at most {LONGEST_ADDRESS} are read")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise InvalidInput(f"{url[:80]!a} is no address ({error})") from error
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise InvalidInput(f"{url[:80]!a} is no plain address: write it in ASCII, without spaces")
    if parts.username is not None or parts.password is not None:
        raise InvalidInput("The repository's address holds a name or password; sandboxes take public repositories only")
    if parts.query or parts.fragment or "?" in url or "#" in url:
        raise InvalidInput(f"The address of {parts.hostname} has more than a path; leave out what follows ? or #")
    if not _FOLDERS.fullmatch(parts.path):
        raise InvalidInput(f"{parts.path[:80]!a} is no path of a repository, as /organisation/name")
    return parts


def read_reference(reference: str) -> str:
    """Return a branch, a tag or a whole commit; empty is the repository's own first one. Raises InvalidInput."""
    if not reference or reference == HEAD:
        return ""
    plain = _REFERENCE.fullmatch(reference) and len(reference) <= LONGEST_REFERENCE
    if not plain or ".." in reference or "//" in reference or reference.endswith(("/", ".", ".lock")):
        raise InvalidInput(f"{reference[:60]!a} is no branch, tag or commit")
    return reference


def is_commit(reference: str) -> bool:
    """Say whether this names one state for ever, as a branch or tag does not."""
    return bool(_COMMIT.fullmatch(reference))


def read_path(path: str) -> str:
    """Return the path of a file below a folder, or say why it is none; empty is none in particular.

    Raises
    ------
    InvalidInput
        It leads out, is hidden, too long, or has characters that a file to open does not need.
    """
    if len(path) > LONGEST_PATH:
        raise InvalidInput(f"The path has {len(path)} characters; at most {LONGEST_PATH} are read")
    if found := _NOT_IN_PATHS.search(path):
        raise InvalidInput(f"The path {path[:60]!a} has {found[0]!a}, which no file to open may have in its name")
    parts = path.split("/") if path else []
    if any(part in ("", ".", "..") or part.startswith(".") for part in parts):
        raise InvalidInput(f"The path {path[:60]!a} is not below the folder; write it as notebooks/first.ipynb")
    return path


def resolved(host: str, port: int) -> list[str]:
    """Return the addresses that a name stands for; raises Unavailable."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Unavailable(f"{host} is not found on the network ({error.strerror})") from error
    return [str(one[4][0]) for one in found]


def public_address(address: Address, resolve: Callable[[str, int], Sequence[str]] = resolved) -> str:
    """Return the network address that is asked, which stays the same until all is fetched.

    Raises
    ------
    InvalidInput
        The name stands for an address that is not of the public network.
    """
    found = resolve(address.host, address.port)
    for one in found:
        number = ipaddress.ip_address(one.partition("%")[0])
        if not address.tried and (not _is_public(number)):
            raise InvalidInput(f"{address.host} stands for {one}, which is not of the public network")
    if not found:
        raise Unavailable(f"{address.host} is not found on the network")
    return found[0]


def _is_public(number: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(number, ipaddress.IPv6Address):
        # Addresses that carry another are as public as what they carry; translators' prefixes are not asked at all.
        carried = number.ipv4_mapped or number.sixtofour or (number.teredo[1] if number.teredo else None)
        if carried is not None:
            return _is_public(carried)
        if number in ipaddress.ip_network("64:ff9b::/96"):
            return False
    return number.is_global and not number.is_multicast
