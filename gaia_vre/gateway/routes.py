"""What the service at /services/gaia may ask: the clusters of everybody, and the end of one."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from dask_gateway_server.routes import api_handler

OVERSEER = "service:gaia"
"""The hub service that sees all clusters; hub administrators do too."""


def add_routes(application: web.Application, backend: Any) -> None:
    """Add ``GET /api/v1/gaia/clusters`` and ``DELETE /api/v1/gaia/clusters/NAME``."""

    @api_handler(user_authenticated=True)  # type: ignore[untyped-decorator, unused-ignore]
    async def every_cluster(request: web.Request) -> web.Response:
        _check(request)
        return web.json_response([_described(each) for each in backend.db.active_clusters()])

    @api_handler(user_authenticated=True)  # type: ignore[untyped-decorator, unused-ignore]
    async def stop(request: web.Request) -> web.Response:
        _check(request)
        await backend.stop_cluster(request.match_info["name"])
        return web.Response(status=204)

    application.router.add_get("/api/v1/gaia/clusters", every_cluster)
    application.router.add_delete("/api/v1/gaia/clusters/{name}", stop)


def _check(request: web.Request) -> None:
    user = request["user"]
    if user.name != OVERSEER and not user.admin:
        raise web.HTTPForbidden(reason=f"{user.name} may see only clusters of their own")


def _described(cluster: Any) -> dict[str, Any]:
    """Say whose a cluster is and what it holds; no token, key or dashboard."""
    return {
        "name": cluster.name,
        "username": cluster.username,
        "status": cluster.model_status.name.lower(),
        "started": cluster.start_time / 1000,
        "workers": len(cluster.active_workers()),
        "worker_cores": cluster.config.worker_cores,
        "worker_memory_gib": cluster.config.worker_memory / 2**30,
    }
