"""An app of a project as its server runs it, without a hub: open to all, on a port of loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.environment import free_port, until

PREFIX = "/user/p-heat/app-7/"


@contextmanager
def running_app(kind: str, program: Path, idle_seconds: float = 120) -> Iterator[str]:
    """Serve a program, and yield the address of its app."""
    port = free_port()
    told = {
        "GAIA_VRE_PROJECT": program.parent.name,
        "GAIA_VRE_PROJECTS": str(program.parent.parent),
        "GAIA_VRE_APP": program.name,
        "GAIA_VRE_APP_KIND": kind,
        "GAIA_VRE_APP_IDLE_SECONDS": str(idle_seconds),
        "GAIA_VRE_APP_OPEN": "1",
        "HOME": str(program.parent.parent),
        "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{port}{PREFIX}",
        "JUPYTERHUB_SERVICE_PREFIX": PREFIX,
    }
    process = subprocess.Popen([sys.executable, "-m", "gaia_vre.lab.app"], env=os.environ | told)

    def answers() -> bool:
        assert process.poll() is None, "the app ended"
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", port)) == 0

    try:
        until(answers, 60, "the app answers")
        yield f"http://127.0.0.1:{port}{PREFIX}"
    finally:
        process.terminate()
        process.wait(30)
