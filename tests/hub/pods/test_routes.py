from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from aiohttp import ClientResponseError

from gaia_vre.hub.pods.routes import give_routes


class FakeProxy:
    """A proxy with or without routes."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.asked: list[str] = []
        self.given = 0

    def _routespec_to_chp_path(self, routespec: str) -> str:
        return routespec.rstrip("/")

    async def api_request(self, path: str) -> None:
        self.asked.append(path)
        if self.status != 200:
            raise ClientResponseError(Mock(), (), status=self.status)

    async def check_routes(self, users: Any, services: Any) -> None:
        self.given += 1


def app(proxy: FakeProxy | None, **services: Any) -> Any:
    gaia = SimpleNamespace(server=object(), proxy_spec="/services/gaia/")
    culler = SimpleNamespace(server=None)
    return SimpleNamespace(proxy=proxy, users={}, _service_map=services or {"culler": culler, "gaia": gaia})


def test_a_proxy_that_lost_its_routes_is_given_them() -> None:
    proxy = FakeProxy(404)
    assert asyncio.run(give_routes(app(proxy)))
    assert (proxy.asked, proxy.given) == (["/services/gaia"], 1)


def test_a_proxy_that_has_its_routes_is_left_alone() -> None:
    proxy = FakeProxy()
    assert not asyncio.run(give_routes(app(proxy)))
    assert proxy.given == 0


def test_a_hub_that_is_not_up_yet_gives_nothing() -> None:
    assert not asyncio.run(give_routes(app(None)))
    assert not asyncio.run(give_routes(app(FakeProxy(404), culler=SimpleNamespace(server=None))))


def test_a_proxy_in_trouble_is_no_proxy_without_routes() -> None:
    with pytest.raises(ClientResponseError):
        asyncio.run(give_routes(app(FakeProxy(403))))
