"""What comes out has the values of what went in."""

from pathlib import Path

import geopandas
import geopandas.testing
import numpy as np
import obspy
import pandas as pd
import pytest
import rasterio
import xarray as xr
import zarr
from rio_cogeo import cog_validate

from gaia_vre.catalog.curated import Description, load_descriptions
from gaia_vre.catalog.opening import read_parquet
from tests.support.prepared import SOURCES

DESCRIPTIONS = {one.id: one for one in load_descriptions() if one.sources}
GRIDS = [one for one in DESCRIPTIONS.values() if one.dataset.kind == "grid"]
ENGINES = {"netcdf3": "scipy", "netcdf4": "h5netcdf"}


def sources_of(description: Description) -> list[xr.Dataset]:
    engine = ENGINES[description.recipe.file_type]
    return [xr.open_dataset(SOURCES / one.path, engine=engine, decode_times=False) for one in description.sources]


@pytest.mark.parametrize("description", GRIDS, ids=lambda one: one.id)
def test_grids_have_the_values_of_their_sources(description: Description, prepared: Path) -> None:
    store = xr.open_zarr(prepared / "zarr" / f"{description.id}.zarr", consolidated=False, decode_times=False).load()
    for at, source in enumerate(sources_of(description)):
        compared = set(source.data_vars) & set(store.data_vars) - {"rotated_pole"}
        assert compared
        for name in compared:
            found = store[name]
            if (
                description.recipe.concat in found.dims
                and len(description.sources) > 1
                and not description.recipe.merge
            ):
                found = found.isel({description.recipe.concat: slice(at, at + 1)})
            np.testing.assert_array_equal(found.to_numpy(), source[name].to_numpy(), err_msg=name)
            assert found.dtype == source[name].dtype


@pytest.mark.parametrize("description", GRIDS, ids=lambda one: one.id)
def test_grids_are_zarr_format_3_in_the_chunks_of_the_recipe(description: Description, prepared: Path) -> None:
    group = zarr.open_group(prepared / "zarr" / f"{description.id}.zarr", mode="r")
    assert group.metadata.zarr_format == 3
    for _, array in group.arrays():
        wanted = [(description.recipe.chunks or {}).get(name) for name in array.metadata.dimension_names or ()]
        assert all(size in (None, chunk) for size, chunk in zip(wanted, array.chunks, strict=True))


def test_times_are_those_of_the_sources(prepared: Path) -> None:
    nemo = xr.open_zarr(prepared / "zarr" / "nemo-tos-2015.zarr", consolidated=False)
    assert [str(one)[:10] for one in nemo["time_centered"].to_numpy()] == ["2015-01-16", "2015-02-16", "2015-03-16"]
    cams = xr.open_zarr(prepared / "zarr" / "cams-pm10-2020-01-02.zarr", consolidated=False)
    assert str(cams["time"].to_numpy()[0])[:16] == "2020-01-02T12:00"


def test_positions_of_a_rotated_grid_are_right(prepared: Path) -> None:
    """The grid's own pole: rotated (0, 0) lies at 180 degrees from the pole's longitude, 90 from its latitude."""
    grid = xr.open_zarr(prepared / "zarr" / "cordex-eur11-tas.zarr", consolidated=False)
    middle = grid.sel(rlat=0, rlon=0, method="nearest")
    assert float(middle["lat"]) == pytest.approx(90 - 39.25, abs=0.06)
    assert float(middle["lon"]) == pytest.approx(-162 + 180, abs=0.09)


@pytest.mark.parametrize(
    ("name", "source"), [("olinda-landsat7", "L7_ETMs.tif"), ("olinda-elevation", "olinda_dem_utm25s.tif")]
)
def test_images_are_valid_cogs_with_the_same_pixels(name: str, source: str, prepared: Path) -> None:
    made = prepared / "cog" / f"{name}.tif"
    assert cog_validate(str(made), quiet=True)[0]
    with rasterio.open(made) as new, rasterio.open(SOURCES / "theia" / source) as old:
        np.testing.assert_array_equal(new.read(), old.read())
        assert (new.crs, new.transform) == (old.crs, old.transform)


def test_tables_have_the_rows_of_their_sources(prepared: Path) -> None:
    slugs = read_parquet(prepared / "tables" / "ariolimax-buttoni.parquet")
    geopandas.testing.assert_geodataframe_equal(slugs, geopandas.read_file(SOURCES / "pndb" / "ariolimax.gpkg"))
    events = read_parquet(prepared / "tables" / "usgs-earthquakes-2024.parquet")
    old = pd.read_csv(SOURCES / "formaterre" / "earthquakes.csv")
    for name in set(old.columns) - {"time"}:
        np.testing.assert_array_equal(events[name], old[name])
    np.testing.assert_array_equal(events["time"].dt.tz_localize(None), pd.to_datetime(old["time"]))
    np.testing.assert_array_equal(events.geometry.x, old["lon"])


def test_a_profile_of_the_ceilometer_is_decoded(prepared: Path) -> None:
    profile = read_parquet(prepared / "tables" / "sirta-palaiseau-cl31.parquet")
    assert len(profile) == 1500
    assert profile["height"].iloc[-1] == 7495
    assert profile["count"].iloc[0] == 0x000A0
    assert profile["count"].min() < 0
    assert profile["attenuated_backscatter"].iloc[1] == pytest.approx(0x00087 * 1e-8)


@pytest.mark.parametrize("name", ["tohoku-2011-tly", "iu-adk-afi-2010-02-27", "geoscope-can-station"])
def test_seismic_files_are_kept_as_they_are(name: str, prepared: Path) -> None:
    for source in DESCRIPTIONS[name].sources:
        old = SOURCES / source.path
        assert (prepared / "seismic" / name / old.name).read_bytes() == old.read_bytes()


def test_the_seismogram_reads_as_the_source(prepared: Path) -> None:
    assert obspy.read(prepared / "seismic" / "iu-adk-afi-2010-02-27" / "*.mseed")[0].stats.npts == 1200
