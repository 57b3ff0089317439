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
from gaia_vre.service import pages, quota_routes, routes
from gaia_vre.service.account import pages as account_pages
from gaia_vre.service.bounds import BoundedBody
from gaia_vre.service.catalog import pages as catalog_pages
from gaia_vre.service.catalog import routes as access
from gaia_vre.service.catalog import search_routes
from gaia_vre.service.catalog.files import Files
from gaia_vre.service.catalog.pictures import Pictures
from gaia_vre.service.measuring import Measured
from gaia_vre.service.messages import pages as message_pages
from gaia_vre.service.messages import routes as message_routes
from gaia_vre.service.messages.stream import Events
from gaia_vre.service.operate import pages as operate_pages
from gaia_vre.service.problems import install, problem
from gaia_vre.service.projects import life_pages, life_routes, moving_routes
from gaia_vre.service.projects import pages as project_pages
from gaia_vre.service.projects import routes as project_routes
from gaia_vre.service.projects import server_pages as project_server_pages
from gaia_vre.service.projects import server_routes as project_server_routes
from gaia_vre.service.projects.archiving import archiving_thread
from gaia_vre.service.publishing import pages as publishing_pages
from gaia_vre.service.publishing import routes as publishing_routes
from gaia_vre.service.quotas import pages as quota_pages
from gaia_vre.service.quotas import report as quota_report
from gaia_vre.service.quotas import routes as quota_history
from gaia_vre.service.quotas import shares as quota_shares
from gaia_vre.service.reconcile import Reconciler
from gaia_vre.service.sandboxes import pages as sandbox_pages
from gaia_vre.service.sandboxes import routes as sandbox_routes
from gaia_vre.service.stac.addresses import Addresses
from gaia_vre.service.stac.app import Guarded, make_stac
from gaia_vre.service.starts import routes as start_routes
from gaia_vre.service.storage import storage_thread
from gaia_vre.service.visits import routes as visit_routes

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
    app.include_router(routes.router, prefix=PREFIX)
    app.include_router(access.router, prefix=PREFIX)
    app.include_router(search_routes.router, prefix=PREFIX)
    app.include_router(quota_routes.router, prefix=PREFIX)
    app.include_router(quota_history.router, prefix=PREFIX)
    app.include_router(message_routes.router, prefix=PREFIX)
    app.include_router(start_routes.router, prefix=PREFIX)
    app.include_router(visit_routes.router, prefix=PREFIX)
    app.include_router(message_pages.router, prefix=PREFIX)
    app.router.routes.append(Route(f"{PREFIX}/api/events", events, include_in_schema=False))
    app.include_router(quota_pages.router, prefix=PREFIX)
    app.include_router(moving_routes.router, prefix=PREFIX)
    app.include_router(life_routes.router, prefix=PREFIX)
    app.include_router(project_routes.router, prefix=PREFIX)
    app.include_router(project_server_routes.router, prefix=PREFIX)
    app.include_router(project_server_pages.router, prefix=PREFIX)
    app.include_router(publishing_routes.router, prefix=PREFIX)
    app.include_router(publishing_pages.router, prefix=PREFIX)
    app.include_router(project_pages.router, prefix=PREFIX)
    app.include_router(life_pages.router, prefix=PREFIX)
    app.include_router(sandbox_routes.router, prefix=PREFIX)
    app.include_router(quota_report.router, prefix=PREFIX)
    app.include_router(quota_shares.router, prefix=PREFIX)
    app.include_router(sandbox_pages.router, prefix=PREFIX)
    app.include_router(pages.router, prefix=PREFIX)
    app.include_router(account_pages.router, prefix=PREFIX)
    app.include_router(operate_pages.router, prefix=PREFIX)
    _add_watch_routes(app, parts)
    app.include_router(catalog_pages.router, prefix=PREFIX)
    app.mount(f"{PREFIX}/stac", _stac(parts))
    app.mount(f"{PREFIX}/pictures", _pictures(parts))
    app.mount(f"{PREFIX}/files", Files(parts))
    app.mount(f"{PREFIX}/static", StaticFiles(directory=STATIC))
    if leaflet := installed_leaflet():
        app.mount(f"{PREFIX}/leaflet", StaticFiles(directory=leaflet))
    streamed = frozenset({f"{PREFIX}{moving_routes.IMPORTS}"})
    app.add_middleware(BoundedBody, limit=parts.settings.service.body_limit_bytes, streamed=streamed)
    app.add_middleware(Measured, metrics=parts.metrics)
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
