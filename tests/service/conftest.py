from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from gaia_vre.core.settings import Settings, parse_settings
from gaia_vre.database.engine import make_engine
from gaia_vre.database.migrate import upgrade
from gaia_vre.projects.registry import Registry, open_books
from gaia_vre.quotas.clock import Instant
from gaia_vre.quotas.deciding import Office
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
from tests.service.fakes import NOON, SERVICE_TOKEN, FakeGateway, FakeHub

HOME = "/services/gaia/"


@dataclass
class World:
    """The service with a hub, a gateway and a clock that a test sets."""

    parts: Parts
    hub: FakeHub
    gateway: FakeGateway
    time: list[datetime]
    _clients: list[TestClient] = field(default_factory=list)

    def later(self, **period: float) -> None:
        self.time[0] += timedelta(**period)

    def program(self, token: str = "ada-token") -> TestClient:
        """Return a client that sends a token."""
        return self._client({"Authorization": f"token {token}"})

    def browser(self, language: str = "en", user: str = "ada") -> TestClient:
        """Return a browser that has signed in."""
        headers = {"Accept": "text/html,*/*", "Accept-Language": language, "Sec-Fetch-Mode": "navigate"}
        client = self._client(headers | {"Sec-Fetch-Dest": "document"})
        self.hub.codes["its-code"] = f"{user}-token"
        address = client.get(HOME).headers["location"]
        state = address.partition("state=")[2].partition("&")[0]
        assert client.get(f"{HOME}oauth_callback", params={"code": "its-code", "state": state}).status_code == 303
        return client

    def anyone(self) -> TestClient:
        return self._client({})

    def _client(self, headers: dict[str, str]) -> TestClient:
        app = create_app(self.parts, reconcile=False)
        client = TestClient(app, headers=headers, follow_redirects=False, raise_server_exceptions=False)
        self._clients.append(client)
        return client

    def close(self) -> None:
        for client in self._clients:
            client.close()
        self.parts.close()


def proof(page: str) -> str:
    """Return what the page's forms send along."""
    return page.partition('name="_xsrf" value="')[2].partition('"')[0]


def make_world(engine: Engine, state: Path) -> World:
    hub, gateway, time = FakeHub(), FakeGateway(), [NOON]
    client = Hub("http://hub/hub/api", SERVICE_TOKEN, hub.transport())
    settings = Settings(state=state)
    office, registry = make_books(engine, settings, time)
    owners = Owners(Sandboxes(engine, lambda: time[0]), office.holders)
    ourselves = Client("service-gaia", SERVICE_TOKEN, f"{HOME}oauth_callback")
    parts = Parts(
        settings=settings,
        engine=engine,
        hub=client,
        gateway=Gateway("http://gateway", SERVICE_TOKEN, gateway.transport()),
        store=Store(engine),
        login=Login(
            client,
            owners,
            ourselves,
            "a secret of the tests",
            HOME,
        ),
        metrics=Metrics(),
        shelf=Shelf(state / "catalog"),
        office=office,
        registry=registry,
        clock=lambda: time[0],
        behind=lambda act: act(),
    )
    return World(parts, hub, gateway, time)


def make_books(engine: Engine, settings: Settings, time: list[datetime]) -> tuple[Office, Registry]:
    office, registry = open_books(
        engine, settings, lambda: Instant(int((time[0] - NOON).total_seconds()) + 10**6, time[0])
    )
    office.prepare()
    return office, registry


def with_quotas(world: World, **quotas: object) -> World:
    """Return the world with other settings of accounting."""
    settings = parse_settings({"state": str(world.parts.settings.state), "quotas": quotas})
    office, registry = make_books(world.parts.engine, settings, world.time)
    return replace(world, parts=replace(world.parts, settings=settings, office=office, registry=registry))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    engine = make_engine(f"sqlite:///{tmp_path / 'gaia.sqlite'}")
    upgrade(engine)
    world = make_world(engine, tmp_path)
    yield world
    world.close()


@pytest.fixture
def any_world(empty_database: Engine, tmp_path: Path) -> Iterator[World]:
    """The same on each kind of database."""
    upgrade(empty_database)
    world = make_world(empty_database, tmp_path)
    yield world
    world.close()


def with_settings(world: World, **service: object) -> World:
    """Return the world with other settings of the service."""
    changed = world.parts.settings.service.model_copy(update=service)
    settings = world.parts.settings.model_copy(update={"service": changed})
    return replace(world, parts=replace(world.parts, settings=settings))
