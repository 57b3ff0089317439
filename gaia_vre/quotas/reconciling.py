"""Compare a week's charged time with the time for which things were observed, from two separate records."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from gaia_vre.core.amounts import HOUR
from gaia_vre.database.quotas import SpendRow
from gaia_vre.database.tables import EndingRow, RunningRow
from gaia_vre.quotas.events import Event
from gaia_vre.quotas.words import number

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from gaia_vre.quotas.events import Events

log = logging.getLogger(__name__)

_SHOWN = 10
_WEEK = timedelta(days=7)
_TOLERANCE = 0.02
_SLACK_SECONDS = 300
"""A start is charged from its lease and observed from the pass after; ends likewise."""


@dataclass(frozen=True)
class Gap:
    """A person whose charged and observed time differ."""

    username: str
    observed: int
    charged: int


@dataclass(frozen=True)
class Week:
    """Seconds for which servers and Dask clusters ran, and who differs most."""

    begins: date
    observed: int
    charged: int
    gaps: tuple[Gap, ...]

    @property
    def ratio(self) -> float:
        """Charged by observed time; 1 where there is neither, 2 where only charges are."""
        if not self.observed:
            return 1.0 if self.charged <= _SLACK_SECONDS else 2.0
        return self.charged / self.observed

    @property
    def sentence(self) -> str:
        ran, paid = number(self.observed / HOUR), number(self.charged / HOUR)
        text = f"Week of {self.begins}: servers and clusters ran {ran} h and were charged {paid} h"
        who = ", ".join(
            f"{one.username} ran {number(one.observed / HOUR)} h, charged {number(one.charged / HOUR)} h"
            for one in self.gaps
        )
        return f"{text}; most apart: {who}." if who else f"{text}."


def reconcile_week(engine: Engine, events: Events, now: datetime) -> Week:
    """Compare the last whole week, from Monday to Monday in UTC, and record it.

    Done already, return what was found; of a week without use nothing is kept.
    """
    known = last_week(events, now)
    begins = _last_monday(now)
    if known is not None and known.begins == begins:
        return known
    with engine.connect() as connection:
        found = compare(connection, begins, now)
    if found.observed or found.charged:
        facts = asdict(found) | {"begins": begins.isoformat()}
        events.record(Event(_key(begins), now, "reconciled", "", facts=facts))
    if found.gaps:
        log.warning("Charged and observed time differ. %s", found.sentence)
    return found


def last_week(events: Events, now: datetime) -> Week | None:
    """Return what was found for the last whole week, or for the one before while that is not compared yet."""
    for begins in (_last_monday(now), _last_monday(now - _WEEK)):
        if event := events.find(_key(begins)):
            return _week(event.facts)
    return None


def compare(connection: Connection, begins: date, now: datetime) -> Week:
    """Return how the week from this day on was observed and charged.

    Observed is what the hub and the gateway reported running; of something whose start nobody knew nothing is.
    """
    start = datetime.combine(begins, time(), now.tzinfo)
    observed = _observed(connection, start, start + _WEEK, now)
    charged = _charged(connection, begins, begins + _WEEK)
    gaps = [
        Gap(name, observed.get(name, 0), charged.get(name, 0))
        for name in {*observed, *charged}
        if _differ(observed.get(name, 0), charged.get(name, 0))
    ]
    gaps.sort(key=lambda one: (-abs(one.observed - one.charged), one.username))
    return Week(begins, sum(observed.values()), sum(charged.values()), tuple(gaps[:_SHOWN]))


def _observed(connection: Connection, start: datetime, end: datetime, now: datetime) -> dict[str, int]:
    ended = select(EndingRow.username, EndingRow.started, EndingRow.ended).where(
        EndingRow.ended > start, EndingRow.started < end
    )
    running = select(RunningRow.username, RunningRow.started).where(RunningRow.started < end)
    rows = [*connection.execute(ended), *((*row, now) for row in connection.execute(running))]
    found: dict[str, int] = {}
    for username, began, until in rows:
        seconds = int((min(until, end) - max(began, start)).total_seconds())
        found[username] = found.get(username, 0) + max(0, seconds)
    return found


def _charged(connection: Connection, first: date, after: date) -> dict[str, int]:
    """Read from the sums of days, which the daily check compares with the entries that they are made of."""
    week = SpendRow.day >= first, SpendRow.day < after
    query = select(SpendRow.username, func.sum(SpendRow.seconds)).where(*week).group_by(SpendRow.username)
    return {username: int(seconds) for username, seconds in connection.execute(query)}


def _differ(observed: int, charged: int) -> bool:
    return abs(observed - charged) > max(_SLACK_SECONDS, _TOLERANCE * max(observed, charged))


def _last_monday(now: datetime) -> date:
    return now.date() - timedelta(days=now.weekday()) - _WEEK


def _key(begins: date) -> str:
    return f"reconciled:{begins}"


def _week(facts: dict[str, Any]) -> Week:
    gaps = tuple(Gap(**one) for one in facts["gaps"])
    return Week(date.fromisoformat(facts["begins"]), facts["observed"], facts["charged"], gaps)
