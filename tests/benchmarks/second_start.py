"""P18: the second start, to the login page: our whole environment against the stock hub alone."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.benchmarks.driver import alternately
from tests.benchmarks.measure import Measure
from tests.benchmarks.waiting import until_login_page

if TYPE_CHECKING:
    from tests.benchmarks.platforms import Platform


def start_again(platform: Platform) -> float:
    """Stop everything, start it, and return the time to the login page."""
    platform.stop()
    begin = time.perf_counter()
    platform.launch()
    until_login_page(platform.url)
    seconds = time.perf_counter() - begin
    time.sleep(5)
    return seconds


def measure() -> Measure:
    return Measure("P18 second start to the login page", "s", *alternately(start_again, times=3), aim=2.0)
