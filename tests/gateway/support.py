"""A real gateway with its proxy, in front of a fake hub that knows two people and a service."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import dask
import pytest
import yaml

from gaia_vre.core.settings import SETTINGS_VARIABLE, Settings, parse_settings
from gaia_vre.core.state import StateFolder
from gaia_vre.gateway.commands import lab_environment, proxy_command, server_command
from gaia_vre.gateway.processes import by_folder
from tests.gateway.fake_service import TOKEN, FakeService

HUB_CONFIG = Path(__file__).parents[2] / "hub_config"
ACCESS, OURS = "access:services!service=dask-gateway", "access:services!service=gaia"
PEOPLE = {
    "token-of-ada": {"kind": "user", "name": "ada", "scopes": [ACCESS, OURS], "groups": [], "admin": False},
    "token-of-eve": {"kind": "user", "name": "eve", "scopes": [ACCESS], "groups": [], "admin": False},
    "token-without-access": {"kind": "user", "name": "bob", "scopes": [], "groups": [], "admin": False},
    "token-of-gaia": {"kind": "service", "name": "gaia", "scopes": [ACCESS]},
    TOKEN: {"kind": "service", "name": "dask-gateway", "scopes": [OURS]},
}


class FakeHub(ThreadingHTTPServer):
    """Answers ``/hub/api/user`` as JupyterHub does; no server runs."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hub/api"

    def __exit__(self, *error: object) -> None:
        self.shutdown()
        super().__exit__(*error)


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        person = PEOPLE.get(self.headers.get("Authorization", "").removeprefix("token "))
        found: Any = person and ([] if self.path.startswith("/hub/api/users?") else person | {"version": "6.1.1"})
        body = json.dumps({"message": "Not found"} if person is None else found).encode()
        self.send_response(200 if person else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


class RunningGateway:
    """Proxy and server as the supervisor starts them, each in a session of its own, and a service that grants.

    Parameters
    ----------
    quotas
        Settings of accounting: the service is then the real one, in a process of its own.
    """

    def __init__(
        self,
        state: Path,
        hub: FakeHub,
        config: Path | None = None,
        isolation: str = "auto",
        quotas: dict[str, Any] | None = None,
        **dask: Any,
    ) -> None:
        ports = free_ports(3)
        self.service = FakeService(state / "service")
        self.settings: Settings = parse_settings(
            {
                "state": str(state),
                "dask": dask,
                "labs": {"isolation": isolation},
                "quotas": quotas or {},
                "service": {"reconcile_seconds": 2},
                "addresses": {
                    "gateway_port": ports[0],
                    "gateway_api_port": ports[1],
                    "service_port": self.service.server_port if quotas is None else ports[2],
                },
            }
        )
        self.folder = StateFolder(state)
        self.environ = {
            **os.environ,
            SETTINGS_VARIABLE: str(self.folder.settings),
            "GAIA_VRE_INSTANCE": f"test-{os.getpid()}",
            "DASK_GATEWAY_PROXY_TOKEN": "a" * 64,
            "JUPYTERHUB_API_URL": hub.api_url,
            "JUPYTERHUB_API_TOKEN": TOKEN,
        }
        self.config, self.real = config, quotas is not None
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> RunningGateway:
        self.folder.root.mkdir(parents=True, exist_ok=True)
        self.folder.data.mkdir(exist_ok=True)
        self.folder.settings.write_text(yaml.safe_dump(self.settings.model_dump(mode="json", exclude_none=True)))
        if self.real:
            self.folder.service.mkdir(exist_ok=True)
            self.start("service")
        with contextlib.ExitStack() as undoing:
            undoing.push(self.__exit__)
            self.start("proxy")
            self.start("server")
            self.wait_until_ready()
            undoing.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        for name in ("server", "proxy", "service"):
            if name in self.processes:
                self.stop(name)
        self.service.__exit__()

    def start(self, name: str) -> None:
        command = proxy_command(self.settings) if name == "proxy" else server_command(self.settings, HUB_CONFIG)
        if name == "server" and self.config:
            command = [sys.executable, "-m", "dask_gateway_server", "--config", str(self.config)]
        environ = self.environ
        if name == "service":
            command = [sys.executable, "-m", "gaia_vre.service"]
            environ = environ | {"JUPYTERHUB_API_TOKEN": "token-of-gaia", "GAIA_VRE_COOKIE_SECRET": "b" * 64}
        with (self.folder.root / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, env=environ, stdout=log, stderr=log, start_new_session=True
            )

    def stop(self, name: str, number: signal.Signals = signal.SIGTERM) -> None:
        process = self.processes.pop(name)
        process.send_signal(number)
        process.wait(timeout=30)

    def kill(self, name: str) -> None:
        self.stop(name, signal.SIGKILL)

    def wait_until_ready(self, seconds: float = 90) -> None:
        until(lambda: get(f"{self.settings.addresses.gateway_url}/api/health")[0] == 200, seconds)
        if self.real:
            until(lambda: get(f"{self.settings.addresses.service_url}/health")[0] == 200, seconds)

    def client_environment(self, person: str) -> dict[str, str]:
        return {
            **lab_environment(self.settings, f"/user/{person}/"),
            "GAIA_VRE_URL": self.settings.addresses.service_url,
            "JUPYTERHUB_API_TOKEN": f"token-of-{person}",
        }

    def api(self, path: str, token: str, method: str = "GET", body: Any = None) -> tuple[int, Any]:
        return get(f"{self.settings.addresses.gateway_url}/api/v1/{path}", token, method, body)

    def cluster_processes(self) -> list[Any]:
        found = by_folder(self.folder.gateway / "clusters")
        return [process for members in found.values() for process in members]


@contextlib.contextmanager
def kernel_of(gateway: RunningGateway, person: str) -> Iterator[None]:
    """Stand in for this person's kernel: the variables that a lab gives it."""
    variables = gateway.client_environment(person)
    told = dask.config.collect(paths=[], env=variables)
    known = {key: dask.config.merge(dask.config.get(key, {}), told[key]) for key in ("gateway", "labextension")}
    with pytest.MonkeyPatch.context() as patch, dask.config.set(known):
        for name, value in variables.items():
            patch.setenv(name, value)
        yield


def get(url: str, token: str | None = None, method: str = "GET", body: Any = None) -> tuple[int, Any]:
    headers = {"Authorization": f"jupyterhub {token}"} if token else {}
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, data=data, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, _parsed(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, _parsed(error.read())
    except OSError:
        return 0, None


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text.decode(errors="replace")


def until(condition: Any, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not so within {seconds} s"
        time.sleep(0.05)


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
