"""The cluster that JupyterLab's Dask panel starts."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from typing import Any

from dask_gateway import GatewayCluster

from gaia_vre.gateway.connect import LEASE_VARIABLE

_ADAPT_SECONDS = 5


@dataclass(frozen=True)
class Bounds:
    """What the panel shows of an adaptive cluster."""

    minimum: int
    maximum: int


class Cluster(GatewayCluster):  # type: ignore[misc]
    """Scales adaptively the way the panel calls it: at once, with an answer that has bounds.

    Notes
    -----
    dask-labextension 7.0.0 does not await ``adapt``, and reads ``minimum`` and ``maximum`` of
    what it returns; ``GatewayCluster.adapt`` returns a coroutine there.
    """

    _adapting: asyncio.Future[Any] | None = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        if lease := os.environ.get(LEASE_VARIABLE):
            options.setdefault("lease", lease)
        super().__init__(*arguments, **options)

    def adapt(self, minimum: int | None = None, maximum: int | None = None, active: bool = True, **kwargs: Any) -> Any:
        asked = super().adapt(minimum=minimum, maximum=maximum, active=active, **kwargs)
        if not asyncio.iscoroutine(asked):
            return asked
        self._adapting = asyncio.ensure_future(asked)
        return Bounds(minimum or 0, maximum or 0)

    async def _stop_internal(self, shutdown: bool | None = None) -> None:
        if self._adapting is not None:
            await asyncio.wait([self._adapting], timeout=_ADAPT_SECONDS)
        await super()._stop_internal(shutdown)
