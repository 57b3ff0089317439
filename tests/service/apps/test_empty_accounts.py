"""An app whose project has nothing left on its account: nothing starts, and everybody reads what concerns them."""

from __future__ import annotations

import httpx2
import pytest

from gaia_vre.core.amounts import MICRO
from gaia_vre.quotas.holders import Given
from tests.service.apps.conftest import API, published, wake
from tests.service.conftest import HOME, World, proof
from tests.service.projects.heat import lease


def spent(world: World, credits_left: float = 0) -> World:
    """Let the project's account have so many credits from now on."""
    now = world.time[0]
    amount = int(credits_left * 3600 * MICRO)
    given = Given("project:heat", "credits", amount, now, None, "as is tried here", "root")
    world.parts.office.holders.give(given, now)
    return world


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "The account of its project does not bear it now. Nothing was started"),
        ("fr", "Le compte de son projet ne la supporte pas pour l’instant. Rien n’a démarré"),
    ],
)
def test_an_account_that_is_empty_wakes_nothing_and_says_so_to_whoever_visits(
    heat: World, language: str, said: str
) -> None:
    published(spent(heat), audience="signed-in")
    eve = heat.browser(user="eve")
    headers = {"Accept-Language": language}
    answer = eve.post(f"{HOME}apps/1/wake", data={"_xsrf": proof(eve.get(f"{HOME}apps/1").text)}, headers=headers)
    assert answer.status_code == 402
    assert said in answer.text
    assert "project:heat" not in answer.text
    assert "usage/ask" not in answer.text
    assert "wake.js" not in answer.text
    assert heat.hub.done == []


def test_editors_see_what_an_empty_account_lacks_and_what_to_do(heat: World) -> None:
    published(spent(heat))
    answer = wake(heat)
    assert (answer.status_code, heat.hub.done) == (402, [])
    assert lease(heat, username="p-heat", thing="app-1").json()["code"] == "does-not-fit"  # nor would the hub start it
    assert "Not now: 0 of 0 credits left on Heat." in answer.text
    assert f"{HOME}projects/heat" in answer.text
    assert f"{HOME}usage/ask" in answer.text
    heat.program().put(f"{API}/projects/heat/members/bob", json={"role": "viewer"})
    assert "Not now:" not in wake(heat, "bob").text


def test_an_account_that_is_filled_again_wakes_its_app(heat: World) -> None:
    published(spent(heat))
    assert wake(heat).status_code == 402
    spent(heat, 100)
    assert wake(heat).headers["location"] == f"{HOME}apps/1?woken=true"


def test_what_is_taken_by_something_else_at_the_last_moment_is_told_so(
    heat: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(heat)
    refusing = heat.hub._change

    def somebody_was_first(method: str, path: str) -> httpx2.Response:
        spent(heat)
        return refusing(method, path)

    heat.hub.refusal = "heat: 0 credits left"
    monkeypatch.setattr(heat.hub, "_change", somebody_was_first)
    assert wake(heat).status_code == 402
