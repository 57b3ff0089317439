"""Every dataset opens, whole and cut, and refuses what does not fit."""

import numpy as np
import pytest

from gaia_vre.catalog.reader import Catalog
from gaia_vre.core.errors import InvalidInput, NotFound, Unavailable

KINDS = {
    "grid": "Dataset",
    "image": "DataArray",
    "traces": "Stream",
    "stations": "Inventory",
}


def test_each_pole_has_a_dataset_that_opens(catalog: Catalog) -> None:
    poles = {one.pole for one in catalog if one.opens_here}
    assert poles == {"odatis", "theia", "climeri", "aeris", "formaterre", "pndb"}


def test_every_dataset_opens_as_fits_its_kind(catalog: Catalog) -> None:
    for one in catalog:
        if one.opens_here:
            opened = type(one.open()).__name__
            assert opened == KINDS.get(one.kind, opened)
            assert one.kind != "table" or opened in ("DataFrame", "GeoDataFrame")


def test_arrays_are_lazy(catalog: Catalog) -> None:
    sst = catalog.open("ostia-monthly")["surface_temperature"]
    assert sst.chunksizes["time"] == (18, 18, 18)
    assert catalog.open("olinda-landsat7").chunks is not None


def test_bounds_and_grid_mappings_are_coordinates(catalog: Catalog) -> None:
    assert list(catalog.open("ostia-monthly").data_vars) == ["surface_temperature"]


def test_a_month_is_selected(catalog: Catalog) -> None:
    months = catalog.open("ostia-monthly", time="2008-01").time
    assert [str(month)[:10] for month in months.to_numpy()] == ["2008-01-16"]


def test_a_calendar_of_360_days_is_selected(catalog: Catalog) -> None:
    assert catalog.open("nemo-tos-2015", time=("2015-02", "2015-03")).sizes["time_centered"] == 2


def test_longitudes_come_in_the_convention_asked_for(catalog: Catalog) -> None:
    cut = catalog.open("ostia-monthly", bbox=(-30, -2, 20, 2))
    assert -30 <= cut.longitude.min() < 0 < cut.longitude.max() <= 20
    assert bool((np.diff(cut.longitude) > 0).all())
    whole = catalog.open("ostia-monthly")
    there = whole["surface_temperature"].sel(longitude=340, latitude=0, method="nearest")
    here = cut["surface_temperature"].sel(longitude=-20, latitude=0, method="nearest")
    np.testing.assert_array_equal(here, there)


def test_usual_names_of_axes_are_understood(catalog: Catalog) -> None:
    cut = catalog.open("ostia-monthly", lat=(-1, 1), lon=slice(190, 240))
    assert float(cut.latitude.max()) <= 1
    assert float(cut.longitude.min()) >= 190


@pytest.mark.parametrize(
    ("name", "x", "y"), [("nemo-tos-2015", "nav_lon", "nav_lat"), ("cordex-eur11-tas", "lon", "lat")]
)
def test_a_box_cuts_a_curved_grid(catalog: Catalog, name: str, x: str, y: str) -> None:
    cut = catalog.open(name, bbox=(-10, 36, 0, 44))
    values = next(iter(cut.data_vars.values())).isel({next(iter(cut.dims)): 0}, missing_dims="ignore")
    inside = values.squeeze().notnull()
    assert bool(inside.any())
    assert -10 <= float(cut[x].where(inside).min()) <= float(cut[x].where(inside).max()) <= 0
    assert 36 <= float(cut[y].where(inside).min()) <= float(cut[y].where(inside).max()) <= 44


def test_an_image_is_cut_in_degrees(catalog: Catalog) -> None:
    cut = catalog.open("olinda-landsat7", bbox=(-34.9, -8.0, -34.85, -7.97), band=[3, 2, 1])
    assert list(cut.band) == [3, 2, 1]
    assert 0 < cut.sizes["x"] < 349


def test_a_table_is_filtered_by_columns_place_and_time(catalog: Catalog) -> None:
    strong = catalog.open("usgs-earthquakes-2024", mag=slice(6, None), time="2024-05", bbox=(110, -10, 140, 10))
    assert (strong["mag"] >= 6).all()
    assert set(strong["time"].dt.month) == {5}
    assert set(catalog.open("ariolimax-buttoni", presence=1)["presence"]) == {1}
    assert list(catalog.open("usgs-earthquakes-2024", variables=["mag"]).columns) == ["mag", "geometry"]


def test_traces_are_selected_by_code_and_time(catalog: Catalog) -> None:
    stream = catalog.open("iu-adk-afi-2010-02-27", station="A*K", time=("2010-02-27T06:30:10", "2010-02-27T06:30:20"))
    assert {trace.stats.station for trace in stream} == {"ADK"}
    assert all(trace.stats.endtime - trace.stats.starttime < 12 for trace in stream)


@pytest.mark.parametrize(
    ("name", "selection", "message"),
    [
        pytest.param("ostia-monthly", {"time": "1999"}, "outside 2006-04-16 to 2010-09-16", id="time outside"),
        pytest.param("ostia-monthly", {"lat": slice(40, 50)}, "latitude 40 to 50 lies outside", id="latitude outside"),
        pytest.param("ostia-monthly", {"depth": 3}, "no dimension 'depth'; it has time", id="unknown dimension"),
        pytest.param("ostia-monthly", {"longitud": 3}, "did you mean 'longitude'", id="misspelt dimension"),
        pytest.param(
            "ostia-monthly", {"variables": "sst"}, "no variable 'sst'; it has surface_", id="unknown variable"
        ),
        pytest.param("ostia-monthly", {"latitude": "north"}, "takes numbers", id="words for numbers"),
        pytest.param("e1-north-america-tas", {"bbox": (0, 40, 10, 50)}, "135°W to 45°W", id="box outside"),
        pytest.param("e1-north-america-tas", {"lon": slice(0, 10)}, "holds none of it", id="longitude outside"),
        pytest.param("nemo-tos-2015", {"time": "2015-02-02"}, "no time step", id="between two steps"),
        pytest.param("nemo-tos-2015", {"lat": 40}, "give ranges", id="one latitude of a curved grid"),
        pytest.param("usgs-earthquakes-2024", {"magnitude": 3}, "did you mean 'mag'", id="unknown column"),
        pytest.param("usgs-earthquakes-2024", {"mag": 9}, "no row fits", id="no row"),
        pytest.param("sirta-palaiseau-cl31", {"bbox": (0, 0, 1, 1)}, "its place is unknown", id="no place"),
        pytest.param("iu-adk-afi-2010-02-27", {"station": "XX"}, "it has IU.ADK.00.BHZ", id="no station"),
        pytest.param("iu-adk-afi-2010-02-27", {"depth": 1}, "no selection 'depth'", id="unknown code"),
        pytest.param("olinda-landsat7", {"bbox": (0, 0, 1, 1)}, "34.92°W to 34.83°W", id="image elsewhere"),
        pytest.param("olinda-landsat7", {"band": 9}, "band 9 lies outside 1 to 6", id="no such band"),
    ],
)
def test_a_selection_that_does_not_fit_says_why(catalog: Catalog, name: str, selection: dict, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        catalog.open(name, **selection)
    assert message in caught.value.message
    assert caught.value.message.startswith((name, "this grid"))


def test_an_unknown_id_suggests_the_nearest(catalog: Catalog) -> None:
    with pytest.raises(NotFound, match="no dataset 'ostia-montly'; did you mean 'ostia-monthly'"):
        catalog.open("ostia-montly")


def test_a_described_dataset_says_how_to_get_it(catalog: Catalog) -> None:
    with pytest.raises(Unavailable, match=r"argo-gdac is described.*Argo GDAC"):
        catalog.open("argo-gdac")
