"""How a budget was used up, day after day, and where it goes at the pace of now: pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from gaia_vre.quotas.forecast import DAY, returns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gaia_vre.quotas.model import Window

SHOWN_DAYS = 60
_DAY = timedelta(days=1)
Spot = tuple[datetime, int]


@dataclass(frozen=True)
class Spent:
    """A budget and what was taken from it; amounts in millionths times seconds."""

    used: int
    """What the ledger counts now."""
    limit: int
    window: Window
    days: Mapping[date, int]
    """What was used on each day, in UTC, from `first_day` on."""
    pace: int
    """What a day uses, on the average of the last ones."""
    running: int = 0
    """What a day uses of what runs now."""


@dataclass(frozen=True)
class Burn:
    """What of a budget was used at some times; amounts in millionths times seconds."""

    used: tuple[Spot, ...]
    """The past, now last."""
    coming: tuple[Spot, ...]
    """What would be used, now first, until the limit or the end of what is looked at; empty when nothing is used."""
    running: tuple[Spot, ...]
    """The same, if what runs now never stops."""


def first_day(window: Window, now: datetime) -> date:
    """Return from which day on the spendings are needed."""
    return _begins(window, now).date() - timedelta(days=window.days or 0)


def burn(budget: Spent, now: datetime) -> Burn:
    """Return the past and the future of a budget."""
    return Burn(_past(budget, now), _future(budget, budget.pace, now), _future(budget, budget.running, now))


def _begins(window: Window, now: datetime) -> datetime:
    earliest = now - timedelta(days=min(window.days or SHOWN_DAYS, SHOWN_DAYS))
    start = None if window.days else window.start
    return max(start, earliest) if start else earliest


def _past(budget: Spent, now: datetime) -> tuple[Spot, ...]:
    """Return the past, counted back from what the ledger says now."""
    window, spent = budget.window, budget.days
    found, value, day = [(now, budget.used)], budget.used, now.date()
    begins = _begins(window, now)
    while (midnight := datetime.combine(day, time(), UTC)) > begins:
        value -= spent.get(day, 0)
        if window.days:  # what left the window at that midnight was still in it the day before
            value += spent.get(day - timedelta(days=window.days), 0)
        found.append((midnight, max(0, value)))
        day -= _DAY
    if begins == window.start and begins < found[-1][0]:
        found.append((begins, max(0, value - spent.get(day, 0))))
    return tuple(reversed(found))


def _future(budget: Spent, pace: int, now: datetime) -> tuple[Spot, ...]:
    if pace <= 0 or budget.used >= budget.limit:
        return ()
    back = returns(budget.days, budget.window.days, now) if budget.window.days else []
    found, at = [(now, budget.used)], now
    for end in _days_ahead(budget.window, now):
        value, before = _value(budget.used, pace, back, end - now), found[-1][1]
        if value >= budget.limit:
            part = (budget.limit - before) / max(1, value - before)
            return (*found, (at + (end - at) * part, budget.limit))
        found.append((end, value))
        at = end
    return tuple(found)


def _days_ahead(window: Window, now: datetime) -> list[datetime]:
    ahead = timedelta(days=min(window.days or SHOWN_DAYS, SHOWN_DAYS))
    last = min(window.end, now + ahead) if window.end else now + ahead
    midnight = datetime.combine(now.date(), time(), UTC) + _DAY
    days = [midnight + _DAY * number for number in range(SHOWN_DAYS + 1)]
    return [one for one in days if one < last] + ([last] if last > now else [])


def _value(used: int, pace: int, back: Sequence[tuple[int, int]], after: timedelta) -> int:
    seconds = int(after.total_seconds())
    returned = sum(amount for at, amount in back if at <= seconds)
    return max(0, used + pace * seconds // DAY - returned)
