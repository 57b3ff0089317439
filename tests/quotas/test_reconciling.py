"""A week's charged time against the observed, from two separate records."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import insert

from gaia_vre.database.quotas import SpendRow
from gaia_vre.database.tables import EndingRow, RunningRow
from gaia_vre.quotas.events import Events
from gaia_vre.quotas.reconciling import Week, last_week, reconcile_week
from tests.quotas.conftest import Bank

MONDAY = date(2026, 5, 25)
START = datetime(2026, 5, 25, tzinfo=UTC)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def ran(bank: Bank, user: str, began: datetime, hours: float, *, running: bool = False) -> None:
    one = {"kind": "server", "username": user, "name": str(began), "started": began}
    ended = {"ended": began + timedelta(hours=hours), "reason": "asked", "detail": ""}
    with bank.engine.begin() as connection:
        connection.execute(insert(RunningRow if running else EndingRow).values(**one | ({} if running else ended)))


def charge(bank: Bank, user: str, hours: float, day: date = MONDAY) -> None:
    amounts = dict.fromkeys(("core_hours", "gib_hours", "gpu_hours", "credits"), 0)
    values = {"account_id": 1, "username": user, "day": day, "seconds": int(hours * 3600), **amounts}
    with bank.engine.begin() as connection:
        connection.execute(insert(SpendRow).values(**values))


@pytest.fixture
def bank(bank: Bank) -> Bank:
    bank.check = lambda: None  # type: ignore[method-assign] # days are written without their entries here
    return bank


def week(bank: Bank, now: datetime = NOW) -> Week:
    return reconcile_week(bank.engine, Events(bank.engine), now)


def test_what_ran_and_was_charged_agrees(bank: Bank) -> None:
    ran(bank, "ada", START + timedelta(hours=5), 10)
    charge(bank, "ada", 10)
    found = week(bank)
    assert (found.begins, found.observed, found.charged, found.gaps) == (MONDAY, 36000, 36000, ())
    assert found.ratio == 1


def test_only_the_part_within_the_week_counts(bank: Bank) -> None:
    ran(bank, "ada", START - timedelta(hours=5), 10)
    ran(bank, "bob", START + timedelta(days=6, hours=20), 0, running=True)
    assert week(bank).observed == 9 * 3600


def test_who_differs_is_named_the_largest_first(bank: Bank) -> None:
    ran(bank, "ada", START, 10)
    charge(bank, "ada", 9)
    charge(bank, "bob", 3)
    found = week(bank)
    assert [one.username for one in found.gaps] == ["bob", "ada"]
    assert found.ratio == 1.2
    assert "bob ran 0 h, charged 3 h" in found.sentence


def test_a_few_seconds_of_a_start_are_no_difference(bank: Bank) -> None:
    ran(bank, "ada", START, 1)
    charge(bank, "ada", 1.02)
    assert week(bank).gaps == ()


def test_a_week_is_compared_once_and_kept(bank: Bank) -> None:
    ran(bank, "ada", START, 10)
    first = week(bank)
    charge(bank, "ada", 10)
    assert week(bank) == first
    assert last_week(Events(bank.engine), NOW + timedelta(days=7)) == first
    assert last_week(Events(bank.engine), NOW + timedelta(days=14)) is None


def test_charges_of_what_nobody_saw_stand_out(bank: Bank) -> None:
    assert week(bank).ratio == 1
    charge(bank, "ada", 10, MONDAY + timedelta(days=7))
    assert week(bank, NOW + timedelta(days=7)).ratio == 2
