"""The stream of messages, ``api/events``: server-sent events for one browser or lab, resumed without loss or double.

It is an application of its own and no route: what each of thousands of idle streams keeps in memory, and what each
of their beats costs, is what stands here.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import random
import re
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request

from gaia_vre.look.language import LANGUAGES, Language
from gaia_vre.service.dependencies import chosen_language
from gaia_vre.service.messages.listeners import Listener, Listeners, event, hello
from gaia_vre.service.messages.tail import LOOK_SECONDS, Tail
from gaia_vre.service.messages.words import Reader

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from starlette.types import Receive, Scope, Send

    from gaia_vre.messages.model import Message
    from gaia_vre.service.dependencies import Parts
    from gaia_vre.service.login import Caller

log = logging.getLogger(__name__)

STREAM_SECONDS = 900
"""A stream ends after this and is asked for again: so who may no longer listen is heard of."""
_UNREAD = 50
_PAGE = 200
_SEND_SECONDS = 30.0
_NUMBER = re.compile(r"\d{1,18}")
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


class Events:
    """The application at ``api/events``.

    Parameters
    ----------
    look_seconds
        Time between two looks for new messages.
    """

    def __init__(self, parts: Parts, look_seconds: float = LOOK_SECONDS) -> None:
        self._parts, self._look_seconds = parts, look_seconds
        self.listeners = Listeners(parts.settings.service.streams_limit, self._written)
        self._tail: Tail | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._beats: asyncio.Task[None] | None = None
        self._beginning = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        if request.method != "GET":
            raise HTTPException(405, "Messages are only listened to here", headers={"Allow": "GET"})
        who = await run_in_threadpool(self._parts.login.caller, request)
        if self._loop is not asyncio.get_running_loop():
            await self._begin()
        listener = Listener(who.name, _language(request), session_of(who), self._begun())
        self.listeners.join(listener)
        self._parts.metrics.streams.set(len(self.listeners))
        try:
            await Stream(self._parts, listener, receive, send).run(_last(request))
        finally:
            self.listeners.leave(listener)
            self._parts.metrics.streams.set(len(self.listeners))

    def end_session(self, who: Caller) -> None:
        """End the streams of somebody who signs out; may be called in any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.listeners.end_session, session_of(who))

    async def close(self) -> None:
        """End all streams, so that the service can stop; their readers come back to the next one."""
        self.listeners.close()
        if self._beats is not None:
            self._beats.cancel()
        if self._tail is not None:
            await run_in_threadpool(self._tail.close)
        await asyncio.sleep(0)

    async def _begin(self) -> None:
        """Look for messages from now on: before the first stream reads what it missed."""
        await run_in_threadpool(self._begin_tail, asyncio.get_running_loop())
        if self._beats is None or self._beats.done():
            self._beats = asyncio.create_task(self._beat())

    def _begin_tail(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._beginning:
            if self._tail is None:

                def deliver(found: Sequence[Message]) -> None:
                    with suppress(RuntimeError):  # the loop has ended
                        loop.call_soon_threadsafe(self.listeners.deliver, found)

                tail = Tail(self._parts.messages, deliver, self._look_seconds)
                tail.begin()
                self._tail, self._loop = tail, loop

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(1)
            self.listeners.beat(time.monotonic(), STREAM_SECONDS)

    def _begun(self) -> float:
        """Return when this stream began, give or take: those that come together shall not leave together."""
        return time.monotonic() - random.uniform(0, STREAM_SECONDS / 4)  # noqa: S311 - no secret

    def _written(self, message: Message, language: Language) -> dict[str, Any]:
        return Reader(language, self._parts.clock(), self._parts.settings.service.time_zone).payload(message)


class Stream:
    """One stream while it lasts."""

    def __init__(self, parts: Parts, listener: Listener, receive: Receive, send: Send) -> None:
        self._parts, self._listener, self._receive, self._send = parts, listener, receive, send
        self._writer: asyncio.Task[None] | None = None
        self._main: asyncio.Task[Any] | None = None
        self._stuck = False

    async def run(self, last: int | None) -> None:
        """Send what was missed, then what comes, until the reader goes or is dropped."""
        await self._send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        try:
            await self._catch_up(last)
        except TimeoutError:
            return
        self._listener.wake = self._wake
        self._main = asyncio.current_task()
        self._wake()
        try:
            while (await self._receive())["type"] != "http.disconnect":
                pass
        except asyncio.CancelledError:
            if not self._stuck:
                raise
        finally:
            if self._writer is not None:
                self._writer.cancel()

    async def _catch_up(self, last: int | None) -> None:
        """Send what was missed until nothing more is, and go live in that moment."""
        listener, store = self._listener, self._parts.messages
        newest = await run_in_threadpool(store.newest)
        if last is None or last > newest:  # of another database, or invented
            unread = await run_in_threadpool(store.unread, listener.username, self._parts.clock(), _UNREAD)
            await self._pass([one for one in reversed(unread) if one.id <= newest])
            listener.cursor = newest
        else:
            listener.cursor = last
        while True:
            listener.stale = False
            missed = await run_in_threadpool(
                store.missed, listener.username, listener.cursor, self._parts.clock(), _PAGE
            )
            if not missed and not listener.stale:
                break
            await self._pass(missed)
        listener.live = True
        listener.pending.appendleft(hello(listener.cursor))

    async def _pass(self, messages: Sequence[Message]) -> None:
        reader = Reader(self._listener.language, self._parts.clock(), self._parts.settings.service.time_zone)
        for message in messages:
            await self._put(event(message, reader.payload(message)))
            self._listener.cursor = message.id

    def _wake(self) -> None:
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())

    async def _write(self) -> None:
        listener = self._listener
        try:
            while listener.pending and not listener.dropped:
                chunk = b"".join(listener.pending)
                listener.pending.clear()
                await self._put(chunk)
            if listener.dropped:
                await self._put(b"", more=False)
        except TimeoutError:
            log.info("A stream is ended: its reader takes nothing for %.0f s", _SEND_SECONDS)
            self._stuck = True
            if self._main is not None:
                self._main.cancel()
        finally:
            self._writer = None

    async def _put(self, chunk: bytes, *, more: bool = True) -> None:
        async with asyncio.timeout(_SEND_SECONDS):
            await self._send({"type": "http.response.body", "body": chunk, "more_body": more})


def session_of(who: Caller) -> bytes:
    """Return what streams of one sign-in have in common."""
    return hashlib.sha256(who.token.encode()).digest()[:16]


def _language(request: Request) -> Language:
    wanted = request.query_params.get("language", "")
    return Language(wanted) if wanted in LANGUAGES else chosen_language(request)


def _last(request: Request) -> int | None:
    """Return the number up to which the reader has everything, if it names one."""
    given = request.headers.get("last-event-id", "")
    return int(given) if _NUMBER.fullmatch(given) else None
