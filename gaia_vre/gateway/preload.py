"""What a scheduler of ours does when it starts, besides dask-gateway's own preload."""

from __future__ import annotations

import os
from typing import Any

from gaia_vre.gateway.dashboard import guard

WORKERS_VARIABLE = "GAIA_VRE_CLUSTER_WORKERS"
"""How many workers start together with the scheduler."""

ADDRESS_PIPE_VARIABLE = "GAIA_VRE_ADDRESS_PIPE"
"""Number of the file descriptor on which the launcher waits for the scheduler's address."""

_FIRST_HEARTBEAT_SECONDS = 0.01


def dask_setup(scheduler: Any) -> None:
    """Guard the dashboard, ask for the first workers and tell the launcher where the scheduler listens."""
    guard(scheduler, os.environ["DASK_GATEWAY_API_TOKEN"])
    service = scheduler.services["gateway"]
    service.count = int(os.environ.get(WORKERS_VARIABLE, "0"))
    service.heartbeat_initial = _FIRST_HEARTBEAT_SECONDS
    pipe = int(os.environ.pop(ADDRESS_PIPE_VARIABLE))
    os.write(pipe, scheduler.address.encode())
    os.close(pipe)
