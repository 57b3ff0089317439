"""Serve one app of a project in a lab's place: a Panel, Streamlit or Voilà program behind the hub's sign-in.

The sign-in is that of jupyter-server-proxy's standalone server. It asks who loads a page and lets every websocket
pass, so here these are asked too; and they are cut when their visitor may not be here any more.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from gaia_vre.core.app_rooms import APP, APP_KINDS, IDLE_SECONDS, KIND, OPEN_TO_ALL
from gaia_vre.core.project_links import PROJECTS
from gaia_vre.lab.configuration import PROJECT_VARIABLE, variables
from gaia_vre.lab.programs import BELOW_PREFIX, command, missing, voila_visits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tornado.httputil import HTTPHeaders
    from tornado.websocket import WebSocketHandler

    from gaia_vre.core.app_rooms import AppKind

LOOK_SECONDS = 10.0
REMEMBERED_SECONDS = 15
"""The hub is asked anew so soon whether somebody may be here."""
_PORT_LOOKS_SECONDS = 0.05
_POLICY_VIOLATION = 1008
log = logging.getLogger(__name__)
_OURS = ("jupyterhub-", "_xsrf")
"""Names of cookies that an app is not given: by them one is signed in."""


@dataclass
class Watch:
    """Who is connected to an app, and when somebody last did something in it."""

    clock: Callable[[], float] = time.monotonic
    last: float = field(init=False)
    _open: WeakSet[WebSocketHandler] = field(default_factory=WeakSet)

    def __post_init__(self) -> None:
        self.last = self.clock()

    def touched(self) -> None:
        """Note that a visitor did something."""
        self.last = self.clock()

    def opened(self, handler: WebSocketHandler) -> None:
        """Note a connection."""
        self._open.add(handler)

    @property
    def quiet_seconds(self) -> float:
        return self.clock() - self.last

    async def look(self) -> None:
        """Cut the connections of those who may not be here any more; a hub that is silent is asked again later."""
        from tornado.web import HTTPError

        for handler in [one for one in self._open if one.ws_connection]:
            try:
                stays = await _may_stay(handler)
            except HTTPError as error:
                log.warning("Who may be here is not known; looking again in %.0f s: %s", LOOK_SECONDS, error)
                return
            if not stays:
                handler.close(_POLICY_VIOLATION, "You may not visit this app any more")


@dataclass(frozen=True)
class Told:
    """What the environment says of the app."""

    program: Path
    kind: AppKind
    idle_seconds: float
    open_to_all: bool


def told(environment: Mapping[str, str]) -> Told:
    """Return what is to be served.

    Raises
    ------
    FileNotFoundError
        The program is not there any more.
    ModuleNotFoundError
        What serves programs of its kind is not installed.
    """
    folder = Path(environment[PROJECTS]) / environment[PROJECT_VARIABLE]
    program = folder / environment[APP]
    if not program.is_file():
        raise FileNotFoundError(f"{environment[APP]} is not in the project's folder any more")
    kind = next(one for one in APP_KINDS if one == environment[KIND])
    if words := missing(kind):
        raise ModuleNotFoundError(words)
    return Told(program, kind, float(environment[IDLE_SECONDS]), environment.get(OPEN_TO_ALL) == "1")


def main() -> None:
    """Serve the app until nobody has used it for long enough, or it ends."""
    from gaia_vre.lab.launcher import use_private_runtime_folder

    try:
        what = told(os.environ)
    except (FileNotFoundError, ModuleNotFoundError) as error:
        sys.exit(str(error))
    use_private_runtime_folder()
    os.environ.update(variables(os.environ))
    sys.exit(asyncio.run(serve(what, Watch())))


async def serve(what: Told, watch: Watch) -> int:
    """Serve an app; return the code of an exit: 0 when it has been idle or was told to end."""
    from tornado.httpserver import HTTPServer

    # No port: on a shared machine anyone could connect to it, past the sign-in.
    socket = Path(os.environ["JUPYTER_RUNTIME_DIR"]) / "app"
    prefix = os.environ.get("JUPYTERHUB_SERVICE_PREFIX", "/")
    serve = command(what.kind, what.program, socket, prefix)
    program = await asyncio.create_subprocess_exec(*serve, cwd=what.program.parent)
    try:
        ended = asyncio.ensure_future(program.wait())
        if not await _answers(socket, ended):
            return program.returncode or 1
        proxy = _proxy(what, socket, watch)
        server = HTTPServer(proxy.create_app(), xheaders=True)
        server.listen(proxy.port, proxy.address)
        return await _until_the_end(what, watch, ended)
    finally:
        if program.returncode is None:
            program.kill()
            await program.wait()


async def _answers(socket: Path, ended: asyncio.Future[int]) -> bool:
    while not ended.done():
        try:
            _, writer = await asyncio.open_unix_connection(str(socket))
        except OSError:
            await asyncio.sleep(_PORT_LOOKS_SECONDS)
            continue
        writer.close()
        return True
    return False


async def _until_the_end(what: Told, watch: Watch, ended: asyncio.Future[int]) -> int:
    asked = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asked.set)
    looks = min(LOOK_SECONDS, what.idle_seconds / 4)
    while not asked.is_set() and watch.quiet_seconds < what.idle_seconds:
        stopped = asyncio.ensure_future(asked.wait())
        either: set[asyncio.Future[Any]] = {ended, stopped}
        await asyncio.wait(either, timeout=looks, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if ended.done():
            return ended.result() or 1
        if not what.open_to_all:
            await watch.look()
    return 0


def _proxy(what: Told, socket: Path, watch: Watch) -> Any:
    """Return the standalone server, whose program runs already."""
    from jupyter_server_proxy.standalone.app import StandaloneProxyServer
    from jupyterhub.services.auth import HubOAuth

    HubOAuth.instance(cache_max_age=REMEMBERED_SECONDS)

    class AppServer(StandaloneProxyServer):  # type: ignore[misc]
        def get_proxy_base_class(self) -> tuple[type[Any], dict[str, Any]]:
            found, given = super().get_proxy_base_class()
            given["state"]["proc"] = "is run by us, so that nobody is let in before it answers"
            return _door(found, watch, what.kind), given

    # Activity is what visitors do, which the hub's proxy sees: the server's own news would say so always.
    said = {"no_authentication": what.open_to_all, "unix_socket": str(socket), "activity_interval": 0}
    said["absolute_url"] = what.kind in BELOW_PREFIX
    return AppServer(command=[str(what.program)], **said)


def _door(base: Any, watch: Watch, kind: AppKind) -> type[Any]:
    """Return the handler of an app's pages and websockets."""
    from tornado.web import HTTPError

    class Door(base):  # type: ignore[misc]
        async def prepare(self) -> None:
            watch.touched()
            if self.request.headers.get("Upgrade", "").lower() != "websocket":
                return
            if not self.no_authentication and not self.current_user:
                raise HTTPError(403, "Open the app's page first")
            offered = [one.strip() for one in self.request.headers.get("Sec-WebSocket-Protocol", "").split(",") if one]
            path = "/" + self.path_args[0]
            if kind == "voila" and not voila_visits.may_open(path, offered):
                raise HTTPError(403, "A visitor connects to the kernel of a page, and to nothing else")
            watch.opened(self)

        def on_message(self, message: str | bytes) -> None:
            watch.touched()
            if kind == "voila" and not voila_visits.may_send(message, self.selected_subprotocol):
                log.warning("A message of a visitor that is no move of a widget is dropped")
                return
            super().on_message(message)

        def proxy_request_headers(self) -> HTTPHeaders:
            return without_sign_in(super().proxy_request_headers())

    return Door


def without_sign_in(headers: HTTPHeaders) -> HTTPHeaders:
    """Return the headers without that by which a visitor is signed in: the app is somebody else's program."""
    kept = headers.copy()
    kept.pop("Authorization", None)
    cookies = [one.strip() for line in kept.get_list("Cookie") for one in line.split(";")]
    kept.pop("Cookie", None)
    theirs = [one for one in cookies if one and not one.removeprefix("__Host-").startswith(_OURS)]
    if theirs:
        kept["Cookie"] = "; ".join(theirs)
    return kept


async def _may_stay(handler: Any) -> bool:
    """Ask the hub, which is asked anew when its last answer is old, whether a visitor may still be here."""
    hub = handler.hub_auth
    token = hub.get_token(handler)
    model = await hub.user_for_token(token, session_id=hub.get_session_id(handler), sync=False) if token else None
    return bool(model and hub.check_scopes(handler.hub_scopes, model))


if __name__ == "__main__":
    main()
