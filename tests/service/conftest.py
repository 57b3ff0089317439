"""The service in process, beside a hub and a gateway of the tests' own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from gaia_vre.core.settings import Settings
from gaia_vre.database.migrate import upgrade
from gaia_vre.service.app import create_app
from gaia_vre.service.dependencies import Parts
from gaia_vre.service.gateway import Gateway
from gaia_vre.service.hub import Hub
from gaia_vre.service.login import ACCESS_SCOPE, Login
from gaia_vre.service.metrics import Metrics
from gaia_vre.service.store import Store

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
SERVICE_TOKEN = "token-of-the-service"


def server(
    name: str = "", *, ready: bool = True, pending: str | None = None, started: datetime = NOON
) -> dict[str, Any]:
    return {
        "name": name,
        "ready": ready,
        "pending": pending,
        "url": f"/user/ada/{name}",
        "started": started.isoformat(),
        "last_activity": started.isoformat(),
        "user_options": {"size": "medium"},
    }


@dataclass
class FakeHub:
    """Answers as JupyterHub does, from what the test puts in."""

    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By token."""
    servers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    down: bool = False
    verifiers: list[str] = field(default_factory=list)

    def add(self, name: str, token: str, *, scopes: tuple[str, ...] = (ACCESS_SCOPE,), **more: Any) -> None:
        self.people[token] = {"name": name, "kind": "user", "scopes": list(scopes), **more}

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        if self.down:
            raise httpx2.ConnectError("refused")
        token = request.headers.get("authorization", "").removeprefix("token ")
        path = request.url.path.removeprefix("/hub/api")
        self.calls.append((request.method, path, token))
        if path == "/oauth2/token":
            return self._token(parse_qs(request.content.decode()))
        if path == "/":
            return httpx2.Response(200, json={"version": "6.1.1"})
        person = self.people.get(token)
        if person is None:
            return httpx2.Response(403, json={"message": "Missing or invalid credentials."})
        if path == "/user":
            owned = {each["name"]: each for each in self.servers.get(person["name"], [])}
            return httpx2.Response(200, json={**person, "servers": owned})
        if path == "/users":
            users = [{"name": name, "servers": {e["name"]: e for e in owned}} for name, owned in self.servers.items()]
            return httpx2.Response(200, json=users if request.url.params["offset"] == "0" else [])
        return httpx2.Response(202)

    def _token(self, form: dict[str, list[str]]) -> httpx2.Response:
        if form.get("code") != ["right"] or form.get("client_secret") != [SERVICE_TOKEN]:
            return httpx2.Response(400, json={"message": "bad code"})
        self.verifiers += form["code_verifier"]
        return httpx2.Response(200, json={"access_token": "token-of-ada"})

    def changes(self) -> list[tuple[str, str, str]]:
        return [call for call in self.calls if call[0] != "GET" and call[1] != "/oauth2/token"]


@dataclass
class FakeGateway:
    clusters: list[dict[str, Any]] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    down: bool = False

    def add(self, username: str, name: str) -> None:
        about = {"status": "running", "started": NOON.timestamp(), "workers": 2, "worker_cores": 1.0}
        self.clusters.append({"username": username, "name": name, "worker_memory_gib": 2.0, **about})

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        if self.down:
            raise httpx2.ConnectError("refused")
        if request.method == "DELETE":
            self.stopped.append(request.url.path.rsplit("/", 1)[1])
            return httpx2.Response(204)
        return httpx2.Response(200, json=self.clusters)


@dataclass
class World:
    """The service with everything around it."""

    hub: FakeHub
    gateway: FakeGateway
    store: Store
    parts: Parts
    client: TestClient
    now: datetime = NOON

    def program(self, token: str = "token-of-ada") -> dict[str, str]:
        return {"Authorization": f"token {token}"}

    def sign_in(self) -> None:
        """Go the way of a browser through the hub."""
        away = self.client.get("/services/gaia/", follow_redirects=False)
        state = parse_qs(urlsplit(away.headers["location"]).query)["state"][0]
        back = self.client.get(f"/services/gaia/oauth_callback?code=right&state={state}", follow_redirects=False)
        assert back.status_code == 303, back.text

    def home(self, **headers: str) -> str:
        answer = self.client.get("/services/gaia/", headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.text

    def proof(self) -> str:
        found = re.search(r'name="_xsrf" value="([0-9a-f]+)"', self.home())
        assert found
        return found[1]

    def press(self, path: str, **fields: str) -> httpx2.Response:
        form = {"_xsrf": self.proof(), **fields}
        return self.client.post(f"/services/gaia/{path}", data=form, follow_redirects=False)


@pytest.fixture
def world(empty_database: Engine) -> Iterator[World]:
    upgrade(empty_database)
    hub, gateway = FakeHub(), FakeGateway()
    hub.add("ada", "token-of-ada")
    hub.people[SERVICE_TOKEN] = {"name": "gaia", "kind": "service", "scopes": []}
    real_hub = Hub("http://hub/hub/api", SERVICE_TOKEN, httpx2.MockTransport(hub.answer))
    real_gateway = Gateway("http://gateway", SERVICE_TOKEN, httpx2.MockTransport(gateway.answer))
    store = Store(empty_database)
    login = Login(real_hub, "service-gaia", SERVICE_TOKEN, "secret of cookies", "/services/gaia/")
    parts = Parts(Settings(), empty_database, real_hub, real_gateway, store, login, Metrics(), clock=lambda: NOON)
    with TestClient(create_app(parts, reconcile=False), raise_server_exceptions=False) as client:
        yield World(hub, gateway, store, parts, client)
    real_hub.close()
    real_gateway.close()


def problem(answer: httpx2.Response) -> dict[str, Any]:
    """Return a problem document, checking that it is one."""
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = json.loads(answer.text)
    assert found["status"] == answer.status_code
    return found


HOUR = timedelta(hours=1)
