"""Ada's project, of which bob is editor, and those who ask about it."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient

from gaia_vre.projects.model import Actor
from tests.service.conftest import World
from tests.service.fakes import ACCESS, SERVICE_TOKEN

API = "/services/gaia/api/projects"
LEASES = "/services/gaia/api/quotas/leases"
ADA = Actor("ada")


def started(world: World) -> World:
    assert world.program("bob-token").post(f"{API}/heat/server", json={}).status_code == 202
    return world


def lease(world: World, number: str = "s-1", username: str = "bob", **more: Any) -> Any:
    body = {"id": number, "kind": "server", "username": username, "thing": "", "cores": 1, "memory_gib": 2, **more}
    return world.program(SERVICE_TOKEN).post(LEASES, json=body)


def project_client(world: World, slug: str = "heat") -> TestClient:
    """Return a client with the credentials of a project's server."""
    name = f"p-{slug}"
    world.hub.tokens[f"{name}-token"] = {"name": name, "kind": "user", "admin": False, "scopes": [ACCESS]}
    return world.program(f"{name}-token")
