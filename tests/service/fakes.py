"""A hub and a gateway in memory, as the service sees them over HTTP."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote

import httpx2

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ACCESS = "access:services!service=gaia"
SERVICE_TOKEN = "service-token"


def server(name: str = "", **changes: Any) -> dict[str, Any]:
    """Return the hub's model of a server that runs since 10:00."""
    model = {
        "name": name,
        "ready": True,
        "pending": None,
        "url": f"/user/ada/{name}",
        "started": "2026-11-24T10:00:00.000000Z",
        "last_activity": "2026-11-24T11:59:00.000000Z",
        "user_options": {"size": "medium"},
    }
    return model | changes


def cluster(name: str = "c1", username: str = "ada", **changes: Any) -> dict[str, Any]:
    """Return the gateway's description of a cluster of two workers that runs since 11:00."""
    model = {
        "name": name,
        "username": username,
        "status": "running",
        "started": datetime(2026, 11, 24, 11, tzinfo=UTC).timestamp(),
        "workers": 2,
        "worker_cores": 1.0,
        "worker_memory_gib": 2.0,
    }
    return model | changes


@dataclass
class FakeHub:
    """People, their tokens and servers; notes every start and stop."""

    servers: dict[str, dict[str, dict[str, Any]]] = field(default_factory=lambda: {"ada": {}, "bob": {}, "root": {}})
    tokens: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {
            "ada-token": {"name": "ada", "kind": "user", "admin": False, "scopes": [ACCESS]},
            "bob-token": {"name": "bob", "kind": "user", "admin": False, "scopes": [ACCESS]},
            "root-token": {"name": "root", "kind": "user", "admin": True, "scopes": [ACCESS]},
            "weak-token": {"name": "ada", "kind": "user", "admin": False, "scopes": ["read:users"]},
            "gateway-token": {"name": "dask-gateway", "kind": "service", "admin": False, "scopes": [ACCESS]},
            "culler-token": {"name": "culler", "kind": "service", "admin": False, "scopes": ["list:users"]},
            SERVICE_TOKEN: {"name": "gaia", "kind": "service", "admin": False, "scopes": ["list:users"]},
        }
    )
    codes: dict[str, str] = field(default_factory=lambda: {"a-code": "ada-token"})
    token_models: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {"ada": [], "bob": []})
    groups: dict[str, list[str]] = field(default_factory=dict)
    shares: dict[str, set[str]] = field(default_factory=dict)
    """Who is let into whose server; those of projects alone."""
    down: bool = False
    refusal: str | None = None
    trouble: str = ""
    """Why the last start of any server failed."""
    calls: list[str] = field(default_factory=list)
    done: list[tuple[str, str]] = field(default_factory=list)
    forms: list[dict[str, list[str]]] = field(default_factory=list)

    def transport(self) -> httpx2.MockTransport:
        return httpx2.MockTransport(self.answer)

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        if self.down:
            raise httpx2.ConnectError("refused")
        path = unquote(request.url.path).removeprefix("/hub/api")
        self.calls.append(f"{request.method} {path}")
        if path == "/oauth2/token":
            return self._exchange(request)
        token = request.headers.get("authorization", "").rpartition(" ")[2]
        if token not in self.tokens:
            return httpx2.Response(403, json={"message": "Forbidden"})
        if path.startswith("/gaia/people/"):
            name = path.removeprefix("/gaia/people/").removesuffix("/groups")
            return httpx2.Response(200 if name in self.servers else 404, json={"groups": self.groups.get(name, [])})
        if path.startswith(("/shares/", "/gaia/projects/", "/gaia/sandboxes/")):
            return self._project(request, path)
        if request.method in ("POST", "DELETE"):
            return self._change(request.method, path)
        return self._look(path, token, request.url.params)

    def _exchange(self, request: httpx2.Request) -> httpx2.Response:
        form = parse_qs(request.content.decode())
        self.forms.append(form)
        token = self.codes.pop(form["code"][0], None)
        return httpx2.Response(200, json={"access_token": token}) if token else httpx2.Response(400, json={})

    def _change(self, method: str, path: str) -> httpx2.Response:
        if self.refusal:
            return httpx2.Response(400, json={"message": self.refusal})
        self.done.append((method, path))
        owner, _, named = path.removeprefix("/users/").partition("/servers/")
        if method == "DELETE" and not named and owner.startswith("sandbox-"):
            self.servers.pop(owner, None)
        if method == "DELETE" and named:  # with its shares, as the hub does
            self.servers.get(owner, {}).pop(named, None)
            self.shares.pop(f"{owner}/{named}", None)
        if path.endswith("/tokens"):
            return httpx2.Response(201, json={"token": "a-new-secret"})
        return httpx2.Response(202)

    def _project(self, request: httpx2.Request, path: str) -> httpx2.Response:
        if request.method == "PUT":
            name = f"{'sandbox-' if 'sandboxes' in path else 'p-'}{path.rpartition('/')[2]}"
            self.servers.setdefault(name, {})
            person = json.loads(request.content).get("person")
            self.shares.setdefault(f"{name}/{name}" if person else name, {person} if person else set())
            return httpx2.Response(200, json={"name": name})
        name = path.removeprefix("/shares/").removesuffix("/")
        owner, _, named = name.partition("/")
        if named and named in self.servers.get(owner, {}):
            self.shares.setdefault(name, set())
        if name not in self.shares:
            return httpx2.Response(404, json={"message": "No such server"})
        if request.method == "GET":
            first, most = int(request.url.params["offset"]), int(request.url.params["limit"])
            items = [{"user": {"name": one}} for one in sorted(self.shares[name])]
            return httpx2.Response(200, json={"items": items[first : first + most]})
        change = self.shares[name].add if request.method == "POST" else self.shares[name].discard
        change(json.loads(request.content)["user"])
        return httpx2.Response(200, json={})

    def _look(self, path: str, token: str, query: httpx2.QueryParams) -> httpx2.Response:
        if path in ("", "/"):
            return httpx2.Response(200, json={"version": "6.1.1"})
        if path.endswith("/progress") and self.trouble:
            return httpx2.Response(200, text=f'data: {{"failed": true, "message": "Spawn failed: {self.trouble}"}}\n\n')
        if path == "/user":
            who = self.tokens[token]
            return httpx2.Response(200, json=who | {"servers": self.servers.get(who["name"], {})})
        if path == "/users":
            return self._active(query) if "state" in query else self._everybody(query)
        name = path.removeprefix("/users/")
        if name.endswith("/tokens"):
            models = self.token_models.get(name.removesuffix("/tokens"))
            return httpx2.Response(404) if models is None else httpx2.Response(200, json={"api_tokens": models})
        known = {"name": name, "servers": self.servers.get(name)}
        return httpx2.Response(200 if name in self.servers else 404, json=known | {"message": "No such user"})

    def _active(self, query: httpx2.QueryParams) -> httpx2.Response:
        active = [{"name": name, "servers": theirs} for name, theirs in self.servers.items() if theirs]
        first = int(query["offset"])
        return httpx2.Response(200, json=active[first : first + int(query["limit"])])

    def _everybody(self, query: httpx2.QueryParams) -> httpx2.Response:
        first, most = int(query["offset"]), int(query["limit"])
        seen = {"last_activity": "2026-11-24T11:59:00.000000Z"}
        models = [{"name": name, "groups": self.groups.get(name, [])} | seen for name in self.servers]
        return httpx2.Response(200, json=models[first : first + most])


@dataclass
class FakeGateway:
    """Clusters of everybody; notes every stop."""

    clusters: list[dict[str, Any]] = field(default_factory=list)
    down: bool = False
    refusing: bool = False
    """It tells, but stops nothing."""
    stopped: list[str] = field(default_factory=list)

    def transport(self) -> httpx2.MockTransport:
        return httpx2.MockTransport(self.answer)

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        if self.down:
            raise httpx2.ConnectError("refused")
        if request.method == "GET":
            return httpx2.Response(200, content=json.dumps(self.clusters))
        if self.refusing:
            return httpx2.Response(503)
        name = request.url.path.rpartition("/")[2]
        self.stopped.append(name)
        self.clusters = [each for each in self.clusters if each["name"] != name]
        return httpx2.Response(204)
