"""A client of the API server that does not ask again at once what has just been refused."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

TROUBLE_SECONDS = 2.0


class Patient:
    """Passes everything on; an error is raised only after a while.

    Notes
    -----
    dask-gateway 2026.3.0's informers list again without a pause when the API server fails: for as long as it does,
    that is a processor's work and a log of tracebacks.
    """

    def __init__(self, client: Any, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._client, self._sleep = client, sleep

    @property
    def api_client(self) -> Any:
        return self._client.api_client

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        async def ask(*arguments: Any, **more: Any) -> Any:
            try:
                return await method(*arguments, **more)
            except Exception:
                await self._sleep(TROUBLE_SECONDS)
                raise

        return ask
