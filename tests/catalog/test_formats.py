"""Every format opens from a path and from a server, and a hostile or damaged file is named."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gaia_vre.catalog.formats import reader_of
from gaia_vre.catalog.formats.source import Source
from gaia_vre.catalog.sites import Place
from gaia_vre.core.errors import InvalidInput, Unavailable
from tests.support.prepared import SOURCES
from tests.support.stores import web_of

META = """<archive xmlns="http://rs.tdwg.org/dwc/text/" metadata="eml.xml">
<core encoding="UTF-8" fieldsTerminatedBy="\\t" linesTerminatedBy="\\n" fieldsEnclosedBy="" ignoreHeaderLines="1">
<files><location>{location}</location></files><id index="0"/>
<field index="1" term="http://rs.tdwg.org/dwc/terms/scientificName"/>
<field index="2" term="http://rs.tdwg.org/dwc/terms/decimalLatitude"/>
<field index="3" term="http://rs.tdwg.org/dwc/terms/decimalLongitude"/>
<field index="4" term="http://rs.tdwg.org/dwc/terms/eventDate"/>
<field default="France" term="http://rs.tdwg.org/dwc/terms/country"/></core></archive>"""
ROWS = 'id\tname\tlat\tlon\tdate\n1\tQuercus "ilex" L.\t43.6\t3.9\t1999-05-01\n2\tÉrable\t\t\t2001-07-14\n'


def archive(folder: Path, meta: str = META.format(location="occurrence.txt"), rows: bytes = ROWS.encode()) -> Path:
    path = folder / "herbarium.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("meta.xml", meta)
        packed.writestr("occurrence.txt", rows)
    return path


def references(folder: Path, address: str, **more) -> Path:
    array = {"shape": [3], "chunks": [3], "dtype": "<f4", "compressor": None, "fill_value": None, "filters": None}
    refs = {
        ".zgroup": json.dumps({"zarr_format": 2}),
        "sst/.zarray": json.dumps({"zarr_format": 2, "order": "C", **array}),
        "sst/.zattrs": json.dumps({"_ARRAY_DIMENSIONS": ["x"]}),
        "sst/0": [address, 4, 12],
    }
    path = folder / "many.json"
    path.write_text(json.dumps({"version": 1, "refs": refs, **more}))
    return path


def sample(name: str, folder: Path) -> Path:
    """Return a file of each format, real where a real one is at hand."""
    if name == "zarr2":
        xr.open_dataset(SOURCES / "aeris/uwnd_mean.nc").to_zarr(folder / "uwnd.zarr", zarr_format=2, consolidated=True)
        return folder / "uwnd.zarr"
    if name == "netcdf4":
        xr.open_dataset(SOURCES / "aeris/uwnd_mean.nc").to_netcdf(folder / "uwnd.nc", engine="h5netcdf")
        return folder / "uwnd.nc"
    if name == "grib":
        return Path(xr.__file__).parent / "tests/data/example.grib"
    if name == "references":
        (folder / "plain.bin").write_bytes(b"head" + np.arange(3, dtype="<f4").tobytes())
        return references(folder, "plain.bin")
    if name == "archive":
        return archive(folder)
    return SOURCES / name


KINDS = {
    "zarr2": "Dataset",
    "netcdf4": "Dataset",
    "aeris/uwnd_mean.nc": "Dataset",
    "grib": "Dataset",
    "references": "Dataset",
    "theia/L7_ETMs.tif": "DataArray",
    "pndb/ariolimax.gpkg": "GeoDataFrame",
    "formaterre/earthquakes.csv": "GeoDataFrame",
    "archive": "GeoDataFrame",
    "formaterre/II.TLY.BHZ.SAC": "Stream",
    "formaterre/dataselect_example_mixed_wildcards.mseed": "Stream",
}


@pytest.fixture(autouse=True)
def kept_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.parametrize("name", KINDS)
def test_each_format_opens_from_disk_and_from_a_server_alike(name: str, tmp_path: Path) -> None:
    path = sample(name, tmp_path)
    read = (
        reader_of("x", "", path.name) if name != "references" else reader_of("x", "application/vnd.kerchunk+json", "")
    )
    here = read(path)
    assert type(here).__name__ == KINDS[name]
    with web_of(path.parent) as web:
        place = Place(f"{web.url}/{path.name}", "Toulouse", None, 5)
        there = read(Source("x", None, (place,)))
        if KINDS[name] == "Dataset":
            assert all(array.chunks for array in there.data_vars.values())
            xr.testing.assert_identical(there.load(), here.load())
        assert type(there) is type(here)
        assert len(there) == len(here)


def test_stations_open(tmp_path: Path) -> None:
    path = next((SOURCES / "formaterre").glob("*.xml"))
    assert len(reader_of("x", "application/x-stationxml+xml", path.name)(path)) > 0


def test_an_archive_is_typed_and_has_points(tmp_path: Path) -> None:
    table = reader_of("x", "application/zip", "x.zip")(archive(tmp_path))
    assert list(table.columns) == [
        "id", "scientificName", "decimalLatitude", "decimalLongitude", "eventDate", "country", "geometry",
    ]  # fmt: skip
    assert table["decimalLatitude"].dtype == float
    assert str(table["eventDate"].dtype).endswith("UTC]")
    assert table["scientificName"][0] == 'Quercus "ilex" L.'
    assert table.geometry[0].x == 3.9
    assert table.geometry[1] is None


def test_references_read_what_they_point_at(tmp_path: Path) -> None:
    opened = reader_of("x", "application/vnd.kerchunk+json", "")(sample("references", tmp_path))
    assert opened["sst"].chunks
    assert list(opened["sst"].to_numpy()) == [0, 1, 2]


def test_references_in_tables_are_read(tmp_path: Path) -> None:
    from fsspec.implementations.local import LocalFileSystem
    from fsspec.implementations.reference import LazyReferenceMapper

    sample("references", tmp_path)
    document = json.loads((tmp_path / "many.json").read_text())
    tables = LazyReferenceMapper.create(str(tmp_path / "many.parq"), fs=LocalFileSystem(), engine="pyarrow")
    for key, value in document["refs"].items():
        tables[key] = value if isinstance(value, list) else value.encode()
    tables.flush()
    opened = reader_of("x", "application/vnd.kerchunk+parquet", "")(tmp_path / "many.parq")
    assert list(opened["sst"].to_numpy()) == [0, 1, 2]


@pytest.mark.parametrize(
    ("address", "more", "said"),
    [
        ("file:///etc/passwd", {}, "outside the folders"),
        ("/etc/passwd", {}, "outside the folders"),
        ("../../../etc/passwd", {}, "outside the folders"),
        ("simplecache::file:///etc/passwd", {}, "none that is read"),
        ("{{u}}", {"templates": {"u": "file:///etc/passwd"}}, "outside the folders"),
        ("{{u}}", {"templates": {"u": "{{ 7 * 7 }}"}}, "carries code"),
        ("x", {"gen": [{"key": "{{i}}", "url": "x"}]}, "carries code"),
    ],
)
def test_references_to_what_is_not_theirs_are_refused(tmp_path: Path, address: str, more: dict, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        reader_of("x", "application/vnd.kerchunk+json", "")(references(tmp_path, address, **more))


@pytest.mark.parametrize(
    ("meta", "rows", "said"),
    [
        (META.format(location="../../../etc/passwd"), b"", "outside of the archive"),
        (META.format(location="/etc/passwd"), b"", "outside of the archive"),
        (META.format(location="other.txt"), b"", "has no other.txt"),
        (META.format(location="occurrence.txt"), bytes(60_000_000), "unpacks from"),
        ("<archive/>", b"", "no core table"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', b"", "not the XML"),
        ("not xml", b"", "not the XML"),
        (META.format(location="occurrence.txt").replace("UTF-8", "no-such"), b"", "damaged"),
        (META.format(location="occurrence.txt").replace('index="1"', 'index="999999999"'), b"", "no columns"),
    ],
    ids=["traversal", "absolute", "missing", "bomb", "empty", "entity", "text", "encoding", "far column"],
)
def test_a_hostile_archive_is_named(tmp_path: Path, meta: str, rows: bytes, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        reader_of("x", "application/zip", "")(archive(tmp_path, meta, rows))


TRUNCATED = [
    "netcdf4",
    "aeris/uwnd_mean.nc",
    "grib",
    "references",
    "theia/L7_ETMs.tif",
    "pndb/ariolimax.gpkg",
    "archive",
    "formaterre/dataselect_example_mixed_wildcards.mseed",
]


@pytest.mark.parametrize("kept", [0, 40])
@pytest.mark.parametrize("name", TRUNCATED)
def test_a_truncated_file_is_named(name: str, kept: int, tmp_path: Path) -> None:
    path = sample(name, tmp_path)
    cut = tmp_path / f"cut{path.suffix}"
    cut.write_bytes(path.read_bytes()[:kept])
    read = reader_of("x", "application/vnd.kerchunk+json" if name == "references" else "", cut.name)
    with pytest.raises(InvalidInput, match=f"{cut.name} is damaged or no|holds no"):
        read(cut)


def test_a_csv_without_places_is_a_plain_table(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("date,level\n2001-01-01,3\n2001-01-02,4\n")
    table = reader_of("x", "text/csv", "a.csv")(tmp_path / "a.csv")
    assert type(table) is pd.DataFrame
    assert str(table["date"].dtype).endswith("UTC]")


def test_an_unknown_format_is_named() -> None:
    with pytest.raises(InvalidInput, match="x: files of type 'application/x-word' are not read here"):
        reader_of("x", "application/x-word", "a.doc")


def test_a_file_that_is_too_large_to_bring_here_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gaia_vre.catalog.formats.source.FETCHED_BYTES", 10)
    with web_of(SOURCES / "pndb") as web, pytest.raises(Unavailable, match="at most"):
        Source("x", None, (Place(f"{web.url}/ariolimax.gpkg", "T"),)).local()


def test_an_interrupted_download_leaves_nothing_behind(tmp_path: Path) -> None:
    with web_of(SOURCES / "pndb") as web:
        source = Source("x", None, (Place(f"{web.url}/ariolimax.gpkg", "T", None, 1),))
        source.files.info("")
        web.fault = "cut"
        with pytest.raises(Unavailable):
            source.local()
        web.fault = None
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == []


def test_an_ensemble_opens_through_intake_esm(tmp_path: Path) -> None:
    path = next((SOURCES / "climeri").glob("ta_Amon*.nc"))
    facets = dict(zip(("variable_id", "table_id", "source_id", "experiment_id"), path.stem.split("_"), strict=False))
    (tmp_path / path.name).write_bytes(path.read_bytes())
    described = {
        "esmcat_version": "0.1.0", "id": "cmip6", "description": "",
        "attributes": [{"column_name": name} for name in facets],
        "assets": {"column_name": "path", "format": "netcdf"},
        "aggregation_control": {"variable_column_name": "variable_id", "groupby_attrs": ["source_id", "experiment_id"]},
        "catalog_dict": [{**facets, "path": path.name}],
    }  # fmt: skip
    file = tmp_path / "cmip6.json"
    file.write_text(json.dumps(described))
    read = reader_of("x", "application/vnd.intake-esm+json", "")
    datasets = read(file).to_dataset_dict(progressbar=False)
    assert "ta" in next(iter(datasets.values()))
    described["catalog_dict"][0]["path"] = "file:///etc/passwd"
    file.write_text(json.dumps(described))
    with pytest.raises(InvalidInput, match="outside the folders"):
        read(file)


def test_a_zarr_store_without_listing_and_consolidation_says_so(tmp_path: Path) -> None:
    xr.Dataset({"a": ("x", [1.0])}).to_zarr(tmp_path / "a.zarr", zarr_format=3, consolidated=False)
    with web_of(tmp_path) as web:
        web.fault = "no listing"
        with pytest.raises(InvalidInput, match="not consolidated"):
            reader_of("x", "application/vnd.zarr", "")(Source("x", None, (Place(f"{web.url}/a.zarr", "T"),)))


def test_grib_has_the_values_that_gdal_reads(tmp_path: Path) -> None:
    import rasterio

    path = sample("grib", tmp_path)
    grid = reader_of("x", "application/x-grib", path.name)(path)
    with rasterio.open(path) as image:
        wanted = [
            (image.read(band).mean(), image.tags(band)["GRIB_ELEMENT"])
            for band in range(1, image.count + 1)
            if image.tags(band)["GRIB_ELEMENT"] == "GP"
        ]
    found = sorted(float(one) for one in grid["gp"].mean(("latitude", "longitude")).to_numpy().ravel())
    np.testing.assert_allclose(found, sorted(mean for mean, _ in wanted), rtol=1e-6)


def test_an_old_grib_says_which_edition_is_read(tmp_path: Path) -> None:
    (tmp_path / "old.grib").write_bytes(b"GRIB\0\0\x20\x01" + bytes(24))
    with pytest.raises(InvalidInput, match="edition 1"):
        reader_of("x", "", "old.grib")(tmp_path / "old.grib")
