"""A real scheduler with the preloads of a pod, in the order in which dask-gateway's controller gives them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from distributed import Scheduler
from tornado.iostream import IOStream, SSLIOStream

from gaia_vre.gateway.dashboard import secret_path
from gaia_vre.gateway.kubernetes import preload

TOKEN = "token-of-the-cluster"
PRELOADS = ["gaia_vre.gateway.kubernetes.preload", "dask_gateway.scheduler_preload"]
ARGUMENTS = ["--dg-api-address", "127.0.0.1:0", "--dg-heartbeat-period", "0", "--dg-adaptive-period", "3"]


class Gateway:
    """Hears the heartbeats of one scheduler."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def heartbeat(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == f"token {TOKEN}"
        await self.heard.put(await request.json())
        return web.Response()


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    (tmp_path / "api-token").write_text(TOKEN)
    monkeypatch.setenv("DASK_GATEWAY_API_TOKEN", str(tmp_path / "api-token"))
    monkeypatch.setenv("DASK_GATEWAY_CLUSTER_NAME", "gaia.0123")
    monkeypatch.setenv(preload.WORKERS_VARIABLE, "3")
    return monkeypatch


async def scheduled(environment: pytest.MonkeyPatch, scenario: Any) -> Any:
    gateway, app = Gateway(), web.Application()
    app.router.add_post("/api/v1/clusters/gaia.0123/heartbeat", gateway.heartbeat)
    async with TestServer(app) as server:
        environment.setenv("DASK_GATEWAY_API_URL", str(server.make_url("/api")))
        options = {"host": "127.0.0.1", "port": 0, "dashboard": False, "dashboard_address": "127.0.0.1:0"}
        async with Scheduler(**options, preload=PRELOADS, preload_argv=ARGUMENTS) as scheduler:
            result = await scenario(scheduler, gateway)
            scheduler.services["gateway"].stop()
        return result


def test_a_scheduler_asks_for_its_first_workers_at_once(environment):
    async def scenario(_: Any, gateway: Gateway) -> dict[str, Any]:
        return await asyncio.wait_for(gateway.heard.get(), 20)

    assert asyncio.run(scheduled(environment, scenario))["count"] == 3


def test_a_scheduler_speaks_again_without_being_asked(environment):
    environment.setattr(preload, "HEARTBEAT_SECONDS", 0.1)

    async def scenario(_: Any, gateway: Gateway) -> list[int]:
        return [(await asyncio.wait_for(gateway.heard.get(), 20))["count"] for _ in range(3)]

    assert asyncio.run(scheduled(environment, scenario)) == [3, 3, 3]


def test_what_a_scheduler_shows_is_found_only_below_its_secret(environment):
    async def scenario(scheduler: Any, gateway: Gateway) -> list[int]:
        await asyncio.wait_for(gateway.heard.get(), 20)
        base = f"http://127.0.0.1:{scheduler.http_server.port}"
        async with ClientSession() as session:
            paths = ("/info/main/workers.html", "/status", "/metrics", f"/{secret_path(TOKEN)}/health")
            return [(await session.get(base + path)).status for path in paths]

    assert asyncio.run(scheduled(environment, scenario)) == [404, 404, 404, 200]


def test_broken_tls_streams_are_guarded(environment):
    async def scenario(_: Any, gateway: Gateway) -> Any:
        await asyncio.wait_for(gateway.heard.get(), 20)
        return SSLIOStream.close_fd

    assert asyncio.run(scheduled(environment, scenario)) is not IOStream.close_fd


@pytest.mark.parametrize(
    ("missing", "module"),
    [("dask_gateway_server", "preload"), ("distributed", "backend"), ("distributed", "configuration")],
)
def test_neither_image_needs_what_only_the_other_has(missing, module):
    program = f"import sys; sys.modules[{missing!r}] = None; import gaia_vre.gateway.kubernetes.{module}"
    subprocess.run([sys.executable, "-c", program], check=True)
