"""Any process may be killed at any instant; nobody loses work and nothing is left over."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable

import httpx2
import pytest

from tests.support.environment import Environment, until
from tests.support.lab_client import LabClient

SignIn = Callable[..., LabClient]


class Traffic:
    """Asks a lab again and again, and remembers each failure."""

    def __init__(self, lab: LabClient) -> None:
        self.lab, self.failures, self.asked = lab, [], 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> Traffic:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _ask(self) -> None:
        while not self._stop.is_set():
            self.asked += 1
            try:
                answer = self.lab.http.get(f"{self.lab.prefix}api/kernels", timeout=5)
                if answer.status_code != 200:
                    self.failures.append(answer.status_code)
            except httpx2.HTTPError as error:
                self.failures.append(repr(error))
            time.sleep(0.05)


def test_a_killed_hub_interrupts_no_lab_and_comes_back(environment: Environment, sign_in: SignIn) -> None:
    lab = sign_in("ada")
    lab.start_server()
    kernel = lab.open_notebook()
    kernel.execute("x = 41")
    with Traffic(lab) as traffic:
        environment.recovered("hub", environment.kill("hub"))
    assert traffic.failures == []
    assert traffic.asked > 10
    assert kernel.execute("x + 1").text == "42"
    assert lab.http.get("/hub/api/user", headers=lab._headers("/hub/")).json()["server"] == lab.prefix
    kernel.close()
    lab.stop_server()
    until(lambda: not environment.servers_of("ada"), 20, "the adopted lab has stopped")


def test_a_killed_proxy_comes_back_with_its_routes(environment: Environment, sign_in: SignIn) -> None:
    lab = sign_in("ada")
    lab.start_server()
    environment.recovered("proxy", environment.kill("proxy"))
    until(lambda: lab.api("GET", "kernels").status_code == 200, 10, "the lab is reached again")


@pytest.mark.parametrize("name", ["service", "gateway", "gateway-proxy", "culler"])
def test_a_killed_process_comes_back(environment: Environment, name: str) -> None:
    environment.recovered(name, environment.kill(name))


def test_a_cluster_survives_a_killed_gateway_or_is_cleaned(environment: Environment, sign_in: SignIn) -> None:
    lab = sign_in("ada")
    lab.start_server()
    kernel = lab.open_notebook()
    started = kernel.execute("import gaia_vre as gaia; c = gaia.cluster(workers=1); c.name", seconds=180)
    assert started.status == "ok", started.text
    environment.recovered("gateway", environment.kill("gateway"))
    reply = kernel.execute("c.get_client().submit(lambda: 6 * 7).result()", seconds=60)
    assert reply.text.strip() == "42", reply.text
    kernel.execute("c.close()")
    until(lambda: not environment.clusters(), 60, "no scheduler or worker is left")
    kernel.close()


def test_a_killed_lab_is_found_stopped_and_starts_again(environment: Environment, sign_in: SignIn) -> None:
    lab = sign_in("ada")
    lab.start_server()
    environment.kill_servers_of(lab.username)
    until(lambda: not has_server(lab), 30, "it is seen")
    lab.start_server()
    assert lab.api("GET", "kernels").status_code == 200


def test_a_hub_killed_while_labs_start_leaves_no_orphan(environment: Environment, sign_in: SignIn) -> None:
    people = [sign_in(name) for name in ("u1", "u2", "u3")]
    for person in people:
        person.http.post(f"/hub/api/users/{person.username}/server", headers=person._headers("/hub/"))
    until(lambda: environment.servers_of("u3"), 20, "the last lab begins")
    environment.recovered("hub", environment.kill("hub"))
    running = {person.username for person in people if has_server(person)}
    until(
        lambda: {name for name in ("u1", "u2", "u3") if environment.servers_of(name)} <= running,
        60,
        "no orphan is left",
    )
    for person in people:
        person.start_server()
        assert len(set(environment.servers_of(person.username))) == 1


def test_a_killed_supervisor_leaves_nothing(another: Environment, sign_in: SignIn) -> None:
    another.start()
    lab = sign_in("ada", another)
    lab.start_server()
    lab.username = ""  # its server ends with the environment
    assert another.process is not None
    another.process.kill()
    another.process.wait()
    until(lambda: not another.processes(), 30, "nothing runs any more")
    another.start()
    assert has_server_after_restart(another) is False


def has_server_after_restart(environment: Environment) -> bool:
    client = LabClient(environment.url)
    try:
        client.login("ada", environment.password())
        return has_server(client)
    finally:
        client.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_an_asked_for_end_leaves_nothing_and_frees_the_port(another: Environment, number: int) -> None:
    another.start()
    assert another.process is not None
    os.kill(another.process.pid, number)
    assert another.process.wait(30) == 0
    assert another.processes() == []
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(another.url)


def test_an_idle_lab_is_culled_but_a_busy_one_never(another: Environment, sign_in: SignIn) -> None:
    another.settings = {"labs": {"idle_minutes": 0.25}}
    another.start()
    idle, busy = sign_in("ada", another), sign_in("grace", another)
    idle.start_server()
    busy.start_server()
    kernel = busy.open_notebook()
    kernel._send("execute_request", {"code": "import time; time.sleep(90)", "silent": False})
    kernel.close()
    until(lambda: not has_server(idle), 90, "the idle lab is culled")
    time.sleep(15)
    assert has_server(busy)
    idle.username = busy.username = ""


def has_server(lab: LabClient) -> bool:
    model = lab.http.get("/hub/api/user", headers=lab._headers("/hub/")).json()
    return bool(model["server"] or model["pending"])
