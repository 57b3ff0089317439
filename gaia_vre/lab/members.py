"""Keep out of a project's lab whoever is no longer a member: connections are cut, and what only they used ends.

JupyterHub says at each request whether a visitor may come in, but an open websocket is no request.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from tornado.ioloop import PeriodicCallback
from tornado.websocket import WebSocketHandler

from gaia_vre.core.errors import GaiaError
from gaia_vre.core.kinds import project_user
from gaia_vre.lab.configuration import PROJECT_VARIABLE
from gaia_vre.lab.panel.asking import ask_service, query_of, word

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from jupyter_server.serverapp import ServerApp

LOOK_SECONDS = 10
POLICY_VIOLATION = 1008
"""The code that a websocket is closed with, see RFC 6455."""
log = logging.getLogger(__name__)


@dataclass
class Watch:
    """Who is connected to a lab, and who has used which kernel or terminal.

    Parameters
    ----------
    ask
        Returns the names of those who may be here, given those who are.
    end
        Ends a kernel or a terminal, by kind and name.
    """

    own: str
    """Name under which the lab itself connects."""
    ask: Callable[[set[str]], Awaitable[set[str]]]
    end: Callable[[str, str], Awaitable[None]]
    _open: WeakSet[WebSocketHandler] = field(default_factory=WeakSet)
    _users: dict[tuple[str, str], set[str]] = field(default_factory=dict)

    def opened(self, handler: WebSocketHandler) -> None:
        """Note a connection, and who uses what by it."""
        self._open.add(handler)
        if used := _used_by(handler):
            self._users.setdefault(used, set()).add(_name(handler))

    async def look(self) -> None:
        """Cut the connections of those who may not be here any more, and end what nobody uses who may."""
        try:
            members = await self.ask({_name(one) for one in self._open if one.ws_connection} - {self.own}) | {self.own}
        except GaiaError as error:
            log.warning("Who may be here is not known; looking again in %d s: %s", LOOK_SECONDS, error.message)
            return
        for handler in list(self._open):
            name = _name(handler)
            if name not in members:
                log.warning("%s may not be here any more and is disconnected", name)
                handler.close(POLICY_VIOLATION, "You are no longer a member of this project")
        for used, users in list(self._users.items()):
            if users.isdisjoint(members):
                log.warning("The %s %s was used by %s alone and ends", *used, ", ".join(sorted(users)))
                del self._users[used]
                await self.end(*used)


def prepare(server: ServerApp) -> Watch | None:
    """Note who connects to a project's lab, from its first connection on; None in other labs."""
    slug = os.environ.get(PROJECT_VARIABLE)
    if not slug:
        return None

    async def ask(present: set[str]) -> set[str]:
        query = query_of({"present": [name.encode() for name in sorted(present)]})
        answer = await ask_service("POST", f"api/projects/{word(slug)}/server/people", query)
        return set(answer.json())

    async def end(kind: str, name: str) -> None:
        try:
            if kind == "terminal":
                terminals: Any = server.web_app.settings["terminal_manager"]
                await terminals.terminate(name, force=True)
            elif name in server.kernel_manager:
                kernels: Any = server.kernel_manager
                await kernels.shutdown_kernel(name, now=True)
        except Exception:
            log.exception("The %s %s could not be ended", kind, name)

    found = Watch(project_user(slug), ask, end)
    _note_connections(found)
    return found


def begin(found: Watch) -> None:
    """Look from time to time for as long as the lab runs."""
    PeriodicCallback(found.look, LOOK_SECONDS * 1000).start()


def _note_connections(found: Watch) -> None:
    """Have every websocket of the lab noted once its visitor is known, whichever extension it belongs to."""
    as_before = WebSocketHandler.get

    async def get(handler: WebSocketHandler, *arguments: Any, **more: Any) -> None:
        found.opened(handler)
        await as_before(handler, *arguments, **more)

    WebSocketHandler.get = get  # type: ignore[method-assign, assignment]


def _name(handler: WebSocketHandler) -> str:
    return str(getattr(handler.current_user, "username", "") or "")


def _used_by(handler: WebSocketHandler) -> tuple[str, str] | None:
    """Return the kernel or terminal behind a connection."""
    kernel = handler.path_kwargs.get("kernel_id") or getattr(handler, "kernel_id", None)
    if kernel:
        return "kernel", str(kernel)
    path = handler.request.path
    if "/terminals/websocket/" in path:
        return "terminal", path.rpartition("/")[2]
    return None
