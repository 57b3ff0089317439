"""Put the service together."""

from __future__ import annotations

import contextlib
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.routing import Route

from gaia_vre.core.errors import GaiaError, NotAllowed
from gaia_vre.core.state import StateFolder
from gaia_vre.database.engine import check_usable
from gaia_vre.look import STATIC
from gaia_vre.look.leaflet import installed_leaflet
from gaia_vre.service import pages
from gaia_vre.service.bounds import BoundedBody
from gaia_vre.service.catalog.files import Files
from gaia_vre.service.catalog.pictures import Pictures
from gaia_vre.service.measuring import Measured
from gaia_vre.service.messages.stream import Events
from gaia_vre.service.problems import install, problem
from gaia_vre.service.projects.archiving import archiving_thread
from gaia_vre.service.projects.moving_pages import BAG
from gaia_vre.service.projects.moving_routes import IMPORTS
from gaia_vre.service.reconcile import Reconciler
from gaia_vre.service.routers import ROUTERS
from gaia_vre.service.stac.addresses import Addresses
from gaia_vre.service.stac.app import Guarded, make_stac
from gaia_vre.service.storage import storage_thread

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp

    from gaia_vre.service.dependencies import Parts

PREFIX = "/services/gaia"
_LAST_PASS_SECONDS = 5.0


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
        loops = (
            [_reconciler(parts, stop), storage_thread(parts, stop), archiving_thread(parts, stop)] if reconcile else []
        )
        for loop in loops:
            loop.start()
        yield
        stop.set()
        await events.close()
        for loop in loops:
            loop.join(timeout=_LAST_PASS_SECONDS)
        parts.close()

    app = FastAPI(
        title="gaia_vre",
        lifespan=lifespan,
        openapi_url=f"{PREFIX}/api/openapi.json",
        docs_url=None,  # its page loads scripts of another host
        redoc_url=None,
    )
    app.state.parts = parts
    app.state.events = events = Events(parts)
    install(app, pages.problem_page)
    for router in ROUTERS:
        app.include_router(router, prefix=PREFIX)
    app.router.routes.append(Route(f"{PREFIX}/api/events", events, include_in_schema=False))
    _add_watch_routes(app, parts)
    app.mount(f"{PREFIX}/stac", _stac(parts))
    app.mount(f"{PREFIX}/pictures", _pictures(parts))
    app.mount(f"{PREFIX}/files", Files(parts))
    app.mount(f"{PREFIX}/static", StaticFiles(directory=STATIC))
    if leaflet := installed_leaflet():
        app.mount(f"{PREFIX}/leaflet", StaticFiles(directory=leaflet))
    streamed = frozenset({f"{PREFIX}{IMPORTS}", f"{PREFIX}{BAG}"})
    app.add_middleware(BoundedBody, limit=parts.settings.service.body_limit_bytes, streamed=streamed)
    app.add_middleware(Measured, metrics=parts.metrics, labs=parts.settings.addresses.labs)
    return app


def _reconciler(parts: Parts, stop: threading.Event) -> threading.Thread:
    period = timedelta(seconds=parts.settings.service.reconcile_seconds)
    return threading.Thread(target=Reconciler(parts).run, args=(period, stop), name="reconcile", daemon=True)


def _stac(parts: Parts) -> ASGIApp:
    """Return the STAC API; without anonymous reading it is for those who are signed in."""
    folder = StateFolder(parts.settings.state)
    base = f"{parts.settings.addresses.public_url}{PREFIX}"
    addresses = Addresses(
        f"{base}/stac", folder.data.as_uri(), f"{base}/files", lambda href: parts.signers.of(href) is not None
    )
    stac = make_stac(parts.catalog, addresses)
    return stac if parts.settings.catalog_is_public else Guarded(stac, parts.login.caller)


def _pictures(parts: Parts) -> ASGIApp:
    """Return the pictures of the data, which are for those who may read the catalog."""
    pictures = Pictures(StateFolder(parts.settings.state).catalog)
    return pictures if parts.settings.catalog_is_public else Guarded(pictures, parts.login.session)


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
    def metrics(request: Request) -> Response:
        # A scraper comes straight; what comes through the proxy comes from anywhere.
        if "x-forwarded-for" in request.headers and not parts.login.caller(request).person.admin:
            raise NotAllowed("The numbers are for administrators")
        return Response(generate_latest(parts.metrics.registry), media_type=CONTENT_TYPE_LATEST)
