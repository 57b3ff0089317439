from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from gaia_vre.database.migrate import upgrade
from gaia_vre.quotas.clock import LedgerClock, Reading, machine_clocks
from tests.quotas.conftest import NOON

START = Reading(NOON, "this boot", 1000)


class Machine:
    """Clocks that a test sets."""

    def __init__(self) -> None:
        self.reading = START

    def __call__(self) -> Reading:
        return self.reading

    def pass_by(self, seconds: int, *, wall: int | None = None) -> None:
        moved = timedelta(seconds=seconds if wall is None else wall)
        reading = self.reading
        self.reading = replace(reading, wall=reading.wall + moved, since_boot=reading.since_boot + seconds)


@pytest.fixture
def database(empty_database: Engine) -> Engine:
    upgrade(empty_database)
    return empty_database


@pytest.mark.parametrize("jump", [3660, -3540], ids=["an hour forward", "an hour back"])
def test_setting_the_wall_clock_changes_no_time(database: Engine, jump: int) -> None:
    machine = Machine()
    clock = LedgerClock(database, machine)
    before = clock.now().seconds
    machine.pass_by(60, wall=jump)
    assert clock.now().seconds - before == 60


def test_another_process_goes_on_from_the_recorded_moment(database: Engine) -> None:
    machine = Machine()
    first = LedgerClock(database, machine)
    before = first.mark().seconds
    machine.pass_by(3600, wall=0)
    assert LedgerClock(database, machine).now().seconds - before == 3600
    assert first.now().seconds - before == 3600


def test_after_a_reboot_the_wall_clock_tells(database: Engine) -> None:
    machine = Machine()
    before = LedgerClock(database, machine).mark().seconds
    machine.reading = Reading(NOON + timedelta(minutes=5), "next boot", 20)
    assert LedgerClock(database, machine).now().seconds - before == 300


def test_a_wall_clock_that_went_back_over_a_reboot_loses_no_more_than_that(database: Engine) -> None:
    machine = Machine()
    before = LedgerClock(database, machine).mark().seconds
    machine.reading = Reading(NOON - timedelta(hours=1), "next boot", 20)
    clock = LedgerClock(database, machine)
    assert clock.now().seconds == before
    machine.pass_by(30)
    assert clock.now().seconds - before == 30


def test_this_machine_has_such_clocks() -> None:
    one, other = machine_clocks(), machine_clocks()
    assert one.boot == other.boot
    assert 0 <= other.since_boot - one.since_boot <= 1
