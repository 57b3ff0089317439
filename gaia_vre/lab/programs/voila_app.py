"""Serve a notebook with Voilà on a socket: ``python -m gaia_vre.lab.programs.voila_app NOTEBOOK SOCKET PREFIX``.

Each visitor has a kernel, in which the notebook's cells were run; it ends with the page. Visitors send it what its
widgets do and no code.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.netutil import bind_unix_socket
from tornado.web import HTTPError
from voila.app import Voila

from gaia_vre.core.app_rooms import IDLE_SECONDS

MOST_KERNELS = 20
"""Visitors at a time; each costs the memory of a kernel."""
_OF_LABS = (
    "@jupyter/docprovider-extension",
    "@jupyterhub/jupyter-server-proxy",
    "@pyviz/jupyterlab_pyviz",
    "dask-labextension",
    "gaia-vre",
)
"""Extensions of JupyterLab that no page of Voilà can load."""
_HIDDEN = r"(.*/)?\..*"
_HERE = Path(__file__).parent


class SocketVoila(Voila):  # type: ignore[misc]
    """Voilà on a socket, that shows of the notebook's folder what ``voila.json`` beside it names and nothing else."""

    socket = ""

    def initialize(self, argv: list[str] | None = None) -> None:
        super().initialize(argv)
        shown = self.voila_configuration
        if "file_allowlist" not in self.config.VoilaConfiguration:
            shown.file_allowlist = []  # Voilà itself shows every picture below the folder
        shown.file_denylist = [*shown.file_denylist, _HIDDEN]
        shown.extension_denylist = [*(shown.extension_denylist or ()), *_OF_LABS]
        shown.prelaunch_hook = self._check_room

    def listen(self) -> None:
        server = HTTPServer(self.app)
        server.add_socket(bind_unix_socket(self.socket, 0o600))
        self.ioloop = IOLoop.current()
        try:
            self.ioloop.start()
        finally:
            self.stop()

    def _check_room(self, *_: Any, **__: Any) -> None:
        if len(self.kernel_manager) >= MOST_KERNELS:
            raise HTTPError(503, f"{MOST_KERNELS} kernels run for visitors, which is the most")


def arguments(notebook: Path, prefix: str, idle_seconds: float) -> list[str]:
    """Return what is said to Voilà, which no configuration beside the notebook changes."""
    return [
        str(notebook),
        "--no-browser",
        f"--base_url={prefix}",
        "--strip_sources=True",
        "--show_tracebacks=False",
        "--preheat_kernel=False",
        "--progressive_rendering=False",
        "--template=gaia",
        # Not by the address: visitors choose none.
        "--VoilaConfiguration.allow_template_override=NOTEBOOK",
        "--VoilaConfiguration.allow_theme_override=NOTEBOOK",
        f"--Voila.connection_dir_root={os.environ['JUPYTER_RUNTIME_DIR']}",
        # On a shared machine anyone can connect to a TCP port of loopback.
        "--KernelManager.transport=ipc",
        f"--MappingKernelManager.cull_idle_timeout={max(1, round(idle_seconds))}",
        f"--MappingKernelManager.cull_interval={max(1, round(idle_seconds / 4))}",
    ]


def main() -> None:
    """Serve until told to end."""
    notebook, socket, prefix = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    known = os.environ.get("JUPYTER_PATH")
    os.environ["JUPYTER_PATH"] = os.pathsep.join([str(_HERE / "share"), *([known] if known else [])])
    app = SocketVoila()
    app.socket = socket
    # Who asks was let in before; a page that is left says so without a cookie of Voilà's.
    app.tornado_settings = {"disable_check_xsrf": True}
    app.initialize(arguments(notebook, prefix, float(os.environ[IDLE_SECONDS])))
    app.start()


if __name__ == "__main__":
    main()
