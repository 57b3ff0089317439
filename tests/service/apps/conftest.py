"""Ada's project heat with a program that can be an app, and what is done with its app."""

from __future__ import annotations

from typing import Any

import pytest

from gaia_vre.service.reconcile import Reconciler
from tests.service.conftest import HOME, World, proof
from tests.service.fakes import ACCESS, server

API = "/services/gaia/api"


@pytest.fixture
def heat(world: World) -> World:
    assert world.program().post(f"{API}/projects", json={"title": "Heat", "slug": "heat"}).status_code == 201
    (world.parts.folders.make("heat") / "slide.py").write_text("import panel as pn\n")
    world.hub.tokens["eve-token"] = {"name": "eve", "kind": "user", "admin": False, "scopes": [ACCESS]}
    world.hub.servers["eve"] = {}
    return world


def published(world: World, **more: Any) -> int:
    answer = world.program().post(f"{API}/projects/heat/apps", json={"path": "slide.py", **more})
    assert answer.status_code == 201, answer.text
    assert answer.json()["address"].endswith(f"/services/gaia/apps/{answer.json()['id']}")
    return int(answer.json()["id"])


def awake(world: World, **more: Any) -> None:
    """Let the server of the app 1 run."""
    world.hub.servers.setdefault("p-heat", {})["app-1"] = server("app-1", **more)


def with_public(world: World, on: bool) -> World:
    object.__setattr__(world.parts.settings.projects, "public_results", on)
    for name in ("apps", "app_servers"):
        world.parts.__dict__.pop(name, None)
    return world


def passes(world: World) -> None:
    Reconciler(world.parts).step()


def wake(world: World, user: str = "ada") -> Any:
    browser = world.browser(user=user)
    page = browser.get(f"{HOME}apps/1").text
    return browser.post(f"{HOME}apps/1/wake", data={"_xsrf": proof(page)})
