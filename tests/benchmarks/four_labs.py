"""P3: four people press Start at once; the time until the last has an answered cell."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.benchmarks.driver import alternately, seconds_to
from tests.benchmarks.measure import Measure

if TYPE_CHECKING:
    from tests.benchmarks.platforms import Platform


def together(platform: Platform, people: int = 4) -> float:
    """Return the time until everyone has an answer."""
    with ThreadPoolExecutor(people) as pool:
        begin = time.perf_counter()
        answered = [pool.submit(_answered_at, platform) for _ in range(people)]
        return max(future.result() for future in answered) - begin


def _answered_at(platform: Platform) -> float:
    begin = time.perf_counter()
    return begin + seconds_to(platform, "1 + 1")


def measure() -> Measure:
    samples = alternately(together, times=3)
    return Measure("P3 four labs at once, the last answered cell", "s", *samples, aim=0.40)
