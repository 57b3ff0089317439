"""Count and time every request, and send the headers that every answer has."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from starlette.datastructures import MutableHeaders

from gaia_vre.service.problems import HEADERS

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from gaia_vre.service.metrics import Metrics

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class Measured:
    """Look at each answer as it begins; bodies pass untouched, so files lose no time here.

    Parameters
    ----------
    labs
        Where labs are besides our own host: what a form of ours starts may lead there.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, labs: str = "") -> None:
        self._app, self._metrics = app, metrics
        policy = f"{HEADERS['Content-Security-Policy']} {labs}".rstrip()
        self._headers = HEADERS | {"Content-Security-Policy": policy}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)  # what is shown in a frame of ours says so itself
                self._count(scope, message["status"], time.perf_counter() - begun)
            await send(message)

        await self._app(scope, receive, watched)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route: Any = scope.get("route")
        # The pattern of the route, never the path: a path may hold a name.
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.requests.labels(method, getattr(route, "path", "other"), str(status)).observe(seconds)
