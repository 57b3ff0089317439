"""What the gateway answers beyond Dask's own API: clusters of everybody for the service, grants for their owners."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import web
from dask_gateway_server.routes import api_handler

from gaia_vre.gateway.admission import lease_of
from gaia_vre.gateway.grants import Sizes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

OVERSEER = "service:gaia"
"""The hub service that sees all clusters; hub administrators do too."""

KEPT_DAYS = 30
"""Longest time that a cluster may be kept without its server."""


def add_routes(application: web.Application, backend: Any) -> None:
    """Add all below ``/api/v1/gaia/clusters``, and partial grants to the answers of scale and adapt.

    ``GET`` and ``DELETE …/NAME`` of any cluster are the service's; ``GET …/NAME/grant`` and
    ``POST …/NAME/keep`` are the owner's.
    """

    @api_handler(user_authenticated=True)  # type: ignore[untyped-decorator, unused-ignore]
    async def every_cluster(request: web.Request) -> web.Response:
        _check(request)
        return web.json_response([_described(backend, each) for each in backend.decided()])

    @api_handler(user_authenticated=True)  # type: ignore[untyped-decorator, unused-ignore]
    async def stop(request: web.Request) -> web.Response:
        _check(request)
        await backend.stop_cluster(request.match_info["name"])
        return web.Response(status=204)

    @api_handler(user_authenticated=True)  # type: ignore[untyped-decorator, unused-ignore]
    async def grant(request: web.Request) -> web.Response:
        return web.json_response(_granted(backend, _own(backend, request)))

    @api_handler(user_authenticated=True)  # type: ignore[untyped-decorator, unused-ignore]
    async def keep(request: web.Request) -> web.Response:
        cluster = _own(backend, request)
        backend.keep_until(cluster, _until(await _body(request), datetime.now(UTC)))
        return web.json_response(_granted(backend, cluster))

    routes = application.router
    routes.add_get("/api/v1/gaia/clusters", every_cluster)
    routes.add_delete("/api/v1/gaia/clusters/{name}", stop)
    routes.add_get("/api/v1/gaia/clusters/{name}/grant", grant)
    routes.add_post("/api/v1/gaia/clusters/{name}/keep", keep)
    application.middlewares.append(_telling(backend))


def _telling(backend: Any) -> Any:
    """Return what adds to the answer of a scale or adapt why fewer workers come; Dask's client warns of it."""

    @web.middleware
    async def tell(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        answer = await handler(request)
        name = request.match_info.get("cluster_name")
        if name and answer.status == 200 and request.path.endswith(("/scale", "/adapt")):
            cluster = backend.find(name)
            message = backend.message(cluster) if cluster is not None else ""
            if message:
                return web.json_response({"ok": False, "msg": message})
        return answer

    return tell


def _check(request: web.Request) -> None:
    user = request["user"]
    if user.name != OVERSEER and not user.admin:
        raise web.HTTPForbidden(reason=f"{user.name} may see only clusters of their own")


def _own(backend: Any, request: web.Request) -> Any:
    cluster = backend.find(request.match_info["name"])
    if cluster is None or cluster.username != request["user"].name or not backend.may_run(cluster):
        raise web.HTTPNotFound(reason="You have no running cluster of this name")
    return cluster


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise web.HTTPUnprocessableEntity(reason="until: an object with an instant is needed")
    return body


def _until(body: dict[str, Any], now: datetime) -> str | None:
    """Return the instant until which to keep a cluster, None for no longer."""
    given = body.get("until")
    if given is None:
        return None
    try:
        until = datetime.fromisoformat(str(given)[:40])
    except ValueError:
        raise web.HTTPUnprocessableEntity(reason=f"until: {str(given)[:40]!a} is no instant") from None
    if until.tzinfo is None:
        raise web.HTTPUnprocessableEntity(reason=f"until: {until.isoformat()} has no time zone")
    if not now < until <= now + timedelta(days=KEPT_DAYS):
        raise web.HTTPUnprocessableEntity(reason=f"until: {until.isoformat()} is not within the next {KEPT_DAYS} days")
    return until.astimezone(UTC).isoformat()


def _granted(backend: Any, cluster: Any) -> dict[str, Any]:
    grant = backend.grant(cluster)
    return {
        "name": cluster.name,
        "workers": grant.granted,
        "wanted": grant.wanted,
        "message": backend.message(cluster),
        "account": grant.account,
        "kept": grant.kept,
    }


def _described(backend: Any, cluster: Any) -> dict[str, Any]:
    """Say whose a cluster is and what it holds; no token, key or dashboard."""
    grant, sizes = backend.grant(cluster), Sizes.of(cluster.config)
    return {
        "name": cluster.name,
        "username": cluster.username,
        "status": backend.status(cluster).name.lower(),
        "started": cluster.start_time / 1000,
        "workers": backend.running(cluster),
        "worker_cores": sizes.each.cores,
        "worker_memory_gib": sizes.each.memory_gib,
        "scheduler_cores": sizes.base.cores,
        "scheduler_memory_gib": sizes.base.memory_gib,
        "lease": lease_of(cluster.name),
        "account": grant.account or cluster.options.get("account", ""),
        "parent": cluster.options.get("lease", ""),
        "kept": grant.kept,
    }
