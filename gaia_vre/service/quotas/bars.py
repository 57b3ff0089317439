"""Upright bars of days: heights in percent of a round top, at most three series."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

MOST_SERIES = 3
STEPS = 4
"""Intervals of the scale."""
OTHERS = ""
"""Stands for all series after the first two, where there are more than three."""


@dataclass(frozen=True)
class Column:
    """One day."""

    day: date
    parts: tuple[tuple[int, int], ...]
    """Series, from 1, and height in percent; from below."""
    amounts: tuple[float, ...]


@dataclass(frozen=True)
class Bars:
    """A plot of columns."""

    columns: tuple[Column, ...]
    series: tuple[tuple[str, float], ...]
    """Names with their totals, the largest first."""
    scale: tuple[float, ...]
    """What the lines stand for, from the top."""


def bars(days: Sequence[date], amounts: Mapping[str, Mapping[date, float]]) -> Bars:
    """Return the columns of some days: the largest series by themselves, the rest as one."""
    totals = {name: sum(each.get(day, 0) for day in days) for name, each in amounts.items()}
    order = sorted((name for name in totals if totals[name] > 0), key=lambda name: (-totals[name], name))
    alone = order if len(order) <= MOST_SERIES else order[: MOST_SERIES - 1]
    rest = order[len(alone) :]
    rows = [
        tuple(amounts[name].get(day, 0) for name in alone)
        + ((sum(amounts[name].get(day, 0) for name in rest),) if rest else ())
        for day in days
    ]
    series = [(name, totals[name]) for name in alone]
    if rest:
        series.append((OTHERS, sum(totals[name] for name in rest)))
    step = round_step(max((sum(row) for row in rows), default=0) / STEPS)
    top = step * STEPS
    columns = tuple(
        Column(day, tuple((place, _percent(one, top)) for place, one in enumerate(row, 1) if one > 0), row)
        for day, row in zip(days, rows, strict=True)
    )
    return Bars(columns, tuple(series), tuple(step * place for place in range(STEPS, -1, -1)))


def round_step(value: float) -> float:
    """Return the next of 1, 2, 2.5, 5 and 10 times a power of ten."""
    if value <= 0:
        return 0.25
    power = 10.0 ** math.floor(math.log10(value))
    # A sum of floats may lie a hair above what it means.
    return float(next(factor for factor in (1, 2, 2.5, 5, 10) if factor * power >= value * (1 - 1e-9))) * power


def _percent(amount: float, top: float) -> int:
    return max(1, round(amount / top * 100))
