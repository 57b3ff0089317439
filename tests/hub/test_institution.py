"""Sign in through a real OpenID Connect provider, against a real hub."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
import yaml

from gaia_vre.local.proxy import install_proxy, installed_proxy, node

CONFIG = """
from gaia_vre.hub.login import configure_login
configure_login(c)
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub}"
c.JupyterHub.db_url = "sqlite:///hub.sqlite"
c.JupyterHub.spawner_class = "simple"
c.ConfigurableHTTPProxy.command = {proxy!r}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api}"
"""
ODATIS = "urn:mace:egi.eu:group:odatis:role=member#aai.example.org"
OPERATORS = "urn:mace:egi.eu:group:operators#aai.example.org"
PEOPLE = [
    {"sub": "1", "preferred_username": "ada", "eduperson_entitlement": [ODATIS]},
    {"sub": "2", "preferred_username": "grace", "eduperson_entitlement": [ODATIS, OPERATORS]},
    {"sub": "3", "preferred_username": "mallory", "eduperson_entitlement": ["urn:x:group:other#y"]},
    {"sub": "4", "preferred_username": "project-ocean", "eduperson_entitlement": [ODATIS]},
]


def free_ports(count: int) -> list[int]:
    holders = [socket.socket() for _ in range(count)]
    for holder in holders:
        holder.bind(("127.0.0.1", 0))
    ports = [holder.getsockname()[1] for holder in holders]
    for holder in holders:
        holder.close()
    return ports


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    (port,) = free_ports(1)
    people = [word for person in PEOPLE for word in ("--user-claims", json.dumps(person))]
    process = subprocess.Popen(
        [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), *people],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until_up(f"http://127.0.0.1:{port}/", None)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="module")
def hub(provider: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("hub")
    port, inner, api = free_ports(3)
    login = {
        "kind": "oidc",
        "oidc": {
            "issuer": provider,
            "client_id": "gaia",
            "allowed_groups": ["odatis"],
            "administrator_group": "operators",
            "refresh_seconds": 10,
        },
    }
    (folder / "settings.yaml").write_text(yaml.safe_dump({"login": login, "addresses": {"port": port}}))
    proxy = [node(), str(installed_proxy() or install_proxy())]
    (folder / "config.py").write_text(CONFIG.format(port=port, hub=inner, api=api, proxy=proxy))
    environment = os.environ | {
        "GAIA_VRE_SETTINGS": str(folder / "settings.yaml"),
        "GAIA_VRE_OIDC_SECRET": "secret",
        "JUPYTERHUB_CRYPT_KEY": "ab" * 32,
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "-f", "config.py"],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until_up(f"http://127.0.0.1:{port}/hub/health", folder / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def wait_until_up(url: str, log: Path | None) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx2.get(url, timeout=2).status_code == 200:
                return
        except httpx2.HTTPError:
            time.sleep(0.1)
    raise AssertionError(log.read_text() if log else url)


@pytest.fixture
def browser() -> Iterator[httpx2.Client]:
    with httpx2.Client(follow_redirects=True, timeout=30) as client:
        yield client


def sign_in(browser: httpx2.Client, hub: str, subject: str) -> httpx2.Response:
    form = browser.get(f"{hub}/hub/oauth_login")
    return browser.post(form.url, data={"sub": subject})


def me(browser: httpx2.Client, hub: str) -> dict[str, object]:
    page = browser.get(f"{hub}/hub/token")
    token = re.search(r'xsrf_token: "([^"]+)"', page.text)
    assert token, page.text
    model: dict[str, object] = browser.get(f"{hub}/hub/api/user", headers={"X-XSRFToken": token[1]}).json()
    return model


def test_a_member_comes_in_with_the_groups_of_the_institution(browser: httpx2.Client, hub: str) -> None:
    sign_in(browser, hub, "1")
    person = me(browser, hub)
    assert (person["name"], person["groups"], person["admin"]) == ("ada", ["odatis"], False)


def test_the_operators_group_administers(browser: httpx2.Client, hub: str) -> None:
    sign_in(browser, hub, "2")
    assert me(browser, hub)["admin"] is True


@pytest.mark.parametrize("subject", [pytest.param("3", id="not in the group"), pytest.param("4", id="reserved name")])
def test_others_stay_outside(browser: httpx2.Client, hub: str, subject: str) -> None:
    assert sign_in(browser, hub, subject).status_code == 403


def test_the_code_is_protected_by_a_challenge(hub: str) -> None:
    answer = httpx2.get(f"{hub}/hub/oauth_login", follow_redirects=False)
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert query["code_challenge_method"] == ["S256"]


def test_who_left_the_group_starts_nothing_more(browser: httpx2.Client, hub: str, provider: str) -> None:
    sign_in(browser, hub, "1")
    httpx2.put(
        f"{provider}/users/1", json={"preferred_username": "ada", "eduperson_entitlement": []}
    ).raise_for_status()
    try:
        answer = browser.get(f"{hub}/hub/spawn")
        assert answer.status_code == 403
        assert "no longer in a group" in answer.text
    finally:
        claims = {"preferred_username": "ada", "eduperson_entitlement": [ODATIS]}
        httpx2.put(f"{provider}/users/1", json=claims).raise_for_status()
