"""Put the service together."""

from __future__ import annotations

import contextlib
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from gaia_vre.core.errors import GaiaError
from gaia_vre.database.engine import check_usable
from gaia_vre.look import STATIC
from gaia_vre.service import pages, routes
from gaia_vre.service.problems import install, problem
from gaia_vre.service.reconcile import Reconciler

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from gaia_vre.service.dependencies import Parts

PREFIX = "/services/gaia"
_POLICY = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; form-action 'self'; base-uri 'none'"
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


def create_app(parts: Parts, *, reconcile: bool = True) -> FastAPI:
    """Return the service.

    Parameters
    ----------
    reconcile
        Run the reconcile loop beside it; of several processes on one database, one should.
    """

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        stop = threading.Event()
        loop = _reconciler(parts, stop)
        if reconcile:
            loop.start()
        yield
        stop.set()

    app = FastAPI(
        title="gaia_vre",
        lifespan=lifespan,
        openapi_url=f"{PREFIX}/api/openapi.json",
        docs_url=None,  # its page loads scripts of another host
        redoc_url=None,
    )
    app.state.parts = parts
    install(app)
    app.include_router(routes.router, prefix=PREFIX)
    app.include_router(pages.router, prefix=PREFIX)
    _add_watch_routes(app, parts)
    app.mount(f"{PREFIX}/static", StaticFiles(directory=STATIC))
    app.middleware("http")(_measured(parts))
    app.add_middleware(LimitedBody, limit=parts.settings.service.body_limit_bytes)
    return app


def _reconciler(parts: Parts, stop: threading.Event) -> threading.Thread:
    loop = Reconciler(
        parts.hub,
        parts.gateway,
        parts.store,
        parts.metrics,
        start_limit=timedelta(seconds=parts.settings.labs.start_seconds),
        clock=parts.clock,
    )
    period = timedelta(seconds=parts.settings.service.reconcile_seconds)
    return threading.Thread(target=loop.run, args=(period, stop), name="reconcile", daemon=True)


def _add_watch_routes(app: FastAPI, parts: Parts) -> None:
    @app.get(f"{PREFIX}/health", include_in_schema=False)
    def health() -> Response:
        try:
            check_usable(parts.engine)
            parts.hub.version()
        except GaiaError as error:
            return problem(503, "unavailable", error.message)
        return Response('{"status": "ok"}', media_type="application/json")

    @app.get(f"{PREFIX}/metrics", include_in_schema=False)
    def metrics() -> Response:
        return Response(generate_latest(parts.metrics.registry), media_type=CONTENT_TYPE_LATEST)


def _measured(parts: Parts) -> Callable[[Request, Callable[[Request], Awaitable[Response]]], Awaitable[Response]]:
    async def measure(request: Request, call: Callable[[Request], Awaitable[Response]]) -> Response:
        begun = time.perf_counter()
        answer = await call(request)
        route: Any = request.scope.get("route")
        # The pattern of the route, never the path: a path may hold a name.
        labels = (request.method, getattr(route, "path", "other"), str(answer.status_code))
        parts.metrics.requests.labels(*labels).observe(time.perf_counter() - begun)
        for name, value in _HEADERS.items():
            answer.headers.setdefault(name, value)
        return answer

    return measure


_DRAINED_BYTES = 50_000_000


class LimitedBody:
    """Refuse a request body over the limit as soon as it is known, without keeping it."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app, self.limit = app, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > self.limit:
            await _drain(receive)
            await self._refuse(scope, receive, send)
            return
        taken, more = 0, True

        async def counted() -> Message:
            nonlocal taken, more
            message = await receive()
            taken += len(message.get("body", b""))
            more = message.get("more_body", False)
            if taken > self.limit:
                raise _BodyTooLarge
            return message

        async def within(message: Message) -> None:
            if taken <= self.limit:  # what the application makes of a body cut off is no answer
                await send(message)

        with contextlib.suppress(_BodyTooLarge):
            await self.app(scope, counted, within)
        if taken > self.limit:
            if more:
                await _drain(receive)
            await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = problem(413, "too-large", f"The request body is over the limit of {self.limit:,} bytes")
        answer.headers["Connection"] = "close"
        await answer(scope, receive, send)


async def _drain(receive: Receive) -> None:
    """Read on for a while, keeping nothing: a proxy that is cut off while it sends tells its client 503."""
    left = _DRAINED_BYTES
    while left > 0:
        message = await receive()
        left -= len(message.get("body", b""))
        if not message.get("more_body"):
            return


class _BodyTooLarge(Exception):
    pass
