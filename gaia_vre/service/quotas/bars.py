"""Upright bars of days: at most three series, the largest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

MOST_SERIES = 3
OTHERS = ""
"""Stands for all series after the first two, where there are more than three."""


@dataclass(frozen=True)
class Column:
    """One day, with an amount of each series."""

    day: date
    amounts: tuple[float, ...]


@dataclass(frozen=True)
class Bars:
    """A plot of columns."""

    columns: tuple[Column, ...]
    series: tuple[tuple[str, float], ...]
    """Names with their totals, the largest first."""


def bars(days: Sequence[date], amounts: Mapping[str, Mapping[date, float]]) -> Bars:
    """Return the columns of some days: the largest series by themselves, the rest as one."""
    totals = {name: sum(each.get(day, 0) for day in days) for name, each in amounts.items()}
    order = sorted((name for name in totals if totals[name] > 0), key=lambda name: (-totals[name], name))
    alone = order if len(order) <= MOST_SERIES else order[: MOST_SERIES - 1]
    rest = order[len(alone) :]
    columns = tuple(
        Column(
            day,
            tuple(amounts[name].get(day, 0) for name in alone)
            + ((sum(amounts[name].get(day, 0) for name in rest),) if rest else ()),
        )
        for day in days
    )
    series = [(name, totals[name]) for name in alone]
    if rest:
        series.append((OTHERS, sum(totals[name] for name in rest)))
    return Bars(columns, tuple(series))
