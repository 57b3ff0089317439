"""What admission adds to a spawn: processor time of the hub with and without our hooks, and an answer over HTTP.

Run as ``python -m tests.benchmarks.admission [SPAWNS]``. The hub is JupyterHub as it comes with a server that does
nothing; the service runs in a process of its own on SQLite.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import psutil
import yaml

from gaia_vre.client import Amounts, LeaseWanted, ServiceClient
from tests.support.environment import free_port, until

STOCK = Path(__file__).parents[1] / "service" / "hub" / "jupyterhub_config.py"
TOKEN, DRIVER = "a" * 64, "b" * 64
DRIVING = f"""
load_subconfig({str(STOCK)!r})
c.Spawner.cmd = [{sys.executable!r}, "-S", "-c", c.Spawner.cmd[2]]
c.JupyterHub.services.append({{"name": "driver", "api_token": {DRIVER!r}}})
c.JupyterHub.load_roles.append({{"name": "driver", "services": ["driver"], "scopes": ["admin:users", "admin:servers"]}})
"""
HOOKS = """
from gaia_vre.hub.admission import configure_admission
from gaia_vre.hub.endings import configure_endings
configure_admission(c)
configure_endings(c)
"""


def main(spawns: int) -> None:
    """Print milliseconds of the hub's processor per start and stop, and of an admission."""
    with tempfile.TemporaryDirectory() as folder, _running(Path(folder)) as (hubs, service):
        without, hooked = [], []
        for _ in range(4):  # by turns: what else the machine does falls on both
            without.append(_cost(hubs["without"], spawns))
            hooked.append(_cost(hubs["with"], spawns))
        plain, ours = min(without), min(hooked)
        print(f"hub per start and stop: {plain:.1f} ms without, {ours:.1f} ms with, ratio {ours / plain:.2f}")
        times = _admissions(service)
        print(
            f"admission over HTTP: p50 {statistics.median(times):.1f} ms, p95 {sorted(times)[-len(times) // 20]:.1f} ms"
        )


def _cost(hub: tuple[int, str], spawns: int) -> float:
    """Start and stop a server so often; return the milliseconds that the hub's own process used for each."""
    process, url = psutil.Process(hub[0]), hub[1]
    with httpx2.Client(base_url=f"{url}/hub/api", headers={"Authorization": f"token {DRIVER}"}, timeout=30) as http:
        http.post("/users/ada")
        _once(http)
        begun = process.cpu_times()
        for _ in range(spawns):
            _once(http)
        ended = process.cpu_times()
    return 1000 * (ended.user - begun.user + ended.system - begun.system) / spawns


def _once(http: httpx2.Client) -> None:
    assert http.post("/users/ada/server").status_code in (201, 202)
    _wait(http, lambda server: bool(server and server["ready"]))
    assert http.delete("/users/ada/server").status_code in (202, 204)
    _wait(http, lambda server: server is None)


def _wait(http: httpx2.Client, done: Callable[[Any], bool]) -> None:
    # Few looks, and as many with as without hooks: each costs the hub time too.
    while not done(http.get("/users/ada").json()["servers"].get("")):
        time.sleep(0.25)


def _admissions(url: str) -> list[float]:
    times = []
    with ServiceClient(url, TOKEN) as service:
        for number in range(300):
            wanted = LeaseWanted(f"s-{number}", "server", f"user{number % 30}", "x", Amounts(2, 4), groups=("ocean",))
            begun = time.perf_counter()
            service.admit(wanted)
            times.append(1000 * (time.perf_counter() - begun))
            service.release(wanted.id, ran=True)
    return times


@contextlib.contextmanager
def _running(folder: Path) -> Iterator[tuple[dict[str, tuple[int, str]], str]]:
    ports = {"without": free_port(), "with": free_port()}
    addresses = {"hub_port": ports["with"], "service_port": free_port()}
    settings = folder / "settings.yaml"
    settings.write_text(yaml.safe_dump({"state": str(folder / "state"), "addresses": addresses}))
    (folder / "state" / "service").mkdir(parents=True)
    common = os.environ | {"GAIA_VRE_SETTINGS": str(settings), "GAIA_VRE_SERVICE_TOKEN": TOKEN}
    processes = []
    try:
        for name, port in ports.items():
            processes.append(_hub(folder / name, port, common, HOOKS if name == "with" else ""))
        asked = {"JUPYTERHUB_API_TOKEN": TOKEN, "GAIA_VRE_COOKIE_SECRET": "a secret of the benchmark"}
        asked["JUPYTERHUB_API_URL"] = f"http://127.0.0.1:{ports['with']}/hub/api"
        processes.append(subprocess.Popen([sys.executable, "-m", "gaia_vre.service"], env=common | asked))
        for port in ports.values():
            until(lambda port=port: _answers(f"http://127.0.0.1:{port}/hub/health"), 60, "the hub answers")
        service = f"http://127.0.0.1:{addresses['service_port']}/services/gaia"
        until(lambda: _answers(f"{service}/health"), 60, "the service answers")
        urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
        yield {name: (process.pid, urls[name]) for name, process in zip(ports, processes, strict=False)}, service
    finally:
        for process in processes:
            for each in [*psutil.Process(process.pid).children(recursive=True), process]:
                with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
                    each.kill()
            process.wait(10)


def _hub(folder: Path, port: int, environment: dict[str, str], hooks: str) -> subprocess.Popen[bytes]:
    (folder / "homes").mkdir(parents=True)
    (folder / "config.py").write_text(DRIVING + hooks)
    mine = {"TEST_HUB_PORT": str(port), "TEST_HUB_HOMES": str(folder / "homes"), "TEST_SERVICE_TOKEN": TOKEN}
    with (folder / "log").open("w") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "--config", "config.py"],
            cwd=folder,
            env=environment | mine,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def _answers(url: str) -> bool:
    try:
        return httpx2.get(url, trust_env=False).status_code == 200
    except httpx2.HTTPError:
        return False


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
