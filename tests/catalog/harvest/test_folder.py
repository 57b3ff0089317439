import json
import os
from pathlib import Path

import pytest

from gaia_vre.catalog.harvest.contract import Report
from gaia_vre.catalog.harvest.run import harvest
from gaia_vre.catalog.harvest.sources import harvester_of
from gaia_vre.core.durable import write_text
from tests.support.harvest_cases import CASES
from tests.support.replay import Replay

CASE = CASES["folder"]


def run(folder: Path, *, spoiled: bool = False, **changes: object) -> Report:
    source = CASE.source(Replay("http://127.0.0.1"), folder, spoiled=spoiled, **changes)
    return harvest(source, harvester_of, folder / "harvests", write_text)


def read(folder: Path, path: str) -> dict:
    return json.loads((folder / "harvests" / "tested" / path).read_text())


@pytest.mark.parametrize("name", ["sst.nc", "sst.zarr"])
def test_extent_variables_and_statistics_come_from_the_file(name: str, tmp_path: Path) -> None:
    run(tmp_path)
    item = read(tmp_path, f"{name}/items/{name}.json")
    band = item["assets"]["data"]["bands"][0]
    assert item["bbox"] == [0, 40, 3, 42]
    assert item["properties"]["end_datetime"] == "2020-02-01T00:00:00Z"
    assert item["properties"]["cube:variables"]["sst"]["unit"] == "K"
    assert band["statistics"] | {"stddev": 0} == {"minimum": 0, "maximum": 23, "mean": 11.5, "count": 24, "stddev": 0}
    assert item["assets"]["data"]["href"] == str(tmp_path / "files" / name)


def test_an_image_without_a_time_hangs_on_its_collection(tmp_path: Path) -> None:
    run(tmp_path)
    described = read(tmp_path, "land.tif/collection.json")
    assert described["proj:code"] == "EPSG:4326"
    assert described["assets"]["data"]["bands"][0]["statistics"]["maximum"] == 47
    assert {"extent.temporal", "license"} <= set(described["gaia:unknown"])


def test_what_a_file_says_of_itself_is_taken_over(tmp_path: Path) -> None:
    run(tmp_path)
    described = read(tmp_path, "sst.nc/collection.json")
    assert (described["title"], described["gaia:licence"]) == ("Sea surface temperature", "CC BY 4.0")
    assert described["providers"] == [{"name": "ODATIS", "roles": ["producer"]}]


def test_broken_files_and_links_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    reasons = {one.record: one.reason for one in run(tmp_path, spoiled=True).refused}
    assert set(reasons) == {"broken.nc", "out.tif"}
    assert "leads out of the folder" in reasons["out.tif"]


def test_a_file_that_has_not_changed_is_not_opened_again(tmp_path: Path) -> None:
    run(tmp_path)
    file = tmp_path / "files" / "sst.nc"
    times, size = file.stat(), file.stat().st_size
    file.write_bytes(b"x" * size)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert run(tmp_path).refused == []
    os.utime(file)
    assert [one.record for one in run(tmp_path).refused] == ["sst.nc"]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    missing = CASE.source(Replay("http://127.0.0.1"), tmp_path).model_copy(update={"url": str(tmp_path / "gone")})
    assert harvest(missing, harvester_of, tmp_path / "h", write_text).stopped == f"{tmp_path / 'gone'} is no folder"
