"""Seismic networks, CMIP6 and eodag: what is taken from each."""

import json
import shutil
from pathlib import Path

import pytest

from gaia_vre.catalog.harvest.contract import Report, Source
from gaia_vre.catalog.harvest.drs import facets_of_path, instance_of, period_of
from gaia_vre.catalog.harvest.run import harvest
from gaia_vre.catalog.harvest.sources import harvester_of
from gaia_vre.cli.catalog import packaged_sources
from gaia_vre.core.durable import write_text
from tests.support.harvest_cases import CASES, QUICK, collection
from tests.support.harvest_xml import network, station, station_xml
from tests.support.replay import Replay

STEM = "IPSL/IPSL-CM6A-LR/historical/r1i1p1f1/Amon/ta/gr/v20180803"
NAME = "ta_Amon_IPSL-CM6A-LR_historical_r1i1p1f1_gr_185001-201412.nc"
MODEL = "CMIP6.CMIP.IPSL.IPSL-CM6A-LR.historical"


def run(source: Source, into: Path) -> Report:
    return harvest(source, harvester_of, into, write_text)


def read(into: Path, path: str) -> dict:
    return json.loads((into / "tested" / path).read_text())


def test_a_network_gives_its_stations(replay: Replay, tmp_path: Path) -> None:
    run(CASES["stationxml"].source(replay, tmp_path), tmp_path)
    described, item = read(tmp_path, "fdsn-G/collection.json"), read(tmp_path, "fdsn-G/items/G.CAN.json")
    assert (described["sci:doi"], described["gaia:stations"]) == ("10.18715/geoscope.g", 2)
    assert described["extent"]["temporal"]["interval"] == [["1982-01-01T00:00:00Z", None]]
    assert described["gaia:unknown"] == ["description", "license"]
    assert item["geometry"] == {"type": "Point", "coordinates": [148.9, -35.3]}
    stream = item["properties"]["gaia:streams"][0]
    assert (stream["code"], stream["location"], stream["sample_rate"]) == ("LHZ", "00", 1.0)


def test_epochs_of_a_station_are_one_item(replay: Replay, tmp_path: Path) -> None:
    stations = station("CAN", end="1990-01-01T00:00:00") + station("CAN", start="1990-01-02T00:00:00")
    replay.routes["/fdsnws/station/1/query"] = station_xml(network("G", stations))
    url = f"{replay.url}/fdsnws/station/1/query"
    source = Source(name="tested", kind="stationxml", url=url, items=True, limits=QUICK)
    assert run(source, tmp_path).refused == []
    told = read(tmp_path, "fdsn-G/items/G.CAN.json")["properties"]
    assert (told["start_datetime"], told["end_datetime"]) == ("1987-11-27T00:00:00Z", "2599-12-31T23:59:59Z")
    assert len(told["gaia:streams"]) == 2


def test_temporary_networks_are_told_apart_by_their_year(replay: Replay, tmp_path: Path) -> None:
    both = network("XY", start="2001-01-01T00:00:00") + network("XY", start="2015-01-01T00:00:00")
    replay.routes["/q/query"] = station_xml(both)
    run(Source(name="tested", kind="stationxml", url=f"{replay.url}/q", limits=QUICK), tmp_path)
    assert {path.name for path in (tmp_path / "tested").iterdir() if path.is_dir()} == {"fdsn-XY-2001", "fdsn-XY-2015"}


def test_a_real_stationxml_of_geoscope_is_read(replay: Replay, tmp_path: Path) -> None:
    replay.routes["/q/query"] = (packaged_sources() / "formaterre" / "G_CAN__LHZ.xml").read_bytes()
    source = Source(name="tested", kind="stationxml", url=f"{replay.url}/q", items=True, limits=QUICK)
    assert set(run(source, tmp_path).added) == {"fdsn-G/collection.json", "fdsn-G/items/G.CAN.json"}
    assert read(tmp_path, "fdsn-G/collection.json")["sci:doi"] == "10.18715/GEOSCOPE.G"


def test_an_intake_esm_catalog_gives_models_and_their_datasets(replay: Replay, tmp_path: Path) -> None:
    run(CASES["cmip6"].source(replay, tmp_path), tmp_path)
    described = read(tmp_path, f"{MODEL}/collection.json")
    item = read(tmp_path, f"{MODEL}/items/{MODEL}.r1i1p1f1.Amon.ta.gr.v20180803.json")
    assert described["extent"]["temporal"]["interval"] == [["1850-01-01T00:00:00Z", "2014-12-31T23:59:59Z"]]
    assert described["summaries"]["cmip6:variable_id"] == ["ta"]
    assert described["gaia:unknown"] == ["extent.spatial", "license"]
    assert item["properties"]["cmip6:experiment_id"] == "historical"
    assert item["assets"]["data-1"]["href"] == "https://esgf.example.org/historical.nc"


def test_paths_on_a_sites_own_disk_are_told_but_not_offered(replay: Replay, tmp_path: Path) -> None:
    row = instance_of(facets_of_path(Path("CMIP6/CMIP") / STEM / NAME)).said | {"path": "/bdd/CMIP6/ta.nc"}
    esm = {"catalog_dict": [row], "assets": {"column_name": "path"}}
    replay.routes["/c.json"] = esm
    run(Source(name="tested", kind="cmip6", url=f"{replay.url}/c.json", items=True, limits=QUICK), tmp_path)
    item = read(tmp_path, f"{MODEL}/items/{MODEL}.r1i1p1f1.Amon.ta.gr.json")
    assert item["assets"] == {}
    assert item["properties"]["gaia:paths"] == ["/bdd/CMIP6/ta.nc"]
    assert item["properties"]["gaia:unknown"] == ["datetime"]


def test_a_folder_laid_out_by_the_drs_is_read(tmp_path: Path) -> None:
    root = tmp_path / "data"
    for place in (root / "CMIP6" / "CMIP" / STEM, root / "loose"):
        place.mkdir(parents=True)
        shutil.copy(packaged_sources() / "climeri" / NAME, place)
    (root / "loose" / "readme.nc").write_text("no NetCDF")
    (root / "loose" / NAME.replace("ta_", "tas_")).write_text("no NetCDF")
    source = Source(name="tested", kind="cmip6", url=str(root), items=True, limits=QUICK)
    report = run(source, tmp_path / "h")
    assert {one.record for one in report.refused} == {"loose/readme.nc", f"loose/{NAME.replace('ta_', 'tas_')}"}
    described = read(tmp_path / "h", f"{MODEL}/collection.json")
    assert "Creative Commons" in described["gaia:licence"]
    assert described["license"] == "other"
    item = read(tmp_path / "h", f"{MODEL}/items/{MODEL}.r1i1p1f1.Amon.ta.gr.v20180803.json")
    assert item["assets"]["data-1"]["href"] == str(root / "CMIP6" / "CMIP" / STEM / NAME)


def test_a_place_that_contradicts_the_name_is_refused() -> None:
    with pytest.raises(ValueError, match="experiment_id: 'historical' by its folder, 'ssp585' by its name"):
        facets_of_path(Path("CMIP6/CMIP") / STEM / NAME.replace("historical", "ssp585"))


@pytest.mark.parametrize(
    ("named", "period"),
    [
        ("185001-201412", ("1850-01-01T00:00:00Z", "2014-12-31T23:59:59Z")),
        ("1850-2014", ("1850-01-01T00:00:00Z", "2014-12-31T23:59:59Z")),
        ("20000101-20001230", ("2000-01-01T00:00:00Z", "2000-12-30T23:59:59Z")),
        ("200001010300-200012312100", ("2000-01-01T03:00:00Z", "2000-12-31T21:00:00Z")),
        ("20000101-20000230", ("2000-01-01T00:00:00Z", "2000-02-29T23:59:59Z")),
        ("fx", (None, None)),
        (None, (None, None)),
    ],
)
def test_the_period_stands_in_the_file_name(named: str | None, period: tuple) -> None:
    assert period_of(named) == period


def eodag(replay: Replay, tmp_path: Path, resource: object, **changes: object) -> Report:
    replay.routes["/r"] = resource
    return run(Source(name="tested", kind="eodag", url=f"{replay.url}/r", limits=QUICK, **changes), tmp_path)


def test_collections_of_some_providers_only_are_taken(replay: Replay, tmp_path: Path) -> None:
    known = {key: collection("x")[key] for key in ("title", "description", "extent")}
    resource = {one: {"collections_config": {f"OF_{one}": known}} for one in ("cop_marine", "dedl", "usgs")}
    report = eodag(replay, tmp_path, resource, providers=("cop_marine", "dedl"))
    assert report.added == ["OF_cop_marine/collection.json", "OF_dedl/collection.json"]
    assert read(tmp_path, "OF_dedl/collection.json")["gaia:access"] == "eodag: provider dedl, collection OF_dedl"


def test_a_collection_of_two_providers_is_taken_once(replay: Replay, tmp_path: Path) -> None:
    known = {"SAME": {"title": "Same", "description": "d"}}
    eodag(replay, tmp_path, {"a": {"collections_config": known}, "b": {"collections_config": known}})
    assert "a or b" in read(tmp_path, "SAME/collection.json")["gaia:access"]


def test_boxes_of_zeros_and_no_licence_stay_unknown(replay: Replay, tmp_path: Path) -> None:
    extent = {"spatial": {"bbox": [[0, 0, 0, 0]]}, "temporal": {"interval": [["1993-01-01T00:00:00Z", None]]}}
    config = {"title": "Ice", "description": "d", "license": "proprietary", "extent": extent, "sci:doi": "10.48670/m-1"}
    eodag(replay, tmp_path, {"cop_marine": {"collections_config": {"ICE": config}}})
    described = read(tmp_path, "ICE/collection.json")
    assert described["gaia:unknown"] == ["extent.spatial", "license"]
    assert described["sci:doi"] == "10.48670/m-1"


@pytest.mark.parametrize(
    ("said", "spdx", "word_by_word"),
    [
        ("CC-BY-4.0", "CC-BY-4.0", "CC-BY-4.0"),
        ("CC BY-SA 4.0", "CC-BY-SA-4.0", "CC BY-SA 4.0"),
        (["Copernicus_Licence"], "other", "Copernicus_Licence"),
        ("proprietary", "other", None),
    ],
)
def test_licences_are_kept_word_by_word(
    said: object, spdx: str, word_by_word: str | None, replay: Replay, tmp_path: Path
) -> None:
    eodag(replay, tmp_path, {"a": {"collections_config": {"A": {"title": "t", "description": "d", "license": said}}}})
    described = read(tmp_path, "A/collection.json")
    assert (described["license"], described.get("gaia:licence")) == (spdx, word_by_word)


def test_the_packages_yaml_is_read(replay: Replay, tmp_path: Path) -> None:
    text = b'S2:\n  title: "Sentinel 2"\n  description: |\n    Images.\n  platform: S2A,S2B\n  instruments: ["MSI"]\n'
    assert eodag(replay, tmp_path, text).added == ["S2/collection.json"]
    assert read(tmp_path, "S2/collection.json")["summaries"]["platform"] == ["S2A", "S2B"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"a: &a [x, x]\nb: {title: [*a, *a]}\n", id="references"),
        pytest.param(b"a: " + b"[" * 500, id="depth"),
        pytest.param(b"a: !!python/object/apply:os.system ['id']\n", id="code"),
    ],
)
def test_yaml_that_is_a_trap_is_not_read(text: bytes, replay: Replay, tmp_path: Path) -> None:
    report = eodag(replay, tmp_path, text)
    assert report.stopped
    assert report.added == []


def test_a_table_that_is_no_table_is_named(replay: Replay, tmp_path: Path) -> None:
    replay.routes["/c.json"] = {"catalog_file": "t.csv", "assets": {"column_name": "path"}}
    replay.routes["/t.csv"] = b"a,b\n1,2\n"
    report = run(Source(name="tested", kind="cmip6", url=f"{replay.url}/c.json", limits=QUICK), tmp_path)
    assert "source_id" in report.stopped
