"""Give a proxy that was replaced its routes within seconds: the hub itself looks once a minute.

On one machine the supervisor, which restarts the proxy, tells the hub; here nobody does.
"""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import Any

from aiohttp import ClientResponseError
from jupyterhub.app import JupyterHub

_LOOK_SECONDS = 2.0
_tasks: set[asyncio.Task[None]] = set()
log = logging.getLogger(__name__)


def watch_routes() -> None:
    """Look after the proxy's routes for as long as this hub runs."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return  # read by a test of the configuration, there is nothing to watch
    task = loop.create_task(_watch())
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


async def _watch() -> None:
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        try:
            await give_routes(JupyterHub.instance())
        except Exception as error:
            log.warning("The proxy's routes could not be looked at: %r", error)


async def give_routes(app: Any) -> bool:
    """Give the proxy all routes if one that is always there is missing; return whether it was.

    Asking for one costs the same with any number of labs; asking for all does not.
    """
    known = next((service for service in app._service_map.values() if service.server), None)
    if known is None or getattr(app, "proxy", None) is None:
        return False  # the hub is not up yet, and gives them when it is
    try:
        await app.proxy.api_request(app.proxy._routespec_to_chp_path(known.proxy_spec))
    except ClientResponseError as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
    else:
        return False
    log.warning("The proxy has forgotten its routes, and is given them")
    await app.proxy.check_routes(app.users, app._service_map)
    return True
