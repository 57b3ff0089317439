"""Our part of a lab's server: activity, examples, datasets, the panel, extensions on demand."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from tornado.ioloop import PeriodicCallback

from gaia_vre.core.examples import VARIABLE
from gaia_vre.lab import activity, datasets, events, members, on_demand, spare, visitors
from gaia_vre.lab.examples import copy_examples
from gaia_vre.lab.panel import download
from gaia_vre.lab.panel import handlers as panel

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

_MEMBERS = "gaia_members"


def load(server: ServerApp) -> None:
    """Prepare the server; nothing here may slow its start."""
    datasets.add_handler(server)
    events.add_handler(server)
    panel.add_handlers(server)
    download.add_handler(server)
    server.web_app.settings[_MEMBERS] = members.prepare(server)
    visitors.watch(server)
    if not server.jpserver_extensions.get("jupyter_server_proxy"):
        on_demand.OnDemand(server, "jupyter_server_proxy", ("proxy", "server-proxy"))
    if not server.jpserver_extensions.get("dask_labextension"):
        early = (on_demand.NoClusters, on_demand.asks_for_clusters)
        on_demand.OnDemand(server, "dask_labextension", ("dask",), early)


async def start(server: ServerApp) -> None:
    """Begin what runs beside the server once it answers."""
    seconds = activity.check_seconds(os.environ)
    PeriodicCallback(lambda: activity.record(server), seconds * 1000).start()
    if together := server.web_app.settings.get(_MEMBERS):
        members.begin(together)
    server.io_loop.call_later(spare.UNUSED_SECONDS, spare.discard)
    source = os.environ.get(VARIABLE)
    if source:
        threading.Thread(target=_copy, args=(server, Path(source)), name="examples", daemon=True).start()


def _copy(server: ServerApp, source: Path) -> None:
    try:
        written = copy_examples(source, Path.home() / "examples")
    except OSError as error:
        server.log.warning("The example notebooks could not be copied: %s", error)
        return
    if written:
        server.log.info("Example notebooks copied: %s", ", ".join(written))


def points() -> list[dict[str, str]]:
    """Tell Jupyter Server where the extension is."""
    return [{"module": __name__}]


_jupyter_server_extension_points = points
_load_jupyter_server_extension = load
_start_jupyter_server_extension = start
