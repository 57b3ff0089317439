"""Preparing: nothing done twice, nothing half done, one clear line when something is wrong."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gaia_vre.catalog.reader import Catalog
from gaia_vre.core.errors import Unavailable
from gaia_vre.production.prepare import Progress, is_prepared, prepare
from tests.support.prepared import SOURCES

COMMAND = [sys.executable, "-m", "gaia_vre.cli", "catalog", "prepare"]


def command(data: Path, sources: Path = SOURCES) -> list[str]:
    return [*COMMAND, "--data", str(data), "--sources", str(sources), "--json"]


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def copied(prepared: Path, tmp_path: Path) -> Path:
    """A prepared folder of one's own."""
    return Path(shutil.copytree(prepared, tmp_path / "data"))


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SOURCES, tmp_path / "sources"))


def test_a_second_call_does_nothing_in_under_a_second(prepared: Path) -> None:
    before = content(prepared)
    start = time.monotonic()
    run = subprocess.run(command(prepared), capture_output=True, check=True, text=True)
    assert time.monotonic() - start < 1
    assert [json.loads(line)["step"] for line in run.stdout.splitlines()] == ["catalog"]
    assert content(prepared) == before


def test_each_step_is_one_line_of_json(copied: Path) -> None:
    (copied / "tables" / "sirta-palaiseau-cl31.parquet").unlink()
    run = subprocess.run(command(copied), capture_output=True, check=True, text=True)
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert [(one["step"], one["done"], one["total"]) for one in lines] == [
        ("sirta-palaiseau-cl31", 17, 18),
        ("catalog", 18, 18),
    ]
    assert lines[0]["title"].startswith("SIRTA Palaiseau")


def test_a_truncated_file_is_named_and_the_rest_is_prepared(copied: Path, sources: Path) -> None:
    whole = (sources / "odatis" / "ostia_monthly.nc").read_bytes()
    (sources / "odatis" / "ostia_monthly.nc").write_bytes(whole[:1000])
    shutil.rmtree(copied / ".prepared")
    shutil.rmtree(copied / "seismic")
    steps: list[Progress] = []
    problems = prepare(copied, sources, steps.append)
    assert problems == [f"{sources}/odatis/ostia_monthly.nc: 1713012 bytes expected, 1000 found; the file is truncated"]
    catalog = Catalog(copied / "catalog")
    assert not catalog["ostia-monthly"].opens_here
    assert sum(one.opens_here for one in catalog) == 16
    assert len(steps) == steps[-1].total == 18


def test_a_dataset_prepared_earlier_stays_when_its_source_is_damaged(copied: Path, sources: Path) -> None:
    damaged = bytearray((sources / "theia" / "L7_ETMs.tif").read_bytes())
    damaged[5000] ^= 1
    (sources / "theia" / "L7_ETMs.tif").write_bytes(damaged)
    (problem,) = prepare(copied, sources, lambda _: None)
    assert "SHA-256" in problem
    assert "the file is damaged" in problem
    assert Catalog(copied / "catalog")["olinda-landsat7"].opens_here


def test_the_command_fails_with_one_line_per_problem(copied: Path, sources: Path) -> None:
    (sources / "pndb" / "ariolimax.gpkg").unlink()
    run = subprocess.run(command(copied, sources), capture_output=True, check=False, text=True)
    assert run.returncode == 1
    (line,) = run.stderr.splitlines()
    assert line.startswith("gaia-vre: pndb/ariolimax.gpkg: the sample file is missing from")


@pytest.mark.parametrize("finished", [0, 10])
def test_killed_in_the_middle_it_goes_on_where_it_was(tmp_path: Path, finished: int) -> None:
    data = tmp_path / "data"
    with subprocess.Popen(command(data), stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        for _ in range(finished):
            process.stdout.readline()
        time.sleep(0.3)
        process.send_signal(signal.SIGKILL)
    assert not is_prepared(data)
    steps: list[Progress] = []
    assert prepare(data, SOURCES, steps.append) == []
    assert steps[0].done > finished
    assert is_prepared(data)
    assert not (data / ".preparing").exists()
    assert all(one.open() is not None for one in Catalog(data / "catalog") if one.opens_here)


def test_two_preparations_at_once_wait_for_each_other(tmp_path: Path) -> None:
    processes = [subprocess.Popen(command(tmp_path / "data"), stdout=subprocess.PIPE) for _ in range(2)]
    outputs = [process.communicate()[0].splitlines() for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert sorted(len(lines) for lines in outputs) == [1, 18]


def test_a_stale_dataset_leaves_the_catalog(copied: Path) -> None:
    stale = copied / "catalog" / "gone"
    stale.mkdir()
    (stale / "collection.json").write_text("{}")
    prepare(copied, SOURCES, lambda _: None)
    assert not stale.exists()


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(Unavailable, match="cannot be written"):
        prepare(tmp_path / "data", SOURCES, lambda _: None)


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="a small disk needs bubblewrap")
def test_a_full_disk_is_said_in_one_line_per_dataset(tmp_path: Path) -> None:
    small = ["bwrap", "--dev-bind", "/", "/", "--size", "300000", "--tmpfs", str(tmp_path)]
    run = subprocess.run([*small, *command(tmp_path / "data")], capture_output=True, check=False, text=True)
    assert run.returncode == 1
    assert "no space left on the disk" in run.stderr
    assert "Traceback" not in run.stderr
