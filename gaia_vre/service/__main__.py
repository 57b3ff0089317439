"""Run the service: ``python -m gaia_vre.service``."""

from __future__ import annotations

import logging
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import uvicorn

from gaia_vre.core.errors import SettingsError
from gaia_vre.core.settings import Settings, load_settings
from gaia_vre.core.state import StateFolder
from gaia_vre.database.engine import database_url, make_engine
from gaia_vre.database.migrate import upgrade
from gaia_vre.projects.registry import open_books
from gaia_vre.quotas.clock import LedgerClock
from gaia_vre.sandboxes.store import Sandboxes
from gaia_vre.service.app import create_app
from gaia_vre.service.dependencies import Parts
from gaia_vre.service.gateway import Gateway
from gaia_vre.service.hub import Hub
from gaia_vre.service.login import Client, Login
from gaia_vre.service.metrics import Metrics
from gaia_vre.service.sandboxes.owners import Owners
from gaia_vre.service.shelf import Shelf
from gaia_vre.service.store import Store

if TYPE_CHECKING:
    from socket import socket

    from gaia_vre.service.messages.stream import Events


def main() -> None:
    """Bring the database up to date and serve until asked to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    settings = load_settings()
    app = create_app(_parts(settings))
    configuration = uvicorn.Config(
        app,
        host=settings.addresses.service_host,
        port=settings.addresses.service_port,
        log_level="warning",
        access_log=False,  # paths hold names
        timeout_graceful_shutdown=5,
    )
    Server(configuration, app.state.events).run()


class Server(uvicorn.Server):
    """Ends the streams of messages first: waited for, they would hold up every stop."""

    def __init__(self, configuration: uvicorn.Config, events: Events) -> None:
        super().__init__(configuration)
        self._events = events

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        await self._events.close()
        await super().shutdown(sockets)


def _parts(settings: Settings) -> Parts:
    engine = make_engine(database_url(settings))
    upgrade(engine, StateFolder(settings.state).backups)
    token = _variable("JUPYTERHUB_API_TOKEN")
    hub = Hub(os.environ.get("JUPYTERHUB_API_URL", settings.addresses.hub_api_url), token)
    clock = LedgerClock(engine)
    office, registry = open_books(engine, settings, clock.now)
    office.prepare()
    prefix = os.environ.get("JUPYTERHUB_SERVICE_PREFIX", "/services/gaia/")
    site = settings.addresses.public_url if settings.addresses.own_hosts else ""
    return Parts(
        settings=settings,
        engine=engine,
        hub=hub,
        gateway=Gateway(settings.addresses.gateway_url, token),
        store=Store(engine),
        login=Login(
            hub,
            Owners(Sandboxes(engine, lambda: datetime.now(UTC)), office.holders),
            Client(os.environ.get("JUPYTERHUB_CLIENT_ID", "service-gaia"), token, f"{site}{prefix}oauth_callback"),
            cookie_secret=_variable("GAIA_VRE_COOKIE_SECRET"),
            prefix=prefix,
        ),
        metrics=Metrics(),
        shelf=Shelf(StateFolder(settings.state).catalog),
        office=office,
        registry=registry,
        tick=clock.mark,
    )


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise SettingsError(f"The variable {name} is not set: `gaia-vre up` and the Helm chart set it")
    return value


if __name__ == "__main__":
    main()
