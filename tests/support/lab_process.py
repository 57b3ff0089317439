"""A lab started by hand: the spawner's command against a fake hub."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx2

from tests.support.fake_hub import FakeHub
from tests.support.lab_client import Kernel, LabError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class RunningLab:
    """A lab that answers, the hub it reports to, and a client with its token."""

    hub: FakeHub
    process: subprocess.Popen[bytes]
    home: Path
    url: str
    http: httpx2.Client

    def get(self, path: str) -> Any:
        """Return the JSON at a path of the lab's REST API."""
        response = self.http.get(f"api/{path}")
        response.raise_for_status()
        return response.json()

    def open_notebook(self, path: str = "a.ipynb") -> Kernel:
        """Start a session as JupyterLab does and return its kernel when it answers."""
        session = {"path": path, "name": path.rpartition("/")[2], "type": "notebook", "kernel": {"name": "python3"}}
        response = self.http.post("api/sessions", json=session)
        response.raise_for_status()
        kernel = self.connect(response.json()["kernel"]["id"])
        kernel.wait()
        return kernel

    def connect(self, kernel_id: str) -> Kernel:
        return Kernel(kernel_id, f"{self.url}api/kernels/{kernel_id}/channels", token=self.hub.token)


@contextmanager
def running_lab(home: Path, **variables: str) -> Iterator[RunningLab]:
    """Start ``python -m gaia_vre.lab`` with this home, and stop it and its kernels at the end."""
    home.mkdir(parents=True, exist_ok=True)
    with FakeHub() as hub:
        port = _free_port()
        environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(home), **hub.environment(port)}
        log = (home.parent / "lab.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, "-m", "gaia_vre.lab"], env={**environment, **variables}, cwd=home, stderr=log, stdout=log
        )
        url = f"http://127.0.0.1:{port}/user/{hub.username}/"
        headers = {"Authorization": f"token {hub.token}"}
        try:
            with httpx2.Client(base_url=url, headers=headers, timeout=60) as http:
                _wait(process, http, home.parent / "lab.log")
                yield RunningLab(hub, process, home, url, http)
        finally:
            _end(process)
            log.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask twice, as the hub does: a signal that meets Jupyter Server while it logs can be lost."""
    for ask in (process.terminate, process.terminate, process.kill):
        ask()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
            return


def _wait(process: subprocess.Popen[bytes], http: httpx2.Client, log: Path, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if http.get("api").status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.02)
    raise LabError(f"the lab does not answer:\n{log.read_text()}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
