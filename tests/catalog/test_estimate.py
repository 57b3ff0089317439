"""What an estimate says is what reading then takes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from gaia_vre.catalog.estimate import estimate_dataset
from gaia_vre.catalog.model import Asset, Copy, Dataset, Facts
from gaia_vre.catalog.opening import ReadingNotice, open_dataset
from gaia_vre.catalog.reader import Catalog
from gaia_vre.core.errors import InvalidInput, Unavailable
from tests.support.stores import web_of


def chunky(folder: Path, **encoding) -> Dataset:
    """Return a dataset of 4 × 4 × 4 chunks of real weight."""
    noise = np.random.default_rng(1).integers(0, 500, (40, 40, 40)).astype("int16")
    grid = xr.Dataset(
        {"t": (("time", "lat", "lon"), noise), "s": (("time", "lat", "lon"), noise)},
        {"lat": np.linspace(-39, 39, 40), "lon": np.arange(40) * 9.0},
    )
    chunks = {name: {"chunks": (10, 10, 10), **encoding} for name in ("t", "s")}
    grid.to_zarr(folder / "x.zarr", zarr_format=3, consolidated=False, encoding=chunks)
    size = sum(one.stat().st_size for one in (folder / "x.zarr").rglob("*") if one.is_file())
    asset = Asset("data", "x.zarr", "application/vnd.zarr", "Zarr", size)
    return Dataset("x", "X", "X", kind="grid", facts=Facts(box=(-180.0, -40.0, 180.0, 40.0), assets=(asset,)))


SELECTIONS = {
    "whole": ({}, 128),
    "one variable": ({"variables": "t"}, 64),
    "a column": ({"variables": "t", "lat": slice(-39, -25), "lon": slice(0, 50)}, 4),
    "over the date line": ({"variables": "t", "bbox": (-20, -39, 20, -25)}, 8),
    "a box": ({"bbox": (10, -10, 100, 10)}, 2 * 4 * 2 * 2),
}


def check(seen: float, said: float, tolerance: float = 0.1) -> None:
    assert abs(said - seen) <= tolerance * seen


@pytest.mark.parametrize(("selection", "chunks"), SELECTIONS.values(), ids=SELECTIONS)
def test_it_is_what_a_server_then_sends(tmp_path: Path, selection: dict, chunks: int) -> None:
    dataset = chunky(tmp_path)
    with web_of(tmp_path) as web:
        copy = Copy("toulouse", f"{web.url}/x.zarr")
        asset = replace(dataset.facts.assets[0], path="", copies=(copy,))
        away = replace(dataset, facts=replace(dataset.facts, assets=(asset,)))
        said = estimate_dataset(away, tmp_path, selection)
        opened = open_dataset(away, tmp_path, selection)
        web.sent, web.asked[:] = 0, []
        opened.load(scheduler="synchronous")
    check(web.sent, said.wire_bytes)
    assert len([one for one in web.asked if "/c/" in one]) == said.requests
    assert said.memory_bytes == sum(opened[name].nbytes for name in opened.data_vars)
    assert said.sites == ("toulouse",)


@pytest.mark.parametrize("encoding", [{}, {"shards": (20, 20, 20)}], ids=["chunks", "shards"])
def test_it_weighs_the_very_chunks_on_disk(tmp_path: Path, encoding: dict) -> None:
    dataset = chunky(tmp_path, **encoding)
    said = estimate_dataset(dataset, tmp_path, {"variables": "t"})
    assert said.wire_bytes == sum(one.stat().st_size for one in (tmp_path / "x.zarr/t/c").rglob("*") if one.is_file())


def test_no_data_is_read(tmp_path: Path) -> None:
    dataset = chunky(tmp_path)
    for chunk in (tmp_path / "x.zarr" / "t" / "c").rglob("*"):
        if chunk.is_file():
            chunk.write_bytes(b"\0" * chunk.stat().st_size)
    assert estimate_dataset(dataset, tmp_path, {}).requests == 128


def test_every_dataset_that_opens_has_an_estimate(catalog: Catalog) -> None:
    for one in catalog:
        if one.opens_here:
            said = one.estimate()
            assert 0 < said.wire_bytes <= one.dataset.bytes
            assert said.memory_bytes > 0
            assert said.sites == ("this platform",)


def test_it_is_said_in_a_sentence(catalog: Catalog) -> None:
    said = catalog["ostia-monthly"].estimate(time="2008")
    assert str(said).startswith("This selection reads 0.")
    assert "MB from this platform in" in str(said)
    assert "in memory" in said._repr_html_()
    assert "from 2 sites (A, B) in 1 request," in replace(said, sites=("A", "B"), requests=1).sentence


def test_a_part_of_an_image_weighs_a_part(catalog: Catalog) -> None:
    whole, band = (catalog["olinda-landsat7"].estimate(**chosen) for chosen in ({}, {"band": 3}))
    assert band.wire_bytes * 6 == pytest.approx(whole.wire_bytes, rel=0.01)
    assert band.memory_bytes * 6 == whole.memory_bytes


def test_what_does_not_fit_or_open_is_refused_as_by_open(catalog: Catalog) -> None:
    with pytest.raises(InvalidInput, match="lies outside"):
        catalog["ostia-monthly"].estimate(time="1999")
    with pytest.raises(Unavailable, match="is described here"):
        catalog["argo-gdac"].estimate()


def test_opening_what_is_large_warns_and_opens(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.warns(ReadingNotice, match="ostia-monthly: This selection reads 0.*Nothing is read before"):
        assert catalog.open("ostia-monthly", time="2008", warn_above_gb=0.0001).sizes["time"] == 12
    monkeypatch.setenv("GAIA_VRE_READING_WARNING_GB", "0.0001")
    with pytest.warns(ReadingNotice):
        catalog.open("ostia-monthly")
    catalog.open("ostia-monthly", warn_above_gb=1)


def test_a_threshold_that_is_no_number_is_refused(catalog: Catalog) -> None:
    with pytest.raises(InvalidInput, match="warn_above_gb takes a number of GB, not 'much'"):
        catalog.open("ostia-monthly", warn_above_gb="much")
