"""P2: from the login form to the usual packages imported."""

from tests.benchmarks.driver import alternately, seconds_to
from tests.benchmarks.measure import Measure

IMPORTS = "import xarray, dask, hvplot.xarray"


def measure() -> Measure:
    samples = alternately(lambda platform: seconds_to(platform, IMPORTS), times=5)
    return Measure("P2 login to xarray, dask, hvplot imported", "s", *samples, aim=0.45)
