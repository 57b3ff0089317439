"""My Dask clusters, each with what only its scheduler and its owner's gateway know."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from gaia_vre.core.errors import GaiaError
from gaia_vre.lab.panel.asking import ask_gateway, ask_service, word

PUBLIC = "DASK_GATEWAY__PUBLIC_ADDRESS"
_MOST = 50


async def my_clusters() -> list[dict[str, Any]]:
    """Return my clusters; a scheduler that is silent leaves its `data` unknown, not the list.

    Raises
    ------
    Unavailable
        The service does not answer.
    """
    known = (await ask_service("GET", "api/clusters")).json()
    return list(await asyncio.gather(*(_described(one) for one in known[:_MOST])))


async def _described(cluster: dict[str, Any]) -> dict[str, Any]:
    route = await _dashboard_route(str(cluster["name"]))
    dashboard = f"{os.environ.get(PUBLIC, '')}{route}" if route else None
    return cluster | {"dashboard": dashboard, "data_bytes": await _data_bytes(route)}


async def _dashboard_route(name: str) -> str | None:
    """Return the private path of a cluster's dashboard, which the gateway tells its owner alone."""
    try:
        found = (await ask_gateway(f"/api/v1/clusters/{word(name)}")).json().get("dashboard_route")
    except (GaiaError, AttributeError):
        return None
    return str(found) if found else None


async def _data_bytes(route: str | None) -> int | None:
    """Return the bytes of data that the workers hold."""
    if route is None:
        return None
    try:
        return int((await ask_gateway(f"{route.rpartition('/')[0]}/json/counts.json")).json()["bytes"])
    except (GaiaError, KeyError, TypeError, ValueError):
        return None
