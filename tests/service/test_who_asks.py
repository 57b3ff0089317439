"""Sign-in of browsers, tokens of programs, and the proof that a change comes from our page."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from tests.service.conftest import HOME, World, proof
from tests.service.fakes import server


def test_a_browser_is_sent_to_the_hub_with_a_challenge(world: World) -> None:
    answer = world.anyone().get(HOME)
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/hub/api/oauth2/authorize?")
    assert query["redirect_uri"] == ["/services/gaia/oauth_callback"]
    assert query["code_challenge_method"] == ["S256"]


def test_the_way_back_opens_a_session_that_no_script_reads(world: World) -> None:
    browser = world.browser()
    answer = browser.get(HOME)
    assert answer.status_code == 200
    assert world.hub.forms[0]["code_verifier"][0]
    cookie = next(each for each in browser.cookies.jar if each.name == "gaia-session")
    assert cookie.path == HOME
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert "ada-token" not in str(cookie.value)


def test_behind_https_the_cookie_is_secure(world: World) -> None:
    client = world.anyone()
    assert "Secure" in client.get(f"https://testserver{HOME}").headers["set-cookie"]
    assert "Secure" not in client.get(HOME).headers["set-cookie"]


def test_two_windows_may_sign_in_at_once(world: World) -> None:
    client = world.anyone()
    states = [parse_qs(urlsplit(client.get(HOME).headers["location"]).query)["state"][0] for _ in range(2)]
    world.hub.codes |= {"one": "ada-token", "two": "ada-token"}
    for state, code in zip(states, ("one", "two"), strict=True):
        assert client.get(f"{HOME}oauth_callback", params={"state": state, "code": code}).status_code == 303


@pytest.mark.parametrize(
    "query",
    [{}, {"state": "x", "code": "a-code"}, {"state": "é", "code": "a-code"}, {"error": "access_denied"}],
    ids=["nothing", "another's state", "no ascii", "refused at the hub"],
)
def test_an_answer_that_was_not_asked_for_opens_nothing(world: World, query: dict[str, str]) -> None:
    client = world.anyone()
    client.get(HOME)
    answer = client.get(f"{HOME}oauth_callback", params=query)
    assert answer.status_code == 422
    assert "gaia-session" not in client.cookies
    assert world.hub.forms == []


def test_a_code_the_hub_does_not_know_opens_nothing(world: World) -> None:
    client = world.anyone()
    state = parse_qs(urlsplit(client.get(HOME).headers["location"]).query)["state"][0]
    assert client.get(f"{HOME}oauth_callback", params={"state": state, "code": "stolen"}).status_code == 401


@pytest.mark.parametrize("value", ["", "x", "gAAAAA", "é" * 10])
def test_a_made_up_session_is_none(world: World, value: str) -> None:
    answer = world.anyone().get(f"{HOME}api/me", headers={"Cookie": f"gaia-session={value}".encode()})
    assert answer.status_code == 401


def test_a_cookie_of_a_sign_in_is_no_session(world: World) -> None:
    client = world.anyone()
    client.get(HOME)
    value = next(each.value for each in client.cookies.jar if each.name.startswith("gaia-sign-in"))
    assert world.anyone().get(f"{HOME}api/me", headers={"Cookie": f"gaia-session={value}"}).status_code == 401


def test_signing_out_ends_the_session_here_and_at_the_hub(world: World) -> None:
    browser = world.browser()
    answer = browser.post(f"{HOME}logout", data={"_xsrf": proof(browser.get(HOME).text)})
    assert answer.headers["location"] == "/hub/logout"
    assert "gaia-session" not in browser.cookies


def test_a_token_works_in_both_spellings(world: World) -> None:
    for scheme in ("token", "Bearer", "bearer"):
        answer = world.anyone().get(f"{HOME}api/me", headers={"Authorization": f"{scheme} ada-token"})
        assert answer.json() == {"name": "ada", "kind": "user", "admin": False}


@pytest.mark.parametrize(
    ("token", "status", "code"),
    [
        ("nobody", 401, "not-signed-in"),
        ("weak-token", 403, "not-allowed"),
        ("culler-token", 403, "not-allowed"),
        ("é", 401, "not-signed-in"),
        ("x" * 5000, 401, "not-signed-in"),
    ],
    ids=["unknown", "without the scope", "another service", "no ascii", "very long"],
)
def test_a_token_that_may_not_is_refused(world: World, token: str, status: int, code: str) -> None:
    answer = world.anyone().get(f"{HOME}api/me", headers={"Authorization": f"token {token}".encode()})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_hub_is_not_asked_for_every_request(world: World) -> None:
    client = world.program()
    for _ in range(5):
        client.get(f"{HOME}api/me")
    assert world.hub.calls.count("GET /user") == 1


def test_a_right_that_was_taken_away_is_gone_within_half_a_minute(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = world.program()
    client.get(f"{HOME}api/me")
    world.hub.tokens.pop("ada-token")
    import time

    now = time.monotonic()
    monkeypatch.setattr("gaia_vre.service.login.time.monotonic", lambda: now + 30)
    assert client.get(f"{HOME}api/me").status_code == 401


FOR_SERVICES = {
    "POST api/endings",
    "POST api/quotas/leases",
    "POST api/quotas/leases/{lease_id}/resize",
    "DELETE api/quotas/leases/{lease_id}",
    "POST api/starts",
}
FOR_ANYBODY = {"POST language", "POST try"}
"""The language of one's pages, and a sandbox of nobody's for whoever knows the passphrase: both act for no person."""
NAMES = {"name": "c1", "dataset": "sst", "number": "1", "slug": "heat", "username": "bob", "lease_id": "s-1"}


def changes(world: World) -> list[tuple[str, str]]:
    """Return method and path of every route, of the API and of pages, that changes something for people."""
    app = world.anyone().app
    assert isinstance(app, FastAPI)
    found = []
    for route in iter_route_contexts(app.routes):
        path = str(route.path).removeprefix(HOME)
        found += [(way, path) for way in (route.methods or set()) - {"GET", "HEAD"}]
    for_people = {f"{way} {path}" for way, path in found} - FOR_SERVICES - FOR_ANYBODY
    return [(way, path.format(**NAMES)) for way, path in found if f"{way} {path}" in for_people]


@pytest.mark.parametrize("given", ["", "0" * 64, "é"], ids=["no proof", "a wrong one", "no ascii"])
def test_a_browser_changes_nothing_without_the_proof_of_our_page(world: World, given: str) -> None:
    browser, ways = world.browser(), changes(world)
    world.hub.servers["ada"] = {"": server()}
    for method, path in ways:
        form = {"_xsrf": given} if method == "POST" else None
        assert browser.request(method, f"{HOME}{path}", data=form).status_code == 403, f"{method} {path}"
    assert world.hub.done == []
    assert "gaia-session" in browser.cookies
    assert {"POST servers/stop", "DELETE api/server", "POST projects/new"} <= {f"{way} {path}" for way, path in ways}


def test_the_proof_of_another_session_does_not_count(world: World) -> None:
    other = proof(world.browser(user="bob").get(HOME).text)
    assert world.browser().post(f"{HOME}servers/start", data={"_xsrf": other}).status_code == 403
    assert world.hub.done == []


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}, {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}],
    ids=["fetch", "frame"],
)
def test_a_script_in_a_lab_cannot_read_our_pages(world: World, headers: dict[str, str]) -> None:
    browser = world.browser()
    assert browser.get(HOME, headers=headers).status_code == 303
    assert browser.get(f"{HOME}api/me", headers=headers).status_code == 401


def test_a_script_of_our_page_may_ask_the_api(world: World) -> None:
    browser = world.browser()
    headers = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty", "X-XSRFToken": proof(browser.get(HOME).text)}
    assert browser.get(f"{HOME}api/me", headers=headers).json()["name"] == "ada"
