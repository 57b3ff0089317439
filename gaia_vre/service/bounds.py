"""Refuse a request whose body is over the limit, before anything reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gaia_vre.service.problems import problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_DRAINED_BYTES = 50_000_000


class BoundedBody:
    """Take a body whole when it is within the limit; at most that much is ever held in memory.

    Parameters
    ----------
    limit
        Bytes. Of a longer body nothing is kept, but it is read on for a while: a proxy that is cut off while it
        sends tells its client 503 instead of the reason.
    streamed
        Paths whose routes read the body piece by piece, with a bound of their own.
    """

    def __init__(self, app: ASGIApp, limit: int, streamed: frozenset[str] = frozenset()) -> None:
        self.app, self.limit, self.streamed = app, limit, streamed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        bodiless = scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS")
        if bodiless or scope["path"] in self.streamed:
            await self.app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) <= self.limit:
            messages = await self._read(receive)
        else:
            messages = None
            await _drain(receive, more=True)
        if messages is None:
            await self._refuse(scope, receive, send)
            return
        waiting = iter(messages)

        async def replay() -> Message:
            message = next(waiting, None)
            return await receive() if message is None else message

        await self.app(scope, replay, send)

    async def _read(self, receive: Receive) -> list[Message] | None:
        messages: list[Message] = []
        taken, more = 0, True
        while more:
            message = await receive()
            messages.append(message)
            taken += len(message.get("body", b""))
            more = message["type"] == "http.request" and message.get("more_body", False)
            if taken > self.limit:
                await _drain(receive, more=more)
                return None
        return messages

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = problem(413, "too-large", f"The request body is over the limit of {self.limit:,} bytes")
        answer.headers["Connection"] = "close"
        await answer(scope, receive, send)


async def _drain(receive: Receive, *, more: bool) -> None:
    """Read what still comes, up to a bound, and keep nothing."""
    left = _DRAINED_BYTES
    while more and left > 0:
        message = await receive()
        left -= len(message.get("body", b""))
        more = message["type"] == "http.request" and message.get("more_body", False)
