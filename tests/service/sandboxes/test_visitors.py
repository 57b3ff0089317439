"""Sandboxes for visitors, who have no account: let in by a passphrase, into one sandbox, and gone without trace."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from gaia_vre.core.errors import SettingsError
from gaia_vre.core.settings import parse_settings
from gaia_vre.sandboxes.folders import Folders
from gaia_vre.sandboxes.model import Sandbox
from gaia_vre.service.reconcile import Reconciler
from gaia_vre.service.sandboxes.doorkeeper import Doorkeeper
from tests.service.conftest import HOME, World, make_books
from tests.service.fakes import ACCESS, NOON, server

TRY = f"{HOME}try"
PASSPHRASE = "twelve sardines"


@pytest.fixture
def open_world(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("GAIA_VRE_VISITOR_PASSPHRASE", PASSPHRASE)
    return with_visitors(world)


def with_visitors(world: World, **policy: Any) -> World:
    sandboxes = {"anonymous": {"enabled": True, "most": 2} | policy}
    settings = parse_settings({"state": str(world.parts.settings.state), "sandboxes": sandboxes})
    office, registry = make_books(world.parts.engine, settings, world.time)
    return replace(world, parts=replace(world.parts, settings=settings, office=office, registry=registry))


def visitor(world: World, language: str = "en") -> TestClient:
    browser = world.anyone()
    browser.headers.update({"Accept": "text/html,*/*", "Accept-Language": language, "Sec-Fetch-Site": "same-origin"})
    return browser


def enter(browser: TestClient, passphrase: str = PASSPHRASE, **source: str) -> Any:
    return browser.post(TRY, data={"passphrase": passphrase} | source)


def only(world: World) -> Sandbox:
    (found,) = world.parts.sandboxes.there()
    return found


def runs(world: World, sandbox: Sandbox) -> None:
    world.hub.servers[sandbox.username][sandbox.server] = server(
        sandbox.server, ready=True, last_activity=world.time[0].isoformat()
    )


def lease(world: World, sandbox: Sandbox, cores: int = 2, thing: str | None = None) -> Any:
    body = {"id": "s-1", "kind": "server", "username": sandbox.username, "cores": cores, "memory_gib": 4}
    body["thing"] = sandbox.server if thing is None else thing
    return world.program("service-token").post(f"{HOME}api/quotas/leases", json=body)


# Let in ------------------------------------------------------------------------------------------


def test_whoever_knows_the_passphrase_gets_a_sandbox_and_the_ticket_to_it(open_world: World) -> None:
    browser = visitor(open_world)
    assert "Passphrase that you were given" in browser.get(TRY).text
    answer = enter(browser)
    made = only(open_world)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{TRY}/{made.id}")
    assert (made.username, made.server) == (f"sandbox-{made.id}", f"sandbox-{made.id}")
    cookies = answer.headers.get_list("set-cookie")
    assert [re.search(r"Path=([^;]+)", one)[1] for one in cookies] == ["/hub/api/oauth2/authorize", TRY]  # type: ignore[index]
    assert all("HttpOnly" in one and "SameSite=lax" in one and "Max-Age=3600" in one for one in cookies)
    assert "Your sandbox is being made" in browser.get(f"{TRY}/{made.id}").text
    runs(open_world, made)
    assert browser.get(f"{TRY}/{made.id}").headers["location"] == f"/user/{made.username}/{made.server}/lab"


def test_the_page_is_french_for_those_who_read_french(open_world: World) -> None:
    text = visitor(open_world, "fr").get(TRY).text
    assert "Essayer sans compte" in text
    assert "La phrase secrète est fausse." in enter(visitor(open_world, "fr"), "wrong").text


def test_another_browser_does_not_know_of_it(open_world: World) -> None:
    enter(visitor(open_world))
    other = visitor(open_world)
    assert other.get(f"{TRY}/{only(open_world).id}").status_code == 404
    other.cookies.set(f"gaia-visit-{only(open_world).id}", "0" * 64)
    assert other.get(f"{TRY}/{only(open_world).id}").status_code == 404


def test_an_example_is_what_it_starts_from(open_world: World) -> None:
    enter(visitor(open_world), kind="example", reference="01-first-steps.ipynb")
    assert only(open_world).source.path == "examples/01-first-steps.ipynb"


def test_it_is_paid_by_the_account_of_visitors_which_has_a_limit(open_world: World) -> None:
    world = with_visitors(open_world, budget={"cores": 3})
    enter(visitor(world))
    answer = lease(world, only(world))
    assert (answer.json()["account"], answer.json()["sandbox"]) == ("community:visitors", only(world).id)
    enter(visitor(world))
    second = world.parts.sandboxes.there()[1]
    body = {"id": "s-2", "kind": "server", "username": second.username, "thing": second.server}
    asked = world.program("service-token").post(f"{HOME}api/quotas/leases", json=body | {"cores": 2, "memory_gib": 4})
    assert (asked.status_code, asked.json()["facts"]["account"]) == (409, "community:visitors")


# Refused -----------------------------------------------------------------------------------------


def test_a_wrong_passphrase_is_refused_in_words(open_world: World) -> None:
    answer = enter(visitor(open_world), "Twelve sardines")
    assert answer.status_code == 403
    assert "The passphrase is wrong." in answer.text
    assert open_world.parts.sandboxes.there() == []


def test_after_five_wrong_ones_nothing_is_compared_for_a_minute(open_world: World) -> None:
    browser = visitor(open_world)
    assert [enter(browser, "wrong").status_code for _ in range(6)] == [403] * 5 + [429]
    answer = enter(browser)
    assert answer.status_code == 429
    assert "try again in a minute" in answer.text
    browser.headers["X-Forwarded-For"] = "192.0.2.7"
    assert enter(browser).status_code == 303
    open_world.later(seconds=60)
    del browser.headers["X-Forwarded-For"]
    assert enter(browser).status_code == 303


def test_wrong_ones_from_everywhere_shut_the_door_for_all() -> None:
    keeper = Doorkeeper(PASSPHRASE, lambda: NOON)
    assert {keeper.answer("wrong", str(number)) for number in range(60)} == {"wrong"}
    assert keeper.answer(PASSPHRASE, "another") == "wait"


@pytest.mark.parametrize("passphrase", ["", "too short"])
def test_without_a_passphrase_worth_the_name_nobody_is_let_in(passphrase: str) -> None:
    assert Doorkeeper(passphrase, lambda: NOON).answer(passphrase, "") == "closed"


def test_a_full_pool_is_said(open_world: World) -> None:
    assert [enter(visitor(open_world)).status_code for _ in range(3)] == [303, 303, 409]
    assert "All sandboxes for visitors are taken" in enter(visitor(open_world)).text
    assert len(open_world.parts.sandboxes.there()) == 2


def test_off_there_is_nothing(world: World) -> None:
    for answer in (visitor(world).get(TRY), enter(visitor(world)), visitor(world).get(f"{TRY}/abcd")):
        assert answer.status_code == 404
        assert "sandboxes.anonymous.enabled is off" in answer.text


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ({"kind": "git", "reference": "https://github.com/ocean/enso"}, 403),
        ({"kind": "project", "reference": "ocean-heat"}, 403),
        ({"kind": "notebook", "reference": "1"}, 403),
        ({"kind": "example", "reference": "../../etc/passwd"}, 404),
        ({"kind": "magic"}, 422),
    ],
    ids=["a repository", "a project", "a published notebook", "a path", "an unknown kind"],
)
def test_what_visitors_may_not_start_from_is_refused(open_world: World, source: dict[str, str], status: int) -> None:
    assert enter(visitor(open_world), **source).status_code == status
    assert open_world.parts.sandboxes.there() == []


def test_of_repositories_only_those_named_are_for_visitors(open_world: World) -> None:
    rules = {"sources": ["git"], "repositories": ["https://github.com/ocean/enso"]}
    browser = visitor(with_visitors(open_world, **rules))
    assert browser.get(TRY, params={"git": "https://github.com/ocean/enso"}).status_code == 200
    answer = browser.get(TRY, params={"git": "https://github.com/ocean/other"})
    assert answer.status_code == 403
    assert "none of the repositories" in answer.text


def test_a_form_of_another_site_is_refused(open_world: World) -> None:
    browser = visitor(open_world)
    browser.headers["Sec-Fetch-Site"] = "cross-site"
    assert enter(browser).status_code == 403
    assert open_world.parts.sandboxes.there() == []


def test_it_needs_a_catalog_that_everybody_reads() -> None:
    with pytest.raises(SettingsError, match=r"service\.catalog_anonymous: true"):
        parse_settings({"sandboxes": {"anonymous": {"enabled": True}}, "service": {"catalog_anonymous": False}})


# Closed in, and gone -----------------------------------------------------------------------------


def test_a_visitor_starts_no_other_server_and_makes_it_no_longer(open_world: World) -> None:
    enter(visitor(open_world))
    made = only(open_world)
    for other in ("", "sandbox-00000000", "lab"):
        assert lease(open_world, made, thing=other).status_code == 403
    scopes = [ACCESS, f"access:servers!server={made.username}/{made.server}"]
    open_world.hub.tokens["inside"] = {"name": made.username, "kind": "user", "admin": False, "scopes": scopes}
    inside = open_world.program("inside")
    told = inside.get(f"{HOME}api/sandboxes/{made.id}").json()
    assert (told["visitor"], told["extensions_left"], told["seconds_left"]) == (True, 0, 3600)
    assert inside.post(f"{HOME}api/sandboxes/{made.id}/extend").status_code == 403
    assert inside.post(f"{HOME}api/sandboxes/{made.id}/keep", json={}).status_code == 403
    assert inside.post(f"{HOME}api/sandboxes", json={}).status_code == 403


def test_at_its_deadline_nothing_is_left_and_nobody_is_told(open_world: World) -> None:
    browser = visitor(open_world)
    enter(browser)
    made = only(open_world)
    runs(open_world, made)
    lease(open_world, made)
    for minutes in (35, 20, 5):
        open_world.later(minutes=minutes)
        runs(open_world, made)
        Reconciler(open_world.parts).step()
    assert ("DELETE", f"/users/{made.username}/servers/{made.server}") in open_world.hub.done
    assert ("DELETE", f"/users/{made.username}") in open_world.hub.done
    assert open_world.parts.sandboxes.there() == []
    assert list(Folders(Path(open_world.parts.settings.state) / "sandboxes").numbers()) == []
    assert open_world.parts.office.held_by(made.username) == []
    assert open_world.parts.messages.unread(made.username, open_world.time[0]) == []
    assert "Nothing of it is left." in browser.get(f"{TRY}/{made.id}").text


def test_a_visitor_of_no_sandbox_is_forgotten(world: World) -> None:
    world.hub.servers["sandbox-0123abcd"] = {"sandbox-0123abcd": server("sandbox-0123abcd")}
    Reconciler(world.parts).step()
    assert ("DELETE", "/users/sandbox-0123abcd") in world.hub.done


def test_visitors_are_no_people_of_the_operators_list(open_world: World) -> None:
    enter(visitor(open_world))
    Reconciler(open_world.parts).step()
    page = open_world.browser(user="root").get(f"{HOME}operate/people").text
    assert "ada" in page
    assert only(open_world).username not in page
