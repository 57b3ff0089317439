from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gaia_vre.messages.model import Message
from tests.service.conftest import HOME, World, proof
from tests.service.fakes import NOON

API = f"{HOME}api/messages"
MAINTENANCE = {
    "en": {"title": "Maintenance at 18:00", "text": "Labs stop for ten minutes."},
    "fr": {"title": "Maintenance à 18 h", "text": "Les sessions s’arrêtent dix minutes."},
}


def titles(answer: Any) -> list[str]:
    return [one["title"] for one in answer.json()]


def notify(world: World, key: str = "a", username: str = "ada", **facts: Any) -> None:
    told = {"account": "ocean-heat", "percent": 80, "used": 480.0, "limit": 600.0, "dimension": "credits"} | facts
    world.parts.messages.send(Message(key, "budget-notice", username, NOON, told, "warn"))


def test_an_operator_tells_everybody_once_in_both_languages(any_world: World) -> None:
    root = any_world.program("root-token")
    assert root.post(API, json=MAINTENANCE | {"key": "m1"}).json() == {"new": True}
    assert root.post(API, json=MAINTENANCE | {"key": "m1"}).json() == {"new": False}
    for token in ("ada-token", "bob-token"):
        assert titles(any_world.program(token).get(API)) == ["Maintenance at 18:00"]
    assert titles(any_world.program().get(f"{API}?language=fr")) == ["Maintenance à 18 h"]


def test_what_an_operator_says_in_one_language_is_read_in_it(world: World) -> None:
    world.program("root-token").post(API, json={"fr": MAINTENANCE["fr"], "username": "ada"})
    assert titles(world.program().get(f"{API}?language=en")) == ["Maintenance à 18 h"]
    assert titles(world.program("bob-token").get(API)) == []


def test_a_message_for_everybody_is_withdrawn(world: World) -> None:
    root = world.program("root-token")
    root.post(API, json=MAINTENANCE)
    number = root.get(API).json()[0]["id"]
    assert root.delete(f"{API}/{number}").status_code == 204
    assert titles(world.program().get(f"{API}?unread=true")) == []
    assert root.delete(f"{API}/{number}").status_code == 404


@pytest.mark.parametrize("method", ["post", "delete"])
def test_nobody_else_tells_everybody(world: World, method: str) -> None:
    for token in ("ada-token", "gateway-token"):
        program = world.program(token)
        answer = program.post(API, json=MAINTENANCE) if method == "post" else program.delete(f"{API}/1")
        assert answer.status_code == 403
    assert world.parts.messages.newest() == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"en": {"title": ""}},
        {"en": {"title": "x" * 121}},
        {"en": {"title": "x", "text": "x" * 501}},
        {"en": {"title": "x\x00"}},
        {"en": {"title": "x"}, "hours": 0},
        {"en": {"title": "x"}, "hours": 1e9},
        {"en": {"title": "x"}, "severity": "purple"},
        {"en": {"title": "x"}, "key": "a b"},
        {"en": {"title": "x"}, "other": 1},
    ],
    ids=["nothing", "no title", "long title", "long text", "NUL", "no time", "for ever", "no such", "key", "unknown"],
)
def test_what_cannot_be_told_is_refused_with_the_reason(world: World, body: dict[str, Any]) -> None:
    answer = world.program("root-token").post(API, json=body)
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid"
    assert world.parts.messages.newest() == 0


def test_reading_puts_away_for_oneself_only(any_world: World) -> None:
    any_world.program("root-token").post(API, json=MAINTENANCE)
    notify(any_world)
    ada, bob = any_world.program(), any_world.program("bob-token")
    notice, maintenance = (one["id"] for one in ada.get(f"{API}?unread=true").json())
    assert bob.post(f"{API}/{notice}/read").status_code == 404
    assert ada.post(f"{API}/{maintenance}/read").status_code == 204
    assert titles(ada.get(f"{API}?unread=true")) == ["80 % of the budget of ocean-heat is used"]
    assert titles(bob.get(f"{API}?unread=true")) == ["Maintenance at 18:00"]
    assert ada.post(f"{API}/read", json={"id": notice}).json() == {"read": 1}
    assert titles(ada.get(f"{API}?unread=true")) == []
    assert [one["read"] for one in ada.get(API).json()] == [True, True]


def test_a_message_is_written_as_each_language_writes(world: World) -> None:
    notify(world)
    (said,) = world.program().get(f"{API}?language=fr").json()
    assert (said["title"], said["text"]) == (
        "80\xa0% du budget de ocean-heat sont utilisés",
        "480 sur 600\xa0crédits.",
    )
    assert said["link"] == f"{HOME}usage"


def test_the_home_page_shows_the_newest_on_top_and_the_rest_below(world: World) -> None:
    notify(world)
    world.program("root-token").post(API, json=MAINTENANCE | {"severity": "bad"})
    page = world.browser().get(HOME).text
    top, _, below = page.partition('id="unread"')
    assert "Maintenance at 18:00" in top
    assert "gaia-notice-bad" in top
    assert "80 % of the budget of ocean-heat is used" in below
    assert 'data-last="2"' in page


def test_administrators_tell_everybody_from_their_page(world: World) -> None:
    browser = world.browser(user="root")
    form = {"_xsrf": proof(browser.get(f"{HOME}operate").text), "severity": "warn", "hours": "2"}
    sent = browser.post(f"{HOME}messages/send", data=form | {"fr": "Maintenance à 18 h", "back": f"{HOME}operate"})
    assert sent.headers["location"] == f"{HOME}operate"
    assert titles(world.program().get(API)) == ["Maintenance à 18 h"]
    assert browser.post(f"{HOME}messages/send", data=form).status_code == 422
    ada = world.browser()
    mine = {"_xsrf": proof(ada.get(HOME).text), "en": "Hello"}
    assert ada.post(f"{HOME}messages/send", data=mine).status_code == 403
    assert world.parts.messages.newest() == 1


def test_all_messages_of_a_page_are_put_away_at_once(world: World) -> None:
    for key in "abc":
        notify(world, key)
    browser = world.browser()
    page = browser.get(HOME).text
    notify(world, "d", percent=95)
    browser.post(f"{HOME}messages/read-all", data={"number": "3", "_xsrf": proof(page)})
    assert titles(world.program().get(f"{API}?unread=true")) == ["95 % of the budget of ocean-heat is used"]


def test_a_message_is_put_away_without_a_script(world: World) -> None:
    notify(world)
    browser = world.browser()
    page = browser.get(f"{HOME}usage").text
    form = {"number": "1", "back": f"{HOME}usage"}
    assert browser.post(f"{HOME}messages/read", data=form).status_code == 403
    answer = browser.post(f"{HOME}messages/read", data=form | {"_xsrf": proof(page)})
    assert answer.headers["location"] == f"{HOME}usage"
    assert "80 % of the budget" not in browser.get(f"{HOME}usage").text
    elsewhere = form | {"_xsrf": proof(page), "back": "https://evil.example/"}
    assert browser.post(f"{HOME}messages/read", data=elsewhere).headers["location"] == HOME


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "\u202egnp", "x" * 10_000, "{percent}", "%s"],
    ids=["script", "attribute", "turned", "long", "gap", "format"],
)
def test_hostile_texts_stand_on_pages_as_texts(world: World, text: str) -> None:
    notify(world, account=text)
    for page in (world.browser().get(HOME).text, world.browser("fr").get(f"{HOME}usage").text):
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "\u202e" not in page
        assert "x" * 501 not in page
    (said,) = world.program().get(API).json()
    assert len(said["title"]) < 600


def test_a_kind_that_is_not_known_yet_does_no_harm(world: World) -> None:
    world.parts.messages.send(Message("k", "of-tomorrow", "ada", NOON, {"title": "News"}))
    assert titles(world.program().get(API)) == ["News"]
    assert world.browser().get(HOME).status_code == 200


def test_an_end_that_is_dismissed_is_no_message_any_more(any_world: World) -> None:
    from gaia_vre.service.model import Thing

    any_world.parts.store.report(Thing("server", "ada", ""), "lost", None, NOON)
    any_world.parts.store.report(Thing("server", "ada", ""), "memory", None, NOON, "8 GiB")
    found = any_world.parts.messages.unread("ada", NOON)
    assert [one.facts["reason"] for one in found] == ["memory"]
    any_world.later(minutes=1)
    any_world.program().post(f"{HOME}api/endings/1/dismiss")
    assert any_world.parts.messages.unread("ada", NOON) == []


def test_old_messages_leave_the_list(world: World) -> None:
    notify(world)
    world.later(days=31)
    assert titles(world.program().get(f"{API}?unread=true")) == []
    assert world.parts.messages.forget(NOON + timedelta(days=91)) == 1
