"""The steps of a start: what is done, what is now, and how long such starts take."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from gaia_vre.hub import steps


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    steps.forget()
    yield
    steps.forget()


def starting(names: tuple[str, ...] = steps.LOCAL, **options: str) -> Any:
    spawner = SimpleNamespace(step_names=names, user_options=options)
    steps.begin(spawner)
    return spawner


def states(spawner: Any) -> list[tuple[str, bool]]:
    return [(row["name"], row["seconds"] is not None) for row in steps.told(spawner)["steps"]]


def test_steps_are_done_one_after_the_other() -> None:
    lab = starting()
    assert steps.told(lab)["now"] == steps.BUDGET
    steps.note(lab, steps.BUDGET)
    assert states(lab) == [("budget", True), ("container", False), ("lab", False)]
    assert steps.told(lab)["now"] == steps.CONTAINER


def test_events_of_kubernetes_end_the_steps_of_a_pod() -> None:
    lab = starting(steps.CLUSTER)
    steps.note(lab, steps.BUDGET)
    for reason in ("Scheduled", "Pulling", "Pulled", "Created", "Started", "Started"):
        steps.note_event(lab, reason)
    assert states(lab) == [("budget", True), ("place", True), ("image", True), ("container", True), ("lab", False)]


def test_events_of_a_pod_carry_the_steps_to_the_page() -> None:
    async def events() -> AsyncIterator[dict[str, Any]]:
        yield {"progress": 30, "message": "assigned", "raw_event": {"reason": "Scheduled"}}
        yield {"progress": 40, "message": "odd", "raw_event": None}

    async def seen() -> list[dict[str, Any]]:
        return [event async for event in steps.with_steps(starting(steps.CLUSTER), events())]

    first, second = asyncio.run(seen())
    assert first["message"] == "assigned"
    assert [row["name"] for row in first["gaia"]["steps"] if row["seconds"] is not None] == ["place"]
    assert second["gaia"]["now"] == "budget"


def test_the_usual_time_is_told_when_enough_starts_are_known() -> None:
    for _ in range(2):
        steps.note(starting(environment="pangeo"), steps.LAB)
    assert steps.usual(starting(environment="pangeo")) is None
    steps.note(starting(environment="pangeo"), steps.LAB)
    half, most = steps.usual(starting(environment="pangeo")) or (None, None)
    assert half is not None
    assert half <= most
    assert steps.usual(starting(environment="other")) is None


def test_a_page_opened_without_a_start_shows_all_as_to_come() -> None:
    assert not any(done for _, done in states(SimpleNamespace(step_names=steps.LOCAL)))
