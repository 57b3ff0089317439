"""What a scheduler or worker in a pod does when it starts, besides dask-gateway's own preload.

Dask loads this before dask-gateway's, whose service is therefore waited for.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

from gaia_vre.gateway.dashboard import guard
from gaia_vre.gateway.tls import guard_streams

WORKERS_VARIABLE = "GAIA_VRE_CLUSTER_WORKERS"
"""How many workers start together with the scheduler."""

HEARTBEAT_SECONDS = 15.0
"""dask-gateway has schedulers on Kubernetes speak only when they change; limits would never reach them."""
_LOOK_SECONDS = 0.01
_first: set[asyncio.Task[None]] = set()


async def dask_setup(server: Any) -> None:
    """Guard TLS streams and, of a scheduler, the dashboard; ask for the first workers."""
    from distributed import Scheduler  # which the gateway, that reads our names, has not

    guard_streams()
    if isinstance(server, Scheduler):
        guard(server, _token())
        task = asyncio.ensure_future(speak(server, int(os.environ.get(WORKERS_VARIABLE, "0"))))
        _first.add(task)
        task.add_done_callback(_first.discard)


async def speak(scheduler: Any, workers: int) -> None:
    """Have a scheduler ask for its first workers, and say from time to time what it has."""
    while "gateway" not in scheduler.services:  # noqa: ASYNC110 - nothing tells when it is
        await asyncio.sleep(_LOOK_SECONDS)
    service = scheduler.services["gateway"]
    service.heartbeat_period = service.heartbeat_max = HEARTBEAT_SECONDS
    service.heartbeat_initial = _LOOK_SECONDS  # where its loop has not begun yet
    service.count = workers
    await service.waiter.interrupt()


def _token() -> str:
    """Return the cluster's token, which is a file in a pod."""
    given = os.environ["DASK_GATEWAY_API_TOKEN"]
    return Path(given).read_text(encoding="ascii").strip() if "/" in given else given
