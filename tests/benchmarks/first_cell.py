"""P1: from the login form to the first answered cell."""

from tests.benchmarks.driver import alternately, seconds_to
from tests.benchmarks.measure import Measure


def measure() -> Measure:
    samples = alternately(lambda platform: seconds_to(platform, "1 + 1"), times=5)
    return Measure("P1 login to first answered cell", "s", *samples, aim=0.35)
