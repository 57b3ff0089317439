"""The doors of an enclosure: what may be asked of the hub and the service, and which hosts may be reached."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
import re
import socket
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TypeAlias
from urllib.parse import quote, urlsplit

_HEAD_BYTES = 65_536
_BODY_BYTES = 1_000_000
_CONNECT_SECONDS = 15.0
_CHUNK = 65_536
_SERVICE = ("/services/gaia/api/", "/services/gaia/stac")
_TRICKS = re.compile(r"\.\.|%2e|%2f|%5c|\\|//", re.IGNORECASE)
_DROPPED = {"connection", "keep-alive", "proxy-connection", "proxy-authorization", "upgrade"}
_TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("2002::/16"))
"""Addresses of IPv6 that stand for others, private ones too."""

Reader: TypeAlias = asyncio.StreamReader
Writer: TypeAlias = asyncio.StreamWriter


class Refused(Exception):
    """A door stays shut, and why."""


@dataclass(frozen=True)
class Head:
    """The beginning of a request."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name), None)


@dataclass(frozen=True)
class Reach:
    """Which hosts may be reached.

    Parameters
    ----------
    network
        ``open``, ``allow-list`` or ``none``.
    refused
        Hosts that are ours.
    """

    network: str
    hosts: tuple[str, ...] = ()
    ports: tuple[int, ...] = (80, 443)
    refused: tuple[str, ...] = ()

    def check(self, host: str, port: int) -> None:
        """Raise Refused for a host that may not be reached, before it is looked up."""
        name = host.lower().rstrip(".")
        if self.network == "none":
            raise Refused("This sandbox reaches no other host")
        if port not in self.ports:
            raise Refused(f"Port {port} is not among those that a sandbox may reach: {', '.join(map(str, self.ports))}")
        if name in self.refused:
            raise Refused(f"{name} cannot be reached from a sandbox")
        if self.network == "allow-list" and not any(fnmatchcase(name, one) for one in self.hosts):
            raise Refused(f"{name} is not among the hosts that a sandbox may reach")


def check_public(address: str) -> None:
    """Raise Refused for an address that is not of the public network, or of this machine."""
    found: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    translated = found.version == 6 and any(found in network for network in _TRANSLATED)
    if not found.is_global or found.is_multicast or translated or _is_ours(found):
        raise Refused(f"{address} is not a public address: private networks cannot be reached from a sandbox")


def _is_ours(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Say whether an address is of this machine: then one can listen on it."""
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    with contextlib.suppress(OSError), socket.socket(family) as trial:
        trial.bind((str(address), 0))
        return True
    return False


def check_hub(head: Head, body: bytes, username: str, server: str) -> None:
    """Raise Refused for what a sandbox need not ask of the hub: all but its own activity and who visits it."""
    path = urlsplit(head.target).path.rstrip("/")
    own = f"/hub/api/users/{quote(username, safe='@')}/activity"
    if (head.method, path) in (("GET", "/hub/api"), ("GET", "/hub/api/user"), ("POST", "/hub/api/oauth2/token")):
        return
    if (head.method, path) != ("POST", own):
        raise Refused("A sandbox tells the hub of its own activity and asks it nothing else")
    try:
        told = json.loads(body)
        servers = set(told.get("servers") or {})
    except (ValueError, AttributeError, TypeError) as error:
        raise Refused("This is no report of activity") from error
    if not servers <= {server}:
        raise Refused("A sandbox tells of its own activity only")


def check_service(head: Head) -> None:
    """Raise Refused for what is not of the service's API; it narrows further by the token."""
    path = urlsplit(head.target).path
    if _TRICKS.search(path) or not path.startswith(_SERVICE):
        raise Refused("Only the API of the service is open to a sandbox")


# What goes through -------------------------------------------------------------------------------


async def read_head(reader: Reader) -> Head:
    """Return the beginning of a request; raises Refused for what is none."""
    try:
        text = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *rest = text[:-4].split("\r\n")
        method, target, _ = first.split(" ")
        headers = tuple((name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in rest))
    except (ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        raise Refused("This is no request") from error
    return Head(method, target, headers)


async def read_body(reader: Reader, head: Head) -> bytes:
    """Return the body of a request; raises Refused where its length is not told or too large."""
    length = head.get("content-length") or "0"
    if head.get("transfer-encoding") or not length.isdecimal() or int(length) > _BODY_BYTES:
        raise Refused(f"A body has a known length of at most {_BODY_BYTES} bytes")
    return await reader.readexactly(int(length))


def head_bytes(head: Head, target: str) -> bytes:
    """Return the beginning of a request as it is passed on: for one answer."""
    kept = [f"{name}: {value}" for name, value in head.headers if name.lower() not in _DROPPED]
    return "\r\n".join([f"{head.method} {target} HTTP/1.1", *kept, "Connection: close", "", ""]).encode("latin-1")


async def refuse(writer: Writer, reason: str) -> None:
    """Answer that a door stays shut."""
    body = json.dumps({"status": 403, "code": "not-allowed", "detail": reason, "message": reason}).encode()
    head = f"HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    writer.write(f"{head}Connection: close\r\n\r\n".encode() + body)
    await writer.drain()


async def relay(one: tuple[Reader, Writer], other: tuple[Reader, Writer]) -> None:
    """Carry bytes both ways until both have said all."""
    await asyncio.gather(_carry(one[0], other[1]), _carry(other[0], one[1]))


async def _carry(reader: Reader, writer: Writer) -> None:
    try:
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except OSError:
        writer.close()


async def reach(host: str, port: int, public: bool = True) -> tuple[Reader, Writer]:
    """Return a connection to a host, to an address that was looked at: the name is looked up once."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Refused(f"{host} is not known") from error
    reason: Refused | None = None
    for *_, (address, *_) in found:
        try:
            if public:
                check_public(str(address))
            connecting = asyncio.open_connection(str(address), port, limit=_HEAD_BYTES)
            return await asyncio.wait_for(connecting, _CONNECT_SECONDS)
        except Refused as refused:
            reason = refused
        except OSError as error:
            reason = Refused(f"{host} does not answer ({error.strerror or type(error).__name__})")
    raise reason or Refused(f"{host} has no address")
