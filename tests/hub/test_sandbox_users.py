"""The hub's users that have sandboxes: made and forgotten by the service, and nobody signs in as one."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx2
import pytest

from gaia_vre.core.errors import InvalidInput, NotAllowed, NotFound
from gaia_vre.core.tickets import is_ticket, ticket
from gaia_vre.service.hub import Hub
from tests.hub.test_project_users import OTHER, SERVICE, RunningHub

AUTHORIZE = "/api/oauth2/authorize"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    found = RunningHub(tmp_path_factory.mktemp("hub"))
    yield found
    found.kill()


@pytest.fixture
def service(hub: RunningHub) -> Iterator[Hub]:
    assert hub.sign_in("ada")
    client = Hub(f"{hub.url}/api", SERVICE)
    client.make_sandbox_user("1a2b3c4d")
    client.make_sandbox_user("1a2b3c4d")
    yield client
    client.close()


def test_a_visitor_is_made_once_and_forgotten_and_no_person_is(hub: RunningHub, service: Hub) -> None:
    assert (service.someone("sandbox-1a2b3c4d") or {})["groups"] == ["gaia-sandboxes"]
    service.forget_sandbox_user("1a2b3c4d")
    service.forget_sandbox_user("1a2b3c4d")
    assert not service.knows("sandbox-1a2b3c4d")
    assert hub.ask("DELETE", "/users/ada", SERVICE) in (403, 404)
    assert service.knows("ada")


def test_its_person_is_let_in_and_nobody_else(hub: RunningHub, service: Hub) -> None:
    service.make_sandbox_user("5e6f7a8b", "ada")
    service.make_sandbox_user("5e6f7a8b", "ada")
    found = hub.rows("SELECT users.name, shares.scopes FROM shares JOIN users ON users.id = shares.user_id")
    place = "server=sandbox-5e6f7a8b/sandbox-5e6f7a8b"
    assert [(name, sorted(json.loads(scopes))) for name, scopes in found] == [
        ("ada", [f"{one}!{place}" for one in ("access:servers", "delete:servers", "read:servers", "servers")])
    ]
    service.forget_sandbox_user("5e6f7a8b")
    assert hub.rows("SELECT id FROM shares") == []


@pytest.mark.parametrize("name", ["nobody-here", "", 7, {"a": 1}])
def test_nobody_else_is_let_in(service: Hub, name: object) -> None:
    with pytest.raises((NotFound, InvalidInput)):
        service._ask("PUT", "/gaia/sandboxes/9c9c9c9c", SERVICE, json={"person": name})
    assert not service.knows("sandbox-9c9c9c9c")


def test_a_hub_that_was_killed_still_has_them(hub: RunningHub, service: Hub) -> None:
    hub.kill()
    hub.start()
    assert service.knows("sandbox-1a2b3c4d")
    service.forget_sandbox_user("1a2b3c4d")
    assert not service.knows("sandbox-1a2b3c4d")


@pytest.mark.parametrize("name", ["sandbox-1a2b3c4d", "SANDBOX-1a2b3c4d", "sandbox-new", " sandbox-1a2b3c4d"])
def test_nobody_signs_in_as_a_visitor(hub: RunningHub, service: Hub, name: str) -> None:
    assert not hub.sign_in(name)


def test_nobody_else_makes_visitors(hub: RunningHub) -> None:
    assert hub.ask("PUT", "/gaia/sandboxes/mine0000", OTHER, json={}) == 403
    assert httpx2.put(f"{hub.url}/api/gaia/sandboxes/mine0000", json={}, trust_env=False).status_code == 403


@pytest.mark.parametrize("number", ["x", "../ada", "ADA00000", "0" * 17, "1a2b%00"])
def test_a_visitor_of_no_sandbox_is_not_made(service: Hub, number: str) -> None:
    with pytest.raises((NotFound, NotAllowed)):
        service._ask("PUT", f"/gaia/sandboxes/{number}", SERVICE, json={})


@pytest.mark.parametrize(
    "path",
    [
        "/home",
        "/token",
        "/api/user",
        "/spawn/sandbox-1a2b3c4d/sandbox-1a2b3c4d",
        f"{AUTHORIZE}?client_id=service-gaia&response_type=code&redirect_uri=/services/gaia/oauth_callback",
        f"{AUTHORIZE}?client_id=jupyterhub-user-ada&response_type=code&redirect_uri=/user/ada/oauth_callback",
        f"{AUTHORIZE}?client_id=jupyterhub-user-sandbox-1a2b3c4d-sandbox-ffffffff&response_type=code",
    ],
)
def test_with_a_ticket_nobody_gets_anywhere_else(hub: RunningHub, service: Hub, path: str) -> None:
    cookies = {"gaia-visit-1a2b3c4d": service.ticket("1a2b3c4d")}
    with httpx2.Client(trust_env=False, follow_redirects=False, timeout=60, cookies=cookies) as browser:
        answer = browser.get(f"{hub.url}{path}")
    assert answer.status_code == 403 or "/hub/login" in answer.headers["location"]


def test_a_ticket_is_of_one_sandbox_and_one_secret() -> None:
    assert is_ticket("secret", "1a2b", ticket("secret", "1a2b"))
    assert not is_ticket("secret", "1a2b", ticket("secret", "1a2c"))
    assert not is_ticket("secret", "1a2b", ticket("another", "1a2b"))
    assert not is_ticket("secret", "1a2b", "é")
    assert not is_ticket("", "1a2b", ticket("", "1a2b"))
