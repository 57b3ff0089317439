"""How long a budget lasts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaia_vre.core.amounts import HOUR, MICRO
from gaia_vre.quotas.forecast import DAY, even_pace, forecast, pace_of, returns, runs_out
from gaia_vre.quotas.model import Window

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TODAY = NOW.date()
CREDIT = MICRO * HOUR


def day(ago: int) -> date:
    return TODAY - timedelta(days=ago)


@pytest.mark.parametrize(
    ("left", "per_day", "coming", "ahead", "seconds"),
    [
        (10, 10, [], 9 * DAY, DAY),
        (10, 5, [], 9 * DAY, 2 * DAY),
        (10, 1, [], 9 * DAY, None),
        (10, 0, [], 9 * DAY, None),
        (0, 1, [], 9 * DAY, 0),
        (10, 10, [(DAY // 2, 10)], 9 * DAY, 2 * DAY),
        (10, 10, [(2 * DAY, 10)], 9 * DAY, DAY),
        (1, 3, [], 9 * DAY, DAY // 3),
    ],
    ids=[
        "a day's use",
        "half a day's use",
        "longer than is looked ahead",
        "nothing is used",
        "nothing is left",
        "some comes back in time",
        "some comes back too late",
        "a part of a day",
    ],
)
def test_a_budget_runs_out(
    left: int, per_day: int, coming: list[tuple[int, int]], ahead: int, seconds: int | None
) -> None:
    assert runs_out(left, per_day, coming, ahead) == seconds


Coming = st.lists(st.tuples(st.integers(1, 30 * DAY), st.integers(0, 10**9)), max_size=12).map(sorted)


@given(st.integers(1, 10**12), st.integers(1, 10**10), Coming)
def test_at_that_second_nothing_is_left_and_a_second_before_something_was(
    left: int, per_day: int, coming: list[tuple[int, int]]
) -> None:
    found = runs_out(left, per_day, coming, 60 * DAY)
    if found is None:
        return

    def rest(second: int) -> int:
        return (left + sum(amount for at, amount in coming if at < second)) * DAY - per_day * second

    assert rest(found) <= 0 < rest(found - 1)


@given(st.integers(0, 10**12), st.integers(0, 10**10), st.integers(0, 10**10), Coming)
def test_who_uses_more_lasts_no_longer(left: int, per_day: int, more: int, coming: list[tuple[int, int]]) -> None:
    slow, fast = (runs_out(left, pace, coming, 60 * DAY) for pace in (per_day, per_day + more))
    assert slow is None or (fast is not None and fast <= slow)


@given(st.dictionaries(st.integers(0, 60).map(day), st.integers(0, 10**15), max_size=30), st.integers(1, 60))
def test_what_a_window_counts_comes_back_once(spent: dict[date, int], days: int) -> None:
    begins = Window(days=days).begins(NOW)
    assert begins is not None
    counted = {one: amount for one, amount in spent.items() if one >= begins.date()}
    coming = returns(counted, days, NOW)
    assert sum(amount for _, amount in coming) == sum(counted.values())
    assert all(0 < seconds <= days * DAY for seconds, _ in coming)


def test_the_pace_is_that_of_the_last_seven_days() -> None:
    steady = {day(ago): 2 * CREDIT for ago in range(1, 30)} | {TODAY: CREDIT}
    assert pace_of(steady, NOW) == 2 * CREDIT
    assert pace_of({day(8): 99 * CREDIT}, NOW) == 0


def test_a_period_that_began_yesterday_has_a_pace_of_its_own() -> None:
    spent = {day(3): 70 * CREDIT, day(1): 10 * CREDIT, TODAY: 5 * CREDIT}
    assert pace_of(spent, NOW, datetime(2026, 11, 23, tzinfo=UTC)) == 10 * CREDIT


def test_what_runs_now_may_end_a_budget_sooner_than_the_pace() -> None:
    spent = dict.fromkeys(map(day, range(1, 8)), 2 * CREDIT)
    found = forecast(16 * CREDIT, Window(), spent, 4 * MICRO, NOW)
    assert found.until_running == found.until == NOW + timedelta(hours=4)
    assert found.until_pace is not None
    assert found.until_pace > NOW + timedelta(days=8)


def test_a_steady_use_that_fits_a_rolling_window_lasts_for_ever() -> None:
    spent = {day(ago): CREDIT for ago in range(30)} | {TODAY: CREDIT // 2}
    assert forecast(CREDIT, Window(days=30), spent, 0, NOW).until is None
    assert forecast(16 * CREDIT, Window(days=30), dict.fromkeys(map(day, range(1, 8)), 2 * CREDIT), 0, NOW).until


def test_nothing_runs_out_after_the_period_ended() -> None:
    window = Window(start=NOW - timedelta(days=10), end=NOW + timedelta(days=2))
    spent = dict.fromkeys(map(day, range(1, 8)), CREDIT)
    assert forecast(3 * CREDIT, window, spent, 0, NOW).until is None
    assert even_pace(4 * CREDIT, NOW + timedelta(days=2), NOW) == 2 * CREDIT


def test_more_used_than_allowed_is_nothing_left() -> None:
    found = forecast(-4 * CREDIT, Window(), {TODAY: 5 * CREDIT}, MICRO, NOW)
    assert (found.left, found.until) == (0, NOW)
