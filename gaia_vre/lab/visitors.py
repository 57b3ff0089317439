"""Tell the service who was let into this lab besides its owner: administrators, and those it is shared with."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import os
import time
from typing import TYPE_CHECKING, Any

from gaia_vre.core.errors import GaiaError
from gaia_vre.core.kinds import number_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from jupyter_server.serverapp import ServerApp

AGAIN_SECONDS = 600
_MOST = 1000
log = logging.getLogger(__name__)


class Visitors:
    """Notes who asks something of a lab, and tells of each visitor now and then.

    Parameters
    ----------
    owner
        Whose lab it is; nothing is told of them.
    tell
        Sends a name to the service; raises GaiaError.
    """

    def __init__(
        self, owner: str, tell: Callable[[str], Awaitable[None]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._owner, self._tell, self._clock = owner, tell, clock
        self._told: dict[str, float] = {}
        self._telling: set[asyncio.Task[None]] = set()

    def seen(self, name: str) -> None:
        """Note that somebody is here; returns at once."""
        now = self._clock()
        if not name or name == self._owner or now - self._told.get(name, -AGAIN_SECONDS) < AGAIN_SECONDS:
            return
        if len(self._told) >= _MOST:
            self._told.clear()
        self._told[name] = now
        task = asyncio.ensure_future(self._say(name))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _say(self, name: str) -> None:
        try:
            await self._tell(name)
        except GaiaError as error:
            self._told.pop(name, None)
            log.warning("It could not be told that %s is in this lab; at the next request it is: %s", name, error)


def watch(server: ServerApp) -> None:
    """Note whoever the hub lets into a person's lab besides them, or into a project's.

    In a sandbox, whose user at the hub is nobody, everybody would be a visitor, its person first.
    """
    owner = os.environ.get("JUPYTERHUB_USER")
    if not owner or number_of(owner):
        return
    visitors = Visitors(owner, _tell)
    provider: Any = server.identity_provider
    as_before = provider.get_user

    async def get_user(handler: Any) -> Any:
        found = as_before(handler)
        user = await found if inspect.isawaitable(found) else found
        visitors.seen(str(getattr(user, "username", "") or ""))
        return user

    provider.get_user = get_user


async def _tell(name: str) -> None:
    from gaia_vre.lab.panel.asking import ask_service

    server = os.environ.get("JUPYTERHUB_SERVER_NAME", "")
    body = json.dumps({"visitor": name, "server": server}).encode()
    answer = await ask_service("POST", "api/visits", body=body)
    if answer.status >= 400:
        answer.json()  # raises
