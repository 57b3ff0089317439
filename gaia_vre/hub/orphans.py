"""End processes of servers that the hub no longer knows, as after a kill while they started."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from jupyterhub.app import JupyterHub

from gaia_vre.hub import pool
from gaia_vre.isolation.processes import INSTANCE_VARIABLE, SERVER_VARIABLE, end, marked, variable_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import psutil

_FIRST_LOOK_SECONDS = 10.0
_LOOK_SECONDS = 30.0
log = logging.getLogger(__name__)


def watch_for_orphans(instance: str) -> None:
    """Look for orphans from time to time for as long as this hub runs.

    JupyterHub reads its configuration inside its event loop; read elsewhere, as by a test
    of the configuration, there is nothing to watch.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return
    task = loop.create_task(_watch(instance))
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


_tasks: set[asyncio.Task[None]] = set()


async def _watch(instance: str) -> None:
    await asyncio.sleep(_FIRST_LOOK_SECONDS)
    while True:
        try:
            await _look(instance)
        except Exception:
            log.exception("Looking for orphans failed; the next look is in %.0f s", _LOOK_SECONDS)
        await asyncio.sleep(_LOOK_SECONDS)


async def _look(instance: str) -> None:
    loop = asyncio.get_running_loop()
    running = await loop.run_in_executor(None, servers_running, instance)
    # Asked after the look at the processes: a server started meanwhile is not among them.
    known = known_servers(JupyterHub.instance())
    for server, processes in running.items():
        if server not in known:
            log.warning("Ending %s, which the hub does not know", server)
            await loop.run_in_executor(None, end, processes, 5.0)


def servers_running(instance: str) -> dict[str, list[psutil.Process]]:
    """Return the processes of this instance's servers, by the server's mark."""
    found: dict[str, list[psutil.Process]] = {}
    for process in marked(INSTANCE_VARIABLE, instance):
        if server := variable_of(process, SERVER_VARIABLE):
            found.setdefault(server, []).append(process)
    return found


def known_servers(app: Any) -> set[str]:
    """Return the marks of the servers that the hub runs, starts or stops now, and of sandboxes that wait."""
    return {spawner.mark for spawner in _spawners(app) if spawner.active or spawner.pending} | pool.marks()


def _spawners(app: Any) -> Iterable[Any]:
    for user in list(app.users.values()):
        yield from list(user.spawners.values())
