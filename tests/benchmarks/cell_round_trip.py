"""P5: from sending a small cell to its answer."""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING

from tests.benchmarks.driver import alternately, first_visit, run
from tests.benchmarks.measure import Measure

if TYPE_CHECKING:
    from tests.benchmarks.platforms import Platform


def round_trip(platform: Platform, cells: int = 60) -> float:
    """Return the median round trip of small cells in one kernel, in milliseconds."""
    times = []
    with first_visit(platform) as (_client, kernel):
        for _ in range(cells):
            begin = time.perf_counter()
            run(kernel, "1 + 1")
            times.append(time.perf_counter() - begin)
    return median(times) * 1000


def measure() -> Measure:
    return Measure("P5 cell round trip, median", "ms", *alternately(round_trip, times=2), aim=0.2)
