"""My account: tokens, sessions, consents, and the language that follows a person."""

from __future__ import annotations

import re

from tests.service.conftest import HOME, World, proof

PAGE = f"{HOME}account"
TOKENS = [
    {"id": "a1", "note": "cron <b>", "oauth_client": "JupyterHub", "created": "2026-11-20T10:00:00Z"},
    {"id": "a0", "note": "Server at /user/ada/lab/", "oauth_client": "JupyterHub"},
    {"id": "a2", "note": "", "oauth_client": "Server at /user/ada/", "created": "2026-11-20T10:00:00Z"},
    {"id": "a3", "note": "", "oauth_client": "Server at /user/ada/", "last_activity": "2026-11-24T11:00:00Z"},
]


def page(world: World, language: str = "en") -> str:
    world.hub.token_models["ada"] = TOKENS
    answer = world.browser(language).get(PAGE)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.text.replace("\xa0", " "))


def test_tokens_and_sessions_stand_apart_and_a_place_stands_once(world: World) -> None:
    text = page(world)
    assert "<bdi>cron &lt;b&gt;</bdi>" in text
    assert "made on 20 Nov at 11:00 · never used" in text
    assert text.count("<bdi>Server at /user/ada/</bdi>") == 1
    assert "/user/ada/lab/" not in text, "the hub's own token of a running server ends with it"


def test_a_new_token_is_shown_once_and_kept_nowhere(world: World) -> None:
    browser = world.browser()
    form = {"note": "a script", "days": "30", "_xsrf": proof(browser.get(PAGE).text)}
    answer = browser.post(f"{PAGE}/tokens", data=form)
    assert "The token “a script” is made" in answer.text
    assert '<code id="secret">a-new-secret</code>' in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "a-new-secret" not in browser.get(PAGE).text


def test_a_token_ends_with_one_press(world: World) -> None:
    browser = world.browser()
    form = {"number": "a1", "_xsrf": proof(browser.get(PAGE).text)}
    assert browser.post(f"{PAGE}/tokens/end", data=form).headers["location"] == f"{PAGE}#tokens"
    assert world.hub.done == [("DELETE", "/users/ada/tokens/a1")]


def test_bad_input_changes_nothing(world: World) -> None:
    browser = world.browser()
    known = proof(browser.get(PAGE).text)
    assert browser.post(f"{PAGE}/tokens", data={"note": "x", "days": "9999", "_xsrf": known}).status_code == 422
    assert browser.post(f"{PAGE}/tokens", data={"note": "x" * 101, "_xsrf": known}).status_code == 422
    assert browser.post(f"{PAGE}/tokens/end", data={"number": "../bob", "_xsrf": known}).status_code == 422
    assert browser.post(f"{PAGE}/tokens/end", data={"number": "a1", "_xsrf": "other"}).status_code == 403
    assert world.hub.done == []


def test_a_hub_that_tells_no_tokens_leaves_the_rest_of_the_page(world: World) -> None:
    world.hub.token_models = {}
    text = world.browser().get(PAGE).text
    assert "does not tell your tokens now" in text
    assert "What I agreed to" in text


def test_all_that_is_kept_comes_as_a_file(world: World) -> None:
    answer = world.browser().get(f"{PAGE}/data")
    assert answer.json()["name"] == "ada"
    assert answer.headers["content-disposition"].startswith("attachment")


def test_the_language_follows_a_person_to_another_browser(world: World) -> None:
    first = world.browser("en")
    first.post(f"{HOME}language", data={"code": "fr"})
    second = world.browser("en")
    assert "Mes serveurs" in second.get(HOME).text
    assert "My servers" in world.browser("en", user="bob").get(HOME).text


def test_the_switch_leads_back_to_the_hubs_pages_but_never_out(world: World) -> None:
    browser = world.browser()

    def back(address: str) -> str:
        return str(browser.post(f"{HOME}language", data={"code": "fr", "back": address}).headers["location"])

    assert back("/hub/spawn?next=x") == "/hub/spawn?next=x"
    assert back("/hub/logout") == HOME
    assert back("//elsewhere.example/hub/") == HOME
    assert back("/hub/\\elsewhere.example") == HOME
