"""Start, look at, hurt and stop a real environment, through its command line only."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psutil
import yaml

from gaia_vre.isolation.processes import INSTANCE_VARIABLE, SERVER_VARIABLE, is_dead, marked, variable_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GAIA_VRE = [sys.executable, "-m", "gaia_vre.cli"]


def free_port() -> int:
    """Return a loopback port that is free now."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        port: int = holder.getsockname()[1]
        return port


def until(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    """Wait for the condition and return what it gave; fail saying what did not happen."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds:g} s: {what}")


@dataclass
class Environment:
    """One `gaia-vre up`, as a person at the keyboard has it."""

    state: Path
    port: int = field(default_factory=free_port)
    settings: dict[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, seconds: float = 300) -> Environment:
        """Start and wait until everything is ready."""
        self.state.parent.mkdir(parents=True, exist_ok=True)
        file = self.state.parent / f"{self.state.name}.yaml"
        file.write_text(yaml.safe_dump(self.settings))
        output = (self.state.parent / f"{self.state.name}.out").open("w+")
        with output:
            self.process = subprocess.Popen(
                [*GAIA_VRE, "up", "--state", str(self.state), "--port", str(self.port), "--settings", str(file)],
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
            )
        until(self._settled, seconds, "the environment is ready")
        assert self.process.poll() is None, self.output
        return self

    @property
    def output(self) -> str:
        return (self.state.parent / f"{self.state.name}.out").read_text()

    def status(self) -> dict[str, Any]:
        done = subprocess.run(
            [*GAIA_VRE, "status", "--json", "--state", str(self.state)], capture_output=True, text=True, check=True
        )
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def command(self, *arguments: str) -> str:
        """Call `gaia-vre` as an operator does, and return what it says."""
        done = subprocess.run(
            [*GAIA_VRE, *arguments, "--state", str(self.state)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def catalog(self) -> str:
        """Where labs find the prepared datasets."""
        return str(self.state / "data" / "catalog")

    def write_to_project(self, slug: str, path: str, text: str) -> None:
        """Put a file into a project's folder."""
        file = self.state / "projects" / slug / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def read_from_project(self, slug: str, path: str) -> str:
        return (self.state / "projects" / slug / path).read_text()

    def slow_down(self, username: str) -> None:
        """Let the next lab of somebody who had none start slowly."""
        settings = self.state / "homes" / username / ".jupyter"
        settings.mkdir(parents=True)
        (settings / "jupyter_server_config.py").write_text("import time\n\ntime.sleep(5)\n")

    def servers_of(self, username: str) -> list[str]:
        """Return what runs of somebody: the servers to which processes belong."""
        return [str(variable_of(process, SERVER_VARIABLE)) for process in self._lab_processes(username)]

    def kill_servers_of(self, username: str) -> None:
        for process in self._lab_processes(username):
            with contextlib.suppress(psutil.NoSuchProcess):  # the first takes others with it
                process.kill()

    def _lab_processes(self, username: str) -> list[psutil.Process]:
        mark = f"/{username}/"
        return [one for one in self.processes() if mark in (variable_of(one, SERVER_VARIABLE) or "")]

    def clusters(self) -> list[str]:
        """Return the schedulers and workers of everybody."""
        commands = []
        for process in self.processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                commands.append(" ".join(process.cmdline()))
        return [command for command in commands if "scheduler" in command or "dask worker" in command]

    def pid(self, name: str) -> int | None:
        return next((each["pid"] for each in self.status()["processes"] if each["name"] == name), None)

    def password(self, *, admin: bool = False) -> str:
        return next(str(user["password"]) for user in self.status()["users"] if user["admin"] == admin)

    def kill(self, name: str) -> int:
        """Kill one process of the environment at once; return the id it had."""
        pid = self.pid(name)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        return pid

    def recovered(self, name: str, old: int, seconds: float = 60) -> None:
        """Wait until the process runs anew and everything is ready."""
        until(lambda: self.pid(name) not in (old, None) and self.status()["ready"], seconds, f"{name} is back")

    def down(self) -> None:
        """Stop as a person does."""
        subprocess.run([*GAIA_VRE, "down", "--state", str(self.state)], check=True, capture_output=True)
        if self.process:
            self.process.wait(10)

    def processes(self) -> list[psutil.Process]:
        """Return what runs of this environment, whoever started it."""
        instance = json.loads((self.state / "secrets.json").read_text())["instance"]
        return [process for process in marked(INSTANCE_VARIABLE, instance) if not is_dead(process)]

    def log(self, name: str) -> str:
        return (self.state / "logs" / f"{name}.log").read_text(errors="replace")

    def _settled(self) -> bool:
        assert self.process is not None
        return self.process.poll() is not None or bool(self.status()["ready"])
