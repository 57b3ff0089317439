from __future__ import annotations

from typing import Any

import pytest

from gaia_vre.service.starts.plot import plot
from gaia_vre.service.starts.store import Start, Starts
from tests.service.conftest import HOME, World
from tests.service.fakes import NOON, SERVICE_TOKEN

API = f"{HOME}api/starts"
TOLD = {
    "username": "ada",
    "size": "small",
    "environment": "pangeo",
    "steps": {"budget": 0.05, "container": 0.4, "lab": 1.35},
}


def tell(world: World, **changes: Any) -> Any:
    return world.program(SERVICE_TOKEN).post(API, json=TOLD | changes)


def test_the_hub_tells_and_only_who_started_reads(any_world: World) -> None:
    assert tell(any_world).status_code == 201
    (start,) = any_world.program().get(API).json()
    assert (start["seconds"], start["steps"]["lab"]) == (pytest.approx(1.8), 1.35)
    assert any_world.program("bob-token").get(API).json() == []


@pytest.mark.parametrize("token", ["ada-token", "root-token", "gateway-token"])
def test_nobody_else_tells_of_starts(world: World, token: str) -> None:
    assert world.program(token).post(API, json=TOLD).status_code == 403
    assert world.program().get(API).json() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"steps": {}},
        {"steps": {"budget": -1}},
        {"steps": {"budget": 1e9}},
        {"steps": {"sleeping": 1}},
        {"username": "a\x00"},
        {"size": "x" * 41},
        {"other": 1},
    ],
    ids=["no step", "negative", "days", "no such step", "NUL", "long size", "unknown"],
)
def test_what_makes_no_sense_is_refused(world: World, changes: dict[str, Any]) -> None:
    assert tell(world, **changes).status_code == 422
    assert world.program().get(API).json() == []


def test_the_pages_show_the_last_starts_and_the_usual_time(world: World) -> None:
    assert "My last starts" not in world.browser().get(f"{HOME}usage").text
    for seconds in (1.0, 2.0, 6.0):
        world.later(minutes=1)
        tell(world, steps={"budget": 0.5, "container": 0.5, "lab": seconds})
    assert "Usual start 3 s." in world.browser().get(HOME).text
    page = world.browser("fr").get(f"{HOME}usage").text
    assert "Mes derniers démarrages" in page
    assert page.index('<td class="gaia-num">6</td>') < page.index('<td class="gaia-num">2</td>')


def test_old_starts_are_forgotten(any_world: World) -> None:
    tell(any_world)
    starts = Starts(any_world.parts.engine)
    starts.forget(NOON)
    assert len(starts.of("ada", 9)) == 1
    any_world.later(seconds=1)
    starts.forget(any_world.time[0])
    assert starts.of("ada", 9) == []


def test_bars_have_the_steps_of_each_start_and_the_newest_stands_at_the_right() -> None:
    starts = [Start("ada", "", "small", "pangeo", NOON, {"budget": 1, "place": 1, "lab": second}) for second in (2, 8)]
    found = plot(starts)
    assert [column.amounts for column in found.bars.columns] == [(2, 0, 8), (2, 0, 2)]
    assert [line.seconds for line in found.lines] == [4, 10]
