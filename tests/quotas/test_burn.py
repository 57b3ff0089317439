"""The line of a budget that is used up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gaia_vre.quotas.burn import SHOWN_DAYS, Spent, burn, first_day
from gaia_vre.quotas.model import Window

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TODAY = NOW.date()
MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)
DAY = timedelta(days=1)
PERIOD = Window(start=datetime(2026, 11, 22, tzinfo=UTC), end=datetime(2026, 11, 30, tzinfo=UTC))


def test_a_period_begins_with_nothing_and_ends_with_what_the_ledger_says() -> None:
    days = {TODAY: 3, TODAY - DAY: 5, TODAY - 2 * DAY: 2}
    found = burn(Spent(10, 100, PERIOD, days, 0), NOW)
    assert [value for _, value in found.used] == [0, 2, 7, 10]
    assert found.used[0][0] == PERIOD.start
    assert found.used[-1] == (NOW, 10)
    assert found.coming == ()


def test_what_leaves_a_rolling_window_comes_back_in_the_past_and_in_the_future() -> None:
    window = Window(days=2)
    days = {TODAY - 3 * DAY: 4, TODAY - 2 * DAY: 8, TODAY - DAY: 2, TODAY: 1}
    assert min(days) >= first_day(window, NOW)
    found = burn(Spent(3, 100, window, days, 2), NOW)
    assert [value for _, value in found.used] == [12, 10, 3]
    assert [value for _, value in found.coming] == [3, 2, 3, 4]


def test_the_projection_ends_where_the_limit_is_reached() -> None:
    found = burn(Spent(10, 20, PERIOD, {}, 4), NOW)
    assert found.coming[0] == (NOW, 10)
    assert found.coming[-1] == (NOW + 2.5 * DAY, 20)


def test_the_projection_ends_with_the_period() -> None:
    assert burn(Spent(10, 10**6, PERIOD, {}, 4), NOW).coming[-1][0] == PERIOD.end


def test_a_budget_for_ever_shows_its_last_days() -> None:
    found = burn(Spent(500, 10**6, Window(), {TODAY: 5}, 5), NOW)
    assert len(found.used) == SHOWN_DAYS + 1
    assert found.used[0][1] == 495


@given(
    st.lists(st.integers(0, 50), max_size=130),
    st.integers(0, 2000),
    st.integers(0, 40),
    st.sampled_from([Window(), Window(days=1), Window(days=30), Window(days=400), PERIOD, Window(start=NOW + DAY)]),
)
def test_times_rise_and_nothing_passes_the_limit_in_the_future(
    spent: list[int], limit: int, pace: int, window: Window
) -> None:
    days = {TODAY - ago * DAY: amount for ago, amount in enumerate(spent)}
    found = burn(Spent(sum(spent[: window.days or 9]), limit, window, days, pace), NOW)
    for spots in (found.used, found.coming):
        times = [at for at, _ in spots]
        assert times == sorted(set(times))
        assert all(value >= 0 for _, value in spots)
    assert all(value <= limit for _, value in found.coming)
