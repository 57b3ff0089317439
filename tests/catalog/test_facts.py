import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaia_vre.catalog.facts import longitude_range


@pytest.mark.parametrize(
    ("longitudes", "expected"),
    [
        pytest.param(np.arange(0, 360, 2.5), (-180.0, 180.0), id="whole circle"),
        pytest.param([359.5, 359.9, 0.1, 0.5], (-0.5, 0.5), id="over Greenwich"),
        pytest.param([178, 182], (178.0, -178.0), id="over the date line"),
        pytest.param([225, 270, 315], (-135.0, -45.0), id="0 to 360"),
        pytest.param([10.0], (10.0, 10.0), id="one place"),
    ],
)
def test_longitudes_become_the_shortest_arc(longitudes: list[float], expected: tuple[float, float]) -> None:
    assert longitude_range(np.asarray(longitudes)) == expected


@given(st.lists(st.floats(-180, 180), min_size=1, max_size=20))
def test_the_arc_holds_every_longitude(longitudes: list[float]) -> None:
    west, east = longitude_range(np.asarray(longitudes))
    width = 360 if east - west == 360 else (east - west) % 360
    eastward = (np.asarray(longitudes) - west + 1e-5) % 360
    assert bool((eastward <= width + 2e-5).all())
