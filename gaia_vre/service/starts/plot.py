"""A person's last starts as upright bars, with the numbers as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gaia_vre.core.marking import said
from gaia_vre.service.quotas.bars import Bars, Column
from gaia_vre.service.starts.store import usual

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gaia_vre.service.starts.store import Start

SERIES = {
    said("Budget, place and environment"): ("budget", "place", "image"),
    said("Lab process"): ("container",),
    said("JupyterLab"): ("lab",),
}
"""What is shown as one, of the steps that the hub tells."""


@dataclass(frozen=True)
class Line:
    """One start, in the table beside the plot."""

    ready: datetime
    name: str
    size: str
    amounts: tuple[float, ...]
    seconds: float


@dataclass(frozen=True)
class Plot:
    """The plot and its numbers."""

    bars: Bars
    lines: tuple[Line, ...]
    usual: float | None
    """The seconds within which half of them were ready; None of too few."""


def plot(starts: Sequence[Start]) -> Plot:
    """Return the plot of starts that come newest first; the newest stands at the right."""
    lines = tuple(Line(one.ready, one.name, one.size, _amounts(one), one.seconds) for one in starts)
    columns = tuple(Column(one.ready.date(), one.amounts) for one in reversed(lines))
    totals = [sum(one.amounts[place] for one in lines) for place in range(len(SERIES))]
    series = tuple((name, total / max(1, len(lines))) for name, total in zip(SERIES, totals, strict=True))
    return Plot(Bars(columns, series), lines, usual(starts))


def _amounts(start: Start) -> tuple[float, ...]:
    return tuple(sum(start.steps.get(name, 0) for name in names) for names in SERIES.values())
