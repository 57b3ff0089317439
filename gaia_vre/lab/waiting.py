"""A lab before it is anybody's: all that it imports is imported, nothing else done, waiting for its orders.

Run in a sandbox that nobody has yet. One line of JSON on standard input holds the arguments and the environment that
``gaia_vre.lab`` would have been started with; only then is configuration read and a port opened, as in any lab. End of
file means that nobody asked for it, or that the hub is gone.
"""

from __future__ import annotations

import importlib
import json
import os
import sys

USED_BY_LABS = (
    "gaia_vre.lab.channels",
    "gaia_vre.lab.contents",
    "gaia_vre.lab.extension",
    "jinja2.ext",
    "jupyter_core.migrate",
    "jupyter_server.kernelspecs.handlers",
    "jupyter_server.nbconvert.handlers",
    "jupyter_server.services.api.handlers",
    "jupyter_server.services.config.handlers",
    "jupyter_server.services.contents.handlers",
    "jupyter_server.services.events.handlers",
    "jupyter_server.services.kernels.handlers",
    "jupyter_server.services.kernelspecs.handlers",
    "jupyter_server.services.nbconvert.handlers",
    "jupyter_server.services.security.handlers",
    "jupyter_server.services.sessions.handlers",
    "jupyter_server.services.shutdown",
    "jupyter_server.view.handlers",
    "jupyter_server_terminals.app",
    "jupyterlab.labapp",
    "terminado.websocket",
    "tornado.platform.asyncio",
)
"""What every lab has imported before its port is open."""


def main() -> None:
    """Import, wait for orders, become the lab."""
    from gaia_vre.lab import launcher, spare

    before = set(os.environ)
    spare.prepare()
    launcher.lab_application()
    for name in USED_BY_LABS:
        importlib.import_module(name)
    line = sys.stdin.buffer.readline()
    if not line.endswith(b"\n"):
        os._exit(0)  # the spare reads the end of its own orders
    orders = json.loads(line)
    _close_input()
    # Variables that the imports have set stay, as they do in a lab started at once.
    for name in before - orders["environment"].keys():
        os.environ.pop(name, None)
    os.environ.update(orders["environment"])
    launcher.main(orders["arguments"])


def _close_input() -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


if __name__ == "__main__":
    main()
