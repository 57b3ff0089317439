"""Our environment, started with ``gaia-vre up`` in a folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.waiting import free_ports, until_login_page

PROGRAM = Path(sys.executable).with_name("gaia-vre")


@dataclass
class OurEnvironment:
    """The whole environment; it may be started again in the same folder."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    settings: str = ""
    """YAML of the site's settings."""

    name = "ours"

    @classmethod
    def create(cls, settings: str = "") -> OurEnvironment:
        return cls(Path(tempfile.mkdtemp(prefix="gaia-vre-")), free_ports(1)[0], settings=settings)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def password(self, _username: str) -> str:
        """Return the password of ordinary users: any valid name may use it."""
        return next(str(user["password"]) for user in self.status()["users"] if not user["admin"])

    def start(self) -> None:
        """Start everything and wait until it is ready, the preparation of data included."""
        self.launch()
        until_login_page(self.url)
        deadline = time.monotonic() + 600
        while not self.status()["ready"]:
            if time.monotonic() > deadline:
                raise TimeoutError("gaia-vre up does not become ready")
            time.sleep(0.5)

    def launch(self) -> None:
        log = (self.folder / "up.log").open("ab")
        command = [PROGRAM, "up", "--state", self.folder / "state", "--port", str(self.port)]
        if self.settings:
            (self.folder / "site.yaml").write_text(self.settings)
            command += ["--settings", self.folder / "site.yaml"]
        self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        log.close()

    def kill_hub(self) -> None:
        """Kill the hub; ``up`` is what starts it again."""
        pid = next(process["pid"] for process in self.status()["processes"] if process["name"] == "hub")
        os.kill(pid, signal.SIGKILL)

    def status(self) -> dict[str, Any]:
        command = [PROGRAM, "status", "--state", self.folder / "state", "--json"]
        answer = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        try:
            status: dict[str, Any] = json.loads(answer)
        except ValueError:
            return {"ready": False, "users": [], "processes": []}
        return status

    def stop(self) -> None:
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
