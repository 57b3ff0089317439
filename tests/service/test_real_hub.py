"""The service beside a JupyterHub as it comes: sign-in, start, stop, and what the loop makes of it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import psutil
import pytest
from fastapi.testclient import TestClient

from gaia_vre.core.errors import NotSignedIn
from gaia_vre.database.engine import make_engine
from gaia_vre.database.migrate import upgrade
from gaia_vre.service.app import create_app
from gaia_vre.service.hub import Hub
from gaia_vre.service.login import _SESSION, Client, Login
from gaia_vre.service.model import Thing
from gaia_vre.service.reconcile import Reconciler
from tests.service.conftest import HOME, World, make_world, proof
from tests.support.environment import free_port, until

TOKEN = "a" * 64
CONFIGURATION = Path(__file__).parent / "hub" / "jupyterhub_config.py"


@pytest.fixture(scope="module")
def hub_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("hub")
    (folder / "homes").mkdir()
    port = free_port()
    environment = os.environ | {
        "TEST_HUB_PORT": str(port),
        "TEST_HUB_HOMES": str(folder / "homes"),
        "TEST_SERVICE_TOKEN": TOKEN,
    }
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "--config", str(CONFIGURATION)],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        until(lambda: process.poll() is not None or _answers(f"{url}/hub/health"), 60, "the hub answers")
        assert process.poll() is None, (folder / "log").read_text()
        yield url
    finally:
        if process.poll() is None:
            for each in psutil.Process(process.pid).children(recursive=True):
                each.kill()
            process.kill()
        process.wait(10)


def _answers(url: str) -> bool:
    try:
        return httpx2.get(url, trust_env=False).status_code == 200
    except httpx2.HTTPError:
        return False


@dataclass
class Person:
    """A browser that is signed in at the hub and at the service."""

    world: World
    hub: httpx2.Client
    service: TestClient

    def home(self) -> str:
        answer = self.service.get(HOME)
        assert answer.status_code == 200, answer.text
        return answer.text

    def press(self, path: str, **fields: str) -> str:
        answer = self.service.post(f"{HOME}{path}", data={"_xsrf": proof(self.home())} | fields)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    @property
    def token(self) -> str:
        cookie = next(each.value for each in self.service.cookies.jar if each.name == "gaia-session")
        return str(self.world.parts.login._opened(str(cookie), _SESSION)["token"])


@pytest.fixture
def person(hub_url: str, tmp_path: Path) -> Iterator[Person]:
    engine = make_engine(f"sqlite:///{tmp_path / 'gaia.sqlite'}")
    upgrade(engine)
    world = make_world(engine, tmp_path)
    world.parts.hub.close()
    hub = Hub(f"{hub_url}/hub/api", TOKEN)
    ourselves = Client("service-gaia", TOKEN, f"{HOME}oauth_callback")
    login = Login(hub, world.parts.owners, ourselves, "a secret of the tests", HOME)
    world.parts = replace(world.parts, hub=hub, login=login, clock=lambda: datetime.now(UTC))
    browser = httpx2.Client(base_url=hub_url, trust_env=False, headers={"Sec-Fetch-Mode": "navigate"})
    service = TestClient(create_app(world.parts, reconcile=False), follow_redirects=False)
    person = Person(world, browser, service)
    _sign_in(person)
    yield person
    hub.stop("ada", "")
    until(lambda: not hub.runs("ada", ""), 60, "nothing of this test is left for the next")
    for each in (browser, service, world):
        each.close()


def _sign_in(person: Person) -> None:
    page = person.hub.get("/hub/login")
    key = person.hub.cookies.get("_xsrf", path="/hub/")
    person.hub.post("/hub/login", data={"username": "ada", "password": "x", "_xsrf": key})
    asked = person.service.get(HOME).headers["location"]
    answer = person.hub.get(asked)
    assert answer.status_code == 302, (page.status_code, answer.text[:300])
    back = urlsplit(answer.headers["location"])
    assert back.path == "/services/gaia/oauth_callback"
    assert person.service.get(f"{back.path}?{back.query}").status_code == 303


def test_a_day_with_the_service(person: Person) -> None:
    """Start, see it run, have it recorded, stop, and read no news about what I stopped myself."""
    loop = Reconciler(person.world.parts)
    assert "Nothing runs" in person.home()
    assert person.press("servers/start") == "/hub/spawn-pending/ada"
    until(lambda: "Running since" in person.home(), 30, "the server runs")
    loop.step()
    assert Thing("server", "ada", "") in person.world.parts.store.running()
    assert person.press("servers/stop", name="") == HOME
    until(lambda: "Nothing runs" in person.home(), 30, "the server has stopped")
    loop.step()
    assert [each.reason for each in person.world.parts.store.endings("ada")] == ["asked"]
    assert "gaia-notice" not in person.home()


def test_a_server_that_was_stopped_elsewhere_has_an_end(person: Person) -> None:
    loop = Reconciler(person.world.parts)
    person.press("servers/start")
    until(lambda: "Running since" in person.home(), 30, "the server runs")
    loop.step()
    person.world.parts.hub.stop("ada", "")
    until(lambda: not person.world.parts.hub.runs("ada", ""), 30, "the server is gone")
    loop.step()
    assert [each.reason for each in person.world.parts.store.endings("ada")] == ["lost"]


def test_who_signs_out_at_the_hub_is_out_here(person: Person) -> None:
    token = person.token
    assert person.world.parts.hub.person(token).name == "ada"
    assert person.hub.get("/hub/logout").status_code in (200, 302)
    with pytest.raises(NotSignedIn):
        person.world.parts.hub.person(token)
    assert person.service.get(HOME).headers["location"].startswith("/hub/api/oauth2/authorize")


def test_a_code_without_its_verifier_is_worth_nothing(person: Person) -> None:
    asked = person.service.get(HOME, headers={"Cookie": "gaia-session="}).headers["location"]
    code = parse_qs(urlsplit(person.hub.get(asked).headers["location"]).query)["code"][0]
    form = {
        "client_id": "service-gaia",
        "client_secret": TOKEN,
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": f"{HOME}oauth_callback",
        "code_verifier": "x" * 64,
    }
    with pytest.raises(NotSignedIn):
        person.world.parts.hub.exchange(form)


def test_the_hub_tells_who_exists_and_what_runs(person: Person) -> None:
    hub = person.world.parts.hub
    assert re.match(r"6\.", hub.version())
    assert (hub.knows("ada"), hub.knows("nobody"), hub.runs("nobody", "")) == (True, False, False)
    assert list(hub.active_servers()) == []


def test_the_hub_tells_whose_groups_a_token_stands_for(person: Person) -> None:
    hub = person.world.parts.hub
    assert hub.person(person.token).groups == {"ocean"}
    # What a lab's token may do.
    scopes = ["users:activity!user", "access:servers!user", "access:services!service=gaia"]
    headers = {"Authorization": f"token {person.token}"}
    made = person.hub.post("/hub/api/users/ada/tokens", json={"scopes": scopes}, headers=headers)
    assert made.status_code == 201, made.text
    assert hub.person(made.json()["token"]).groups == {"ocean"}
