"""The users of projects at a hub with our login and roles: made by the service alone, and nobody signs in as one."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gaia_vre.core.errors import NotAllowed, NotFound
from gaia_vre.service.hub import Hub
from tests.support.environment import free_port, until

SERVICE, OTHER = "a" * 64, "b" * 64
CONFIGURATION = """
import json
import os
from gaia_vre.core.settings import parse_settings
from gaia_vre.hub.login import configure_login
from gaia_vre.hub.roles import configure_roles
from jupyterhub.proxy import Proxy

class NoProxy(Proxy):
    should_start = False
    async def add_route(self, routespec, target, data): ...
    async def delete_route(self, routespec): ...
    async def get_all_routes(self): return {}

c = get_config()
port = int(os.environ["TEST_HUB_PORT"])
c.JupyterHub.proxy_class = NoProxy
c.JupyterHub.bind_url = f"http://127.0.0.1:{port + 1}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{port}"
c.JupyterHub.db_url = "sqlite:///hub.sqlite"
c.JupyterHub.spawner_class = "simple"
c.JupyterHub.log_level = "WARN"
c.Spawner.cmd = ["sleep", "60"]
settings = parse_settings(json.loads(os.environ["TEST_SETTINGS"]))
configure_login(c, settings)
configure_roles(c, settings)
"""


class RunningHub:
    """A hub as `gaia-vre up` configures it, without labs."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.folder, self.port = folder, free_port()
        self.settings = json.dumps(settings | {"addresses": {"port": self.port}})
        self.url = f"http://127.0.0.1:{self.port}/hub"
        (folder / "jupyterhub_config.py").write_text(CONFIGURATION)
        self.start()

    def start(self) -> None:
        environment = os.environ | {
            "TEST_HUB_PORT": str(self.port),
            "TEST_SETTINGS": self.settings,
            "GAIA_VRE_OIDC_SECRET": "secret",
            "JUPYTERHUB_CRYPT_KEY": "ab" * 32,
            "GAIA_VRE_SERVICE_TOKEN": SERVICE,
            "GAIA_VRE_GATEWAY_TOKEN": OTHER,
            "GAIA_VRE_CULLER_TOKEN": "c" * 64,
            "GAIA_VRE_SUPERVISOR_TOKEN": "d" * 64,
            "GAIA_VRE_USER_PASSWORD": "pass-of-everybody",
            "GAIA_VRE_ADMINISTRATOR_PASSWORD": "x" * 32,
        }
        with (self.folder / "log").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jupyterhub"], cwd=self.folder, env=environment, stdout=log, stderr=log
            )
        until(self._answers, 60, "the hub answers")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def _answers(self) -> bool:
        assert self.process.poll() is None, (self.folder / "log").read_text()
        try:
            return httpx2.get(f"{self.url}/health", trust_env=False).status_code == 200
        except httpx2.HTTPError:
            return False

    def rows(self, query: str) -> list[Any]:
        with contextlib.closing(sqlite3.connect(f"file:{self.folder / 'hub.sqlite'}?mode=ro", uri=True)) as connection:
            return connection.execute(query).fetchall()

    def ask(self, method: str, path: str, token: str, **more: object) -> int:
        headers = {"Authorization": f"token {token}"}
        return httpx2.request(
            method, f"{self.url}/api{path}", headers=headers, trust_env=False, timeout=60, **more
        ).status_code

    def sign_in(self, name: str) -> bool:
        with httpx2.Client(trust_env=False, follow_redirects=False, timeout=60) as browser:
            browser.get(f"{self.url}/login")
            form = {"username": name, "password": "pass-of-everybody", "_xsrf": browser.cookies["_xsrf"]}
            return browser.post(f"{self.url}/login", data=form).status_code == 302


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    found = RunningHub(tmp_path_factory.mktemp("hub"))
    yield found
    found.kill()


@pytest.fixture(scope="module")
def service(hub: RunningHub) -> Iterator[Hub]:
    assert hub.sign_in("ada")
    assert hub.sign_in("bob")
    client = Hub(f"{hub.url}/api", SERVICE)
    client.make_project_user("heat")
    client.make_project_user("heat")
    yield client
    client.close()


def test_people_are_let_into_a_projects_server_and_out_again(service: Hub) -> None:
    for name in ("ada", "bob", "bob"):
        service.let_in("heat", name)
    assert service.visitors("heat") == {"ada", "bob"}
    for _ in range(2):
        service.shut_out("heat", "bob")
    service.shut_out("gone", "bob")
    assert service.visitors("heat") == {"ada"}
    assert service.visitors("gone") == frozenset()


def test_the_service_shares_servers_of_projects_and_no_persons_and_acts_as_nobody(
    hub: RunningHub, service: Hub
) -> None:
    assert hub.ask("POST", "/shares/ada/", SERVICE, json={"user": "bob"}) in (403, 404)
    assert hub.ask("GET", "/shares/ada/", SERVICE) in (403, 404)
    assert hub.ask("POST", "/users/eve", SERVICE, json={}) in (403, 404)
    assert hub.ask("POST", "/users/ada/tokens", SERVICE, json={}) in (403, 404)
    assert service.groups("ada") == frozenset()


@pytest.mark.parametrize("slug", ["x", "../ada", "Heat", "-heat", "h" * 40, "heat%00", "heat%0a"])
def test_a_user_of_no_project_is_not_made(service: Hub, slug: str) -> None:
    with pytest.raises((NotFound, NotAllowed)):
        service._ask("PUT", f"/gaia/projects/{slug}", SERVICE, json={})


def test_nobody_else_makes_users_of_projects(hub: RunningHub) -> None:
    assert hub.ask("PUT", "/gaia/projects/mine", OTHER, json={}) == 403
    assert httpx2.put(f"{hub.url}/api/gaia/projects/mine", json={}, trust_env=False).status_code == 403


@pytest.mark.parametrize("name", ["p-heat", "P-HEAT", "p-new", " p-heat", "p-heat\x00"])
def test_nobody_signs_in_as_a_project(hub: RunningHub, service: Hub, name: str) -> None:
    assert not hub.sign_in(name)


@pytest.mark.parametrize(
    ("path", "goal"),
    [
        ("/user/p-heat/app-7/", "/services/gaia/apps/7"),
        ("/user/p-heat/app-7/slide?a=1", "/services/gaia/apps/7"),
        ("/user/p-heat/app-7", "/services/gaia/apps/7"),
        ("/user/ada/app-7/", "/hub/login?"),
        ("/user/p-heat/app-x/", "/hub/login?"),
    ],
)
def test_who_comes_to_an_app_that_sleeps_is_led_to_where_it_is_woken(hub: RunningHub, path: str, goal: str) -> None:
    answer = httpx2.get(f"{hub.url}{path}", trust_env=False)
    assert (answer.status_code, answer.headers["location"].startswith(goal)) == (302, True), answer.headers


def test_a_hub_that_was_killed_still_has_projects_and_who_is_in_them(hub: RunningHub, service: Hub) -> None:
    service.let_in("heat", "ada")
    hub.kill()
    hub.start()
    assert service.visitors("heat") == {"ada"}
    assert service.server("p-heat") is None
