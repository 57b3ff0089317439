"""Let what KubeSpawner sees of pods come back after the API server was silent or overloaded for long.

Its reflector gives up after 51 s of failures and shows for ever what was there before, and one whose first look
failed shows nothing at all: every lab would be taken for dead.
"""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
from kubernetes_asyncio.client.rest import ApiException

from gaia_vre.hub.pods.refused import passes

SILENCES = (ApiException, aiohttp.ClientError, TimeoutError)
"""What a question to the API server raises; of the first, those that `passes` says may pass."""
_looking = asyncio.Lock()


def is_passing(error: BaseException) -> bool:
    """Say whether it may be answered in a moment."""
    return passes(error) if isinstance(error, ApiException) else isinstance(error, SILENCES)


async def look_again(reflector: Any) -> None:
    """Have a reflector that has given up look anew; until it saw all, it shows what it showed before.

    Raises
    ------
    ApiException, aiohttp.ClientError, TimeoutError
        The API server does not answer yet.
    """
    async with _looking:
        if not has_given_up(reflector):
            return
        first = reflector.first_load_future
        if first.done() and first.exception() is not None:
            reflector.first_load_future = asyncio.Future()
        await reflector.start()


def has_given_up(reflector: Any) -> bool:
    """Say whether nothing that happens now would be seen."""
    first, task = reflector.first_load_future, reflector.watch_task
    return bool(first.done() and (task is None or task.done()))
