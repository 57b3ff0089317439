"""How fast a budget is used, and until when it lasts: pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from gaia_vre.core.amounts import HOUR

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gaia_vre.quotas.model import Window

DAY = 24 * HOUR
PACE_DAYS = 7
_HORIZON = timedelta(days=3660)


@dataclass(frozen=True)
class Forecast:
    """What happens to a budget if it goes on like this."""

    left: int
    """In millionths times seconds, as all amounts here; never negative."""
    running: int
    """What one second uses of what runs now."""
    pace: int
    """What a day used on the average of the last days."""
    until_running: datetime | None
    """When it is used up by what runs now; None when it is not."""
    until_pace: datetime | None
    """When it is used up at the pace of the last days."""

    @property
    def until(self) -> datetime | None:
        """The sooner of both."""
        return min((one for one in (self.until_running, self.until_pace) if one), default=None)


def forecast(left: int, window: Window, spent: Mapping[date, int], running: int, now: datetime) -> Forecast:
    """Return how long a budget lasts.

    Parameters
    ----------
    left
        What the ledger has left of it; below nothing is nothing.
    spent
        What was used on each day, in UTC: all days that count, and the last seven.
    running
        What one second uses of what runs now.
    """
    begins = window.begins(now)
    counted = {day: amount for day, amount in spent.items() if begins is None or day >= begins.date()}
    left = max(0, left)
    pace = pace_of(spent, now, begins)
    coming = returns(counted, window.days, now) if window.days else []
    ahead = _ahead(window, now)
    return Forecast(
        left=left,
        running=running,
        pace=pace,
        until_running=_when(now, runs_out(left, running * DAY, coming, ahead)),
        until_pace=_when(now, runs_out(left, pace, coming, ahead)),
    )


def pace_of(spent: Mapping[date, int], now: datetime, begins: datetime | None = None) -> int:
    """Return what a day used on the average of the last seven, today's part of a day included."""
    first = now - timedelta(days=PACE_DAYS)
    if begins is not None and begins > first:
        first = begins
    since = max(HOUR, int((now - first).total_seconds()))
    amount = 0
    for day, used in spent.items():
        start = datetime.combine(day, time(), UTC)
        if start >= first:
            amount += used
        elif start + timedelta(days=1) > first:  # the part of that day which lies in the last seven
            amount += used * int((start + timedelta(days=1) - first).total_seconds()) // DAY
    return amount * DAY // since


def returns(spent: Mapping[date, int], days: int, now: datetime) -> list[tuple[int, int]]:
    """Return when what was used leaves a rolling window, in seconds from now, and how much; the soonest first."""
    found = []
    for day, amount in spent.items():
        leaves = datetime.combine(day, time(), UTC) + timedelta(days=days)
        if amount and leaves > now:
            found.append((int((leaves - now).total_seconds()), amount))
    return sorted(found)


def runs_out(left: int, per_day: int, coming: Iterable[tuple[int, int]], ahead: int) -> int | None:
    """Return after how many seconds nothing is left; None if something is left for as long as is looked ahead.

    Parameters
    ----------
    per_day
        What is used in a day.
    coming
        What comes back: after how many seconds, and how much; the soonest first.
    ahead
        So many seconds are looked at.
    """
    if per_day <= 0:
        return None
    if left <= 0:
        return 0
    total = left
    for at, amount in (*coming, (ahead, 0)):
        reached = -(-total * DAY // per_day)
        if reached <= min(at, ahead):
            return reached
        if at >= ahead:
            return None
        total += amount
    return None


def even_pace(left: int, end: datetime, now: datetime) -> int:
    """Return what may be used in a day to last until the end of a period."""
    return left * DAY // max(HOUR, int((end - now).total_seconds()))


def _ahead(window: Window, now: datetime) -> int:
    """Look as far as the period goes; what a rolling window survives once, it survives for ever."""
    if window.days:
        return window.days * DAY
    if window.end:
        return max(0, int((window.end - now).total_seconds()))
    return int(_HORIZON.total_seconds())


def _when(now: datetime, seconds: int | None) -> datetime | None:
    return None if seconds is None else now + timedelta(seconds=seconds)
