from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gaia_vre.service.visits.store import Visits
from tests.service.conftest import HOME, World
from tests.service.fakes import NOON

API = f"{HOME}api/visits"


def tell(world: World, token: str = "ada-token", **told: Any) -> Any:
    return world.program(token).post(API, json={"visitor": "root"} | told)


def test_the_owner_of_a_server_reads_who_entered_it_and_nobody_else_does(any_world: World) -> None:
    assert tell(any_world).status_code == 204
    (visit,) = any_world.program().get(API).json()
    assert (visit["visitor"], visit["server"], visit["first"]) == ("root", "", visit["last"])
    assert any_world.program("bob-token").get(API).json() == []


def test_who_stays_is_one_visit_and_who_comes_again_another(any_world: World) -> None:
    for hours in (0, 1, 2, 6):
        any_world.time[0] = NOON + timedelta(hours=hours)
        assert tell(any_world).status_code == 204
    found = Visits(any_world.parts.engine).of("ada", 10)
    assert [one.last - one.first for one in found] == [timedelta(0), timedelta(hours=2)]


def test_a_visitor_stands_on_the_page_of_the_account_as_text(world: World) -> None:
    tell(world, visitor="<b>root</b>", server="gpu")
    page = world.browser().get(f"{HOME}account").text
    assert "<bdi>&lt;b&gt;root&lt;/b&gt;</bdi>" in page
    assert "<bdi>gpu</bdi>" in page
    assert world.program().get(f"{HOME}account/data").json()["visits"][0]["visitor"] == "<b>root</b>"


@pytest.mark.parametrize(
    "told",
    [
        {"visitor": "ada"},
        {"visitor": ""},
        {"visitor": "a\x00"},
        {"visitor": "a" * 256},
        {"server": "s" * 256},
        {"by": "x"},
    ],
    ids=["the owner", "nobody", "a control character", "a long name", "a long server", "an unknown field"],
)
def test_bad_input_is_refused_and_keeps_nothing(world: World, told: dict[str, str]) -> None:
    assert tell(world, **told).status_code in (400, 422)
    assert world.program().get(API).json() == []


def test_old_visits_are_forgotten(world: World) -> None:
    visits = Visits(world.parts.engine)
    visits.record("ada", "", "root", NOON - timedelta(days=91))
    visits.record("ada", "", "root", NOON)
    visits.forget(NOON - timedelta(days=90))
    assert len(visits.of("ada", 10)) == 1
