"""Sandboxes in a real environment: looked at from inside, ended whoever is dead, gone without trace."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gaia_vre.isolation.bubblewrap import bubblewrap
from gaia_vre.isolation.keeper import WAITING
from gaia_vre.isolation.processes import SERVER_VARIABLE, variable_of
from tests.support.environment import Environment, until
from tests.support.lab_client import Kernel, LabClient

pytestmark = pytest.mark.skipif(bubblewrap() is None, reason="bubblewrap does not work here")

_ASK = """
import json, os, urllib.request, urllib.error
def ask(method, url, token=os.environ["JUPYTERHUB_API_TOKEN"]):
    request = urllib.request.Request(url, method=method, headers={"Authorization": f"token {token}"})
    try:
        return urllib.request.urlopen(request, timeout=10).status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return "unreachable"
"""


@dataclass
class Person:
    """Somebody who uses sandboxes over the API and their labs as a browser does."""

    environment: Environment
    browser: LabClient
    api: httpx2.Client

    def make(self, **body: Any) -> dict[str, Any]:
        answer = self.api.post("/sandboxes", json=body)
        assert answer.status_code == 202, answer.text
        made: dict[str, Any] = answer.json()
        until(lambda: self.ready(made), 60, f"the sandbox is ready: {self.environment.log('hub')[-2000:]}")
        return made

    def ready(self, made: dict[str, Any]) -> bool:
        return any(one["name"] == made["server"] and one["ready"] for one in self.api.get("/servers").json())

    def look(self, made: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self.api.get(f"/sandboxes/{made['id']}").json()
        return found

    @contextlib.contextmanager
    def inside(self, made: dict[str, Any]) -> Iterator[Kernel]:
        self.browser._server = made["server"]
        self.browser.open_lab()
        kernel = self.browser.open_notebook()
        kernel.execute(_ASK)
        yield kernel
        kernel.close()
        self.browser._server = ""

    def destroy(self, made: dict[str, Any]) -> None:
        self.api.delete(f"/sandboxes/{made['id']}")
        until(lambda: self.look(made)["state"] == "destroyed", 30, "it is destroyed")


@pytest.fixture(scope="module", params=[0, 2], ids=["started-at-once", "started-ahead"])
def place(
    environment: Environment, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Environment]:
    """An environment in which sandboxes leave nothing at once."""
    state = tmp_path_factory.mktemp("sandboxes") / "state"
    state.mkdir(mode=0o700)
    (state / "data").symlink_to(environment.state / "data")
    sandboxes = {"frozen_hours": 0, "most": 3, "pool": request.param}
    place = Environment(state, settings={"sandboxes": sandboxes, "service": {"reconcile_seconds": 1}})
    try:
        place.start()
        until(lambda: len(waiting(place)) == request.param, 60, "as many wait as the settings say")
        yield place
    finally:
        place.down()


@pytest.fixture
def ada(place: Environment) -> Iterator[Person]:
    with person(place) as ada:
        yield ada


@contextlib.contextmanager
def person(place: Environment, name: str = "ada") -> Iterator[Person]:
    browser = LabClient(place.url)
    browser.login(name, place.password())
    path = f"/hub/api/users/{name}/tokens"
    token = browser.http.post(path, json={"note": "test"}, headers=browser._headers("/hub/")).json()["token"]
    headers = {"Authorization": f"token {token}"}
    api = httpx2.Client(base_url=f"{place.url}/services/gaia/api", headers=headers, timeout=60)
    found = Person(place, browser, api)
    yield found
    for made in api.get("/sandboxes").json():
        found.destroy(made)
    browser.stop_server()
    api.close()
    browser.close()


def rows(place: Environment, query: str) -> list[Any]:
    file = next((place.state / "hub").glob("*.sqlite"))
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


def has_pool(place: Environment) -> bool:
    return bool(place.settings["sandboxes"]["pool"])


def waiting(place: Environment) -> list[str]:
    """Return the numbers of the sandboxes that are nobody's yet."""
    return [one.parent.name for one in (place.state / "sandboxes").glob(f"*/{WAITING}")]


def trace(place: Environment) -> dict[str, Any]:
    """Return what there is of anybody's sandboxes outside of the history."""
    processes, ahead = place.processes(), waiting(place)
    # What is just being removed is no error to os.walk.
    found = (Path(folder) / name for folder, below, files in os.walk(place.state) for name in (*below, *files))
    files = [*(one for one in found if "sandbox-" in one.name), *(place.state / "sandboxes").iterdir()]
    marks = {f"sandbox-{number}" for number in ahead}
    return {
        "users": rows(place, "SELECT name FROM users WHERE name LIKE 'sandbox-%'"),
        "shares": rows(place, "SELECT id FROM shares"),
        "servers": rows(place, "SELECT name FROM spawners WHERE name LIKE 'sandbox-%'"),
        "tokens": rows(place, "SELECT note FROM api_tokens WHERE note LIKE '%sandbox-%'"),
        "clients": rows(place, "SELECT identifier FROM oauth_clients WHERE identifier LIKE '%sandbox-%'"),
        "processes": [
            one
            for one in processes
            if "/sandbox-" in (name := variable_of(one, SERVER_VARIABLE) or "") and name.rpartition("/")[2] not in marks
        ],
        "files": [str(one) for one in files if not any(number in one.name for number in ahead)],
    }


NOTHING: dict[str, Any] = {
    "users": [],
    "shares": [],
    "servers": [],
    "tokens": [],
    "clients": [],
    "processes": [],
    "files": [],
}


def test_from_inside_nothing_of_its_person_is_reached(ada: Person, place: Environment) -> None:
    ada.browser.start_server()
    lab = ada.browser.open_notebook()
    mine = lab.execute("import os; open('secret.txt', 'w').write('mine'); print(os.environ['JUPYTERHUB_SERVICE_URL'])")
    made, other = ada.make(), ada.make()
    hub, service = (
        json.loads(lab.execute(f"import json, os; print(json.dumps(os.environ[{name!r}]))").text)
        for name in ("JUPYTERHUB_API_URL", "GAIA_VRE_URL")
    )
    with ada.inside(other) as kernel:
        theirs = kernel.execute("import os; print(os.environ['JUPYTERHUB_SERVICE_URL'])").text.strip()
    with ada.inside(made) as kernel:
        assert kernel.execute("print([one for one in os.listdir('.') if one[0] != '.'])").text == "[]\n"
        for path in (place.state / "homes", place.state / "hub", place.state / "service", place.state / "secrets.json"):
            assert kernel.execute(f"print(os.path.exists({str(path)!r}))").text == "False\n", path
        assert kernel.execute(f"print(os.listdir({str(place.state / 'sandboxes')!r}))").text == f"['{made['id']}']\n"
        for address in (
            mine.text.strip(),
            theirs,
            f"{place.url}/user/ada/",
            "http://169.254.169.254/",
            "http://10.0.0.1/",
        ):
            assert kernel.execute(f"print(ask('GET', {address!r}))").text.strip() in ("unreachable", "403"), address
        for method, path in (
            ("GET", "/users/ada"),
            ("POST", "/users/ada/tokens"),
            ("POST", "/users/ada/server"),
            ("GET", "/users"),
        ):
            assert kernel.execute(f"print(ask({method!r}, {hub + path!r}))").text.strip() == "403", path
        for path in (
            "/api/quotas/usage",
            "/api/servers",
            "/api/projects",
            "/api/messages",
            f"/api/sandboxes/{other['id']}",
        ):
            assert kernel.execute(f"print(ask('GET', {service + path!r}))").text.strip() == "403", path
        for path in ("/api/me", f"/api/sandboxes/{made['id']}"):
            assert kernel.execute(f"print(ask('GET', {service + path!r}))").text.strip() == "200", path
    lab.close()


def test_data_can_be_opened_and_the_work_kept_runs_at_home(ada: Person, place: Environment) -> None:
    made = ada.make(title="Ocean try")
    code = "import gaia_vre as gaia; print(float(gaia.open('ostia-monthly').isel(time=0).mean().to_array()[0]) != 0)"
    with ada.inside(made) as kernel:
        assert kernel.execute(code).text.endswith("True\n")
        kernel.execute(f"open('try.py', 'w').write({code!r})")
    receipt = ada.api.post(f"/sandboxes/{made['id']}/keep", json={}).json()
    kept = place.state / "homes" / "ada" / receipt["folder"]
    assert json.loads((kept / "gaia-sandbox.json").read_text())["datasets"] == ["ostia-monthly"]
    ada.browser.start_server()
    lab = ada.browser.open_notebook()
    assert lab.execute(f"exec(open({str(kept / 'try.py')!r}).read())").text.endswith("True\n")
    lab.close()


def test_what_waits_is_renewed_when_it_is_taken_and_when_its_hub_was_killed(ada: Person, place: Environment) -> None:
    before = until(lambda: sorted(waiting(place)), 60, "some wait") if has_pool(place) else []
    made = ada.make()
    assert (made["id"] in before) == bool(before)
    until(lambda: len(waiting(place)) == len(before), 60, "the place of what was taken is filled")
    place.recovered("hub", place.kill("hub"))
    until(lambda: not set(before) & set(waiting(place)), 60, "what waited for the dead hub waits no more")
    until(lambda: len(waiting(place)) == len(before), 60, "others wait")
    assert ada.ready(made)
    ada.destroy(made)
    until(lambda: trace(place) == NOTHING, 60, f"nothing is left: {trace(place)}")


def test_one_that_is_destroyed_leaves_nothing(ada: Person, place: Environment) -> None:
    made = ada.make()
    with ada.inside(made) as kernel:
        kernel.execute("import subprocess; subprocess.Popen(['setsid', 'sleep', '1000'])")
    assert trace(place)["processes"] != []
    ada.destroy(made)
    until(lambda: trace(place) == NOTHING, 30, f"nothing is left: {trace(place)}")


def test_it_ends_at_its_deadline_with_hub_and_service_dead(ada: Person, place: Environment) -> None:
    made = ada.make()
    held = [pid for name in ("hub", "service") if (pid := place.pid(name))]
    for pid in held:
        os.kill(pid, signal.SIGSTOP)
    try:
        (place.state / "sandboxes" / made["id"] / "deadline").write_text("1")
        until(lambda: not trace(place)["processes"], 30, "its processes are gone")
    finally:
        for pid in held:
            os.kill(pid, signal.SIGCONT)
    until(lambda: ada.look(made)["state"] == "destroyed", 60, "the service has seen it")
    assert ada.look(made)["why"] == "deadline"
    until(lambda: trace(place) == NOTHING, 30, f"nothing is left: {trace(place)}")


@pytest.mark.parametrize("victims", [("hub",), ("service",), ("hub", "service")], ids="+".join)
def test_whoever_is_killed_it_is_destroyed(ada: Person, place: Environment, victims: tuple[str, ...]) -> None:
    made = ada.make()
    old = {name: place.kill(name) for name in victims}
    for name, pid in old.items():
        place.recovered(name, pid)
    with contextlib.closing(sqlite3.connect(place.state / "service" / "gaia.sqlite")) as connection, connection:
        connection.execute("UPDATE sandbox SET deadline = created WHERE id = ?", (made["id"],))
    until(lambda: ada.look(made)["state"] == "destroyed", 60, "it is destroyed")
    until(lambda: trace(place) == NOTHING, 30, f"nothing is left: {trace(place)}")


def test_its_own_processes_killed_end_it(ada: Person, place: Environment) -> None:
    made = ada.make()
    for process in trace(place)["processes"]:
        with contextlib.suppress(Exception):
            process.kill()
    until(lambda: ada.look(made)["state"] == "destroyed", 60, "it is destroyed")
    until(lambda: trace(place) == NOTHING, 30, f"nothing is left: {trace(place)}")


def test_a_server_that_only_looks_like_one_is_refused(ada: Person) -> None:
    answer = ada.browser.http.post(
        "/hub/api/users/ada/servers/sandbox-evil", headers=ada.browser._headers("/hub/"), json={}
    )
    assert answer.status_code == 403
    assert "names that begin with sandbox-" in answer.json()["message"]
    ada.browser.http.request(
        "DELETE",
        "/hub/api/users/ada/servers/sandbox-evil",
        headers=ada.browser._headers("/hub/"),
        json={"remove": True},
    )
