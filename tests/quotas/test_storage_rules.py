from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from gaia_vre.core.quotas import Quotas
from gaia_vre.core.storage_settings import Area
from gaia_vre.quotas.storage.model import GIB, Room
from gaia_vre.quotas.storage.rules import room_of

TODAY = date(2026, 11, 23)
HOME = {"soft_gib": 8, "hard_gib": 10}


def room(account: str = "person:ada", *groups: str, area: Area = "home", **storage: Any) -> Room:
    quotas = Quotas.model_validate({"storage": {"home": HOME} | storage, "bypass": ["person:admin"]})
    return room_of(quotas, area, account, groups, TODAY)


def test_the_default_of_an_area_holds_where_nothing_else_is_said() -> None:
    assert room() == Room(8 * GIB, 10 * GIB, "default of a home")
    assert room(area="scratch") == Room(None, None, "default of a scratch")


@pytest.mark.parametrize(
    ("given", "groups", "hard"),
    [
        ([{"account": "person:ada", "hard_gib": 50}], (), 50),
        ([{"account": "person:bob", "hard_gib": 50}], (), 10),
        ([{"group": "ocean", "hard_gib": 50}, {"group": "land", "hard_gib": 20}], ("ocean", "land"), 50),
        ([{"group": "small", "hard_gib": 2}], ("small",), 10),
        ([{"group": "ocean", "hard_gib": 50}, {"account": "person:ada", "hard_gib": 2}], ("ocean",), 2),
        ([{"account": "person:ada", "hard_gib": 50, "until": "2026-11-23"}], (), 10),
        ([{"account": "person:ada", "hard_gib": 50, "until": "2026-11-24"}], (), 50),
        ([{"account": "person:ada", "area": "scratch", "hard_gib": 50}], (), 10),
        ([{"account": "person:ada", "hard_gib": "unlimited"}], (), None),
    ],
    ids=[
        "one's own",
        "another's",
        "the largest of one's groups",
        "no group takes away",
        "one's own before groups",
        "until today is over",
        "until tomorrow holds",
        "another area",
        "unlimited",
    ],
)
def test_the_room_in_force(given: list[dict[str, Any]], groups: tuple[str, ...], hard: int | None) -> None:
    assert room("person:ada", *groups, given=given).hard == (None if hard is None else hard * GIB)


def test_nothing_limits_who_is_to_bypass_limits() -> None:
    assert room("person:admin").hard is None


def test_a_small_room_of_ones_own_has_no_notice_beyond_it() -> None:
    assert room(given=[{"account": "person:ada", "hard_gib": 1}]).soft is None


def test_where_nobody_gets_beyond_a_limit_it_counts_as_passed_just_below() -> None:
    held = Room(None, GIB, "")
    assert held.level(GIB) == "free"
    assert held.level(GIB - 1000, spare=GIB // 100) == "hard"


@pytest.mark.parametrize(
    "storage",
    [
        {"home": {"soft_gib": 5, "hard_gib": 4}},
        {"home": {"hard_gib": -1}},
        {"home": {"hard_gib": float("nan")}},
        {"home": {"hard_gib": 1e30}},
        {"home": {"hard_gib": "lots"}},
        {"given": [{"hard_gib": 4}]},
        {"given": [{"account": "person:ada", "group": "ocean", "hard_gib": 4}]},
        {"given": [{"account": "project:heat", "hard_gib": 4}]},
        {"given": [{"account": "person:../etc", "hard_gib": 4}]},
        {"hours": 0},
    ],
    ids=[
        "notice above the limit",
        "negative",
        "not a number",
        "absurd",
        "a word",
        "of nobody",
        "of two",
        "a home of a project",
        "no account",
        "always",
    ],
)
def test_a_room_that_means_nothing_is_refused(storage: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(storage))):
        Quotas.model_validate({"storage": storage})
