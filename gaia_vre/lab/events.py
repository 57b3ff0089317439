"""Pass the service's messages on to the lab's pages: the token stays in the server, the browser needs none.

The connection to the browser outlives the one to the service: when that breaks, it is made again after a while,
from the last message on that was passed, so that nothing is lost and nothing comes twice.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
from collections import deque
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from jupyter_server.base.handlers import JupyterHandler
from tornado import web
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.iostream import StreamClosedError

from gaia_vre.lab.configuration import owner_alone

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jupyter_server.serverapp import ServerApp

URL_VARIABLE, TOKEN_VARIABLE = "GAIA_VRE_URL", "JUPYTERHUB_API_TOKEN"
AWAY = b"event: away\ndata: {}\n\n"
"""Sent once when the service does not answer; its *hello* says that it does again."""
_NUMBER = re.compile(r"\d{1,18}")
_ID = re.compile(rb"^id: (\d{1,18})$", re.MULTILINE)
_FIRST_WAIT, _LONGEST_WAIT, _REFUSED_WAIT = 1.0, 30.0, 60.0
_CONNECT_SECONDS = 10.0
_SILENT_SECONDS = 75.0
"""The service beats every 30 s: after this its connection is dead."""
_LONGEST_EVENT = 256 * 1024
_MOST_PENDING = 256
_NO_BOUND = 2**50


class Lost(Exception):
    """The connection to the service broke, or what came through it makes no sense."""


class Relay:
    """Keeps listening to the service.

    Parameters
    ----------
    forward
        Takes whole events; raises when the browser is gone or too slow.
    """

    def __init__(self, url: str, token: str, last: str, forward: Callable[[bytes], None]) -> None:
        self._url, self._token, self._last, self._forward = url, token, last, forward
        self._rest = b""
        self._ok = self._away = False
        self._heard = asyncio.Event()
        self._attempt = 0

    async def run(self, waits: tuple[float, float, float] = (_FIRST_WAIT, _LONGEST_WAIT, _REFUSED_WAIT)) -> None:
        """Listen, and listen again, until cancelled or the browser is gone."""
        first, longest, refused = waits
        wait = first
        while True:
            self._ok, code = False, 0
            try:
                await self._listen()
            except HTTPClientError as error:
                code = error.code
            except (Lost, OSError, StreamClosedError):
                pass
            wait = first if self._ok else min(longest, wait * 2)
            if not self._ok:
                self._say_away()
            # Labs that lost the service together shall not come back together.
            await asyncio.sleep(random.uniform(0.5, 1) * (refused if code in (401, 403, 404) else wait))  # noqa: S311

    def _say_away(self) -> None:
        if not self._away:
            self._away = True
            self._forward(AWAY)

    async def _listen(self) -> None:
        from tornado.simple_httpclient import SimpleAsyncHTTPClient

        self._rest, self._attempt = b"", self._attempt + 1
        client = SimpleAsyncHTTPClient(force_instance=True, max_body_size=_NO_BOUND)
        answer = asyncio.ensure_future(client.fetch(self._request(self._attempt)))
        try:
            while not answer.done():
                self._heard.clear()
                heard = asyncio.ensure_future(self._heard.wait())
                done, _ = await asyncio.wait(
                    (answer, heard), timeout=_SILENT_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
                heard.cancel()
                if not done:
                    raise Lost
            await answer
        finally:
            self._attempt += 1  # what still comes of this attempt is of no use
            answer.cancel()
            client.close()

    def _request(self, attempt: int) -> HTTPRequest:
        headers = {"Authorization": f"token {self._token}", "Accept": "text/event-stream"}
        if self._last:
            headers["Last-Event-ID"] = self._last

        def begun(line: str) -> None:
            if line.startswith("HTTP/"):
                self._ok = " 200 " in line

        def came(chunk: bytes) -> None:
            if attempt != self._attempt:
                raise Lost  # tornado closes the connection
            if self._ok:
                self._take(chunk)

        return HTTPRequest(
            self._url,
            headers=headers,
            connect_timeout=_CONNECT_SECONDS,
            request_timeout=0,
            follow_redirects=False,
            decompress_response=False,
            header_callback=begun,
            streaming_callback=came,
        )

    def _take(self, chunk: bytes) -> None:
        """Pass whole events on; half a one at the end of a connection comes again whole."""
        self._heard.set()
        whole, found, rest = (self._rest + chunk).rpartition(b"\n\n")
        if len(rest) > _LONGEST_EVENT:
            raise Lost
        self._rest = rest
        if found:
            self._away = False
            self._forward(whole + found)
            if numbers := _ID.findall(whole):
                self._last = numbers[-1].decode()


class EventStream(JupyterHandler):
    """Answer `gaia/events` with the messages of the lab's owner."""

    def initialize(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._pending: deque[bytes] = deque()
        self._more = asyncio.Event()
        self._relaying: asyncio.Future[None] | None = None

    @web.authenticated
    async def get(self) -> None:
        owner = owner_alone(self._environment)
        if owner and getattr(self.current_user, "username", None) != owner:
            raise web.HTTPError(403, f"Messages here are {owner}'s; yours are on your home page")
        self.set_header("Content-Type", "text/event-stream; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Accel-Buffering", "no")
        self.write(b"retry: 3000\n\n")
        relay = Relay(self._address(), self._environment[TOKEN_VARIABLE], self._from(), self._add)
        self._relaying = asyncio.ensure_future(relay.run())
        self._relaying.add_done_callback(lambda _: self._more.set())
        try:
            await self.flush()
            await self._pass_on(self._relaying)
        except StreamClosedError:
            pass
        finally:
            self._relaying.cancel()

    def on_connection_close(self) -> None:
        if self._relaying is not None:
            self._relaying.cancel()
        self._more.set()
        super().on_connection_close()

    async def _pass_on(self, relaying: asyncio.Future[None]) -> None:
        while not relaying.done():
            await self._more.wait()
            self._more.clear()
            while self._pending:
                self.write(self._pending.popleft())
                await self.flush()
        if not relaying.cancelled() and (error := relaying.exception()) and not isinstance(error, Lost):
            self.log.warning("Messages are not passed on any more: %r", error)

    def _add(self, events: bytes) -> None:
        if len(self._pending) >= _MOST_PENDING:  # the browser takes nothing: it asks again for what came after
            if self._relaying is not None:
                self._relaying.cancel()
            raise Lost
        self._pending.append(events)
        self._more.set()

    def _address(self) -> str:
        language = self.get_query_argument("language", "")
        query = urlencode({"language": language[:5]}) if language else ""
        return f"{self._environment[URL_VARIABLE].rstrip('/')}/api/events?{query}".rstrip("?")

    def _from(self) -> str:
        # When it connects again a browser says in the header what it had; at first only the address can say it.
        given = self.request.headers.get("Last-Event-ID", "") or self.get_query_argument("last", "")
        return given if _NUMBER.fullmatch(given) else ""


def add_handler(server: ServerApp) -> None:
    """Serve the address in this lab, if it knows a service."""
    if os.environ.get(URL_VARIABLE) and os.environ.get(TOKEN_VARIABLE):
        address = re.escape(f"{server.base_url.rstrip('/')}/gaia/events")
        handlers: list[Any] = [(address, EventStream, {"environment": os.environ})]
        server.web_app.add_handlers(".*$", handlers)  # type: ignore[no-untyped-call]
