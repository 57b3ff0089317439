"""Who listens: one entry for each open stream, and what waits to be sent to it."""

from __future__ import annotations

import json
from collections import deque
from typing import TYPE_CHECKING, Any

from gaia_vre.core.errors import Conflict, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gaia_vre.look.language import Language
    from gaia_vre.messages.model import Message

MOST_PENDING = 256
"""Messages that wait for one reader; who is slower is dropped, and resumes from what is stored."""
MOST_OF_ONE = 24
"""Streams of one person."""
BEAT_SECONDS = 30
"""An idle stream hears so often that it lives; proxies close what is silent for a minute."""
BEAT = b":\n\n"


class Listener:
    """One open stream."""

    __slots__ = (
        *("begun", "cursor", "dropped", "language", "live", "pending"),
        *("session", "slot", "stale", "username", "wake"),
    )

    def __init__(self, username: str, language: Language, session: bytes, begun: float) -> None:
        self.username, self.language, self.session, self.begun = username, language, session, begun
        self.cursor = 0
        """The last message that was sent or waits to be."""
        self.live = False
        """False while it reads what it missed: that finds what comes meanwhile as well."""
        self.stale = False
        """Something came meanwhile."""
        self.pending: deque[bytes] = deque()
        self.dropped = False
        self.slot = 0
        self.wake: Callable[[], None] = _nothing

    def offer(self, number: int, event: bytes) -> None:
        """Have a message sent, unless this stream has sent it already."""
        if self.dropped or number <= self.cursor:
            return
        if not self.live:
            self.stale = True
            return
        if len(self.pending) >= MOST_PENDING:
            self.drop()
            return
        self.cursor = number
        self.pending.append(event)
        self.wake()

    def beat(self) -> None:
        if self.live and not self.pending:
            self.pending.append(BEAT)
            self.wake()

    def drop(self) -> None:
        """Let this stream end; its reader asks again for what came after the last message that it got."""
        self.pending.clear()
        self.dropped = True
        self.wake()


class Listeners:
    """All open streams of this process; everything here happens in its event loop.

    Parameters
    ----------
    limit
        Streams at a time.
    write
        Returns a message in the words of a language.
    """

    def __init__(self, limit: int, write: Callable[[Message, Language], dict[str, Any]]) -> None:
        self._limit, self._write = limit, write
        self._by_name: dict[str, set[Listener]] = {}
        self._slots: list[set[Listener]] = [set() for _ in range(BEAT_SECONDS)]
        self._second = 0
        self._count, self._joined = 0, 0
        self._closed = False

    def __len__(self) -> int:
        return self._count

    def join(self, listener: Listener) -> None:
        """Take a stream in.

        Raises
        ------
        Unavailable
            There are as many as this process bears, or it is being stopped.
        Conflict
            This person has as many as one may have.
        """
        theirs = self._by_name.get(listener.username, set())
        if self._closed or self._count >= self._limit:
            raise Unavailable(f"{self._count} streams are open, and there may be {self._limit}: ask again in a minute")
        if len(theirs) >= MOST_OF_ONE:
            raise Conflict(f"{listener.username} has {len(theirs)} streams open, and one may have {MOST_OF_ONE}")
        self._by_name.setdefault(listener.username, theirs).add(listener)
        self._joined += 1
        listener.slot = self._joined % BEAT_SECONDS
        self._slots[listener.slot].add(listener)
        self._count += 1

    def leave(self, listener: Listener) -> None:
        """Forget a stream that has ended."""
        theirs = self._by_name.get(listener.username, set())
        if listener in theirs:
            theirs.discard(listener)
            self._slots[listener.slot].discard(listener)
            self._count -= 1
            if not theirs:
                del self._by_name[listener.username]

    def deliver(self, messages: Iterable[Message]) -> None:
        """Have each message sent to whom it is for; the words are put together once for each language."""
        for message in messages:
            written: dict[str, bytes] = {}
            for listener in self._readers(message):
                code = listener.language.code
                if code not in written:
                    written[code] = event(message, self._write(message, listener.language))
                listener.offer(message.id, written[code])

    def beat(self, now: float, most_seconds: float) -> None:
        """Once a second: let a part of the idle streams hear that they live, and end those that are old."""
        self._second = (self._second + 1) % BEAT_SECONDS
        for listener in list(self._slots[self._second]):
            if now - listener.begun > most_seconds:
                listener.drop()
            else:
                listener.beat()

    def end_session(self, session: bytes) -> None:
        """End the streams of a browser that signs out."""
        for theirs in list(self._by_name.values()):
            for listener in list(theirs):
                if listener.session == session:
                    listener.drop()

    def close(self) -> None:
        """End all, and take none in any more."""
        self._closed = True
        for theirs in list(self._by_name.values()):
            for listener in list(theirs):
                listener.drop()

    def _readers(self, message: Message) -> list[Listener]:
        if message.username is not None:
            return list(self._by_name.get(message.username, ()))
        return [listener for theirs in self._by_name.values() for listener in theirs]


def event(message: Message, payload: dict[str, Any]) -> bytes:
    """Return a message as one server-sent event: JSON in ASCII on one line, so that nothing in it can end the line."""
    return f"id: {message.id}\nevent: message\ndata: {json.dumps(payload)}\n\n".encode()


def hello(number: int) -> bytes:
    """Return the event that begins a stream: from here on the reader has everything."""
    return f"id: {number}\nevent: hello\ndata: {{}}\n\n".encode()


def _nothing() -> None:
    """Nobody sends yet: what is offered waits."""
