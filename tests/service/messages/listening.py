"""Listen to the stream without a network: the application is called as a server calls it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from gaia_vre.service.messages.stream import Events

_EVENT = re.compile(rb"(?:id: (?P<id>\d+)\n)?event: (?P<kind>\w+)\ndata: (?P<data>[^\n]*)\n\n")


@dataclass
class Reader:
    """A browser: keeps what came whole, and asks again for what came after."""

    seen: list[dict[str, Any]] = field(default_factory=list)
    last: str | None = None
    rest: bytes = b""
    beats: int = 0

    def take(self, chunk: bytes) -> None:
        self.rest += chunk
        while (end := self.rest.find(b"\n\n")) >= 0:
            block, self.rest = self.rest[: end + 2], self.rest[end + 2 :]
            if block.startswith(b":"):
                self.beats += 1
                continue
            found = _EVENT.fullmatch(block)
            assert found, block
            if found["id"]:
                self.last = found["id"].decode()
            if found["kind"] == b"message":
                self.seen.append(json.loads(found["data"]))

    def cut(self) -> None:
        """Lose the connection, and with it half an event."""
        self.rest = b""

    @property
    def titles(self) -> list[str]:
        return [one["title"] for one in self.seen]


@dataclass
class Line:
    """One connection of a reader, which may break after so many bytes or take nothing."""

    reader: Reader
    bytes_left: int | None = None
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False

    def __post_init__(self) -> None:
        self.open.set()

    async def receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            return
        await self.open.wait()
        if self.gone.is_set():
            return
        chunk = message.get("body", b"")
        if self.bytes_left is not None:
            chunk, self.bytes_left = chunk[: self.bytes_left], self.bytes_left - len(chunk)
        self.reader.take(chunk)
        if self.bytes_left is not None and self.bytes_left <= 0:
            self.gone.set()
        if not message.get("more_body", False):
            self.ended = True
            self.gone.set()


def scope(token: str, last: str | None = None, query: str = "") -> dict[str, Any]:
    headers = [(b"authorization", f"token {token}".encode())]
    if last is not None:
        headers.append((b"last-event-id", last.encode()))
    path = "/services/gaia/api/events"
    return {"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": headers}


@contextlib.asynccontextmanager
async def listening(
    events: Events, line: Line, token: str = "ada-token", query: str = ""
) -> AsyncIterator[asyncio.Task[None]]:
    """Hold one connection open; it goes on from what its reader has."""
    request: Any = scope(token, line.reader.last, query)
    task = asyncio.create_task(events(request, line.receive, line.send))
    try:
        yield task
    finally:
        line.gone.set()
        await task
        line.reader.cut()


async def until(condition: Any, what: str) -> None:
    """Wait for something that comes soon."""
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError(f"never: {what}")
