"""Killed in the middle, or on a disk that is full: nothing is lost, and the reason is told."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from gaia_vre.catalog.harvest.contract import Source
from gaia_vre.catalog.harvest.run import harvest
from gaia_vre.catalog.harvest.sources import harvester_of
from gaia_vre.core.durable import write_text
from tests.support.harvest_cases import CASES, Case
from tests.support.replay import Replay

_KILLED_AFTER_ONE = """
import os, signal, sys
from pathlib import Path
from gaia_vre.catalog.harvest.contract import Source
from gaia_vre.catalog.harvest.run import harvest
from gaia_vre.catalog.harvest.sources import harvester_of
from gaia_vre.core.durable import write_text

def written_once(file, text):
    write_text(file, text)
    os.kill(os.getpid(), signal.SIGKILL)

harvest(Source.model_validate_json(sys.argv[1]), harvester_of, Path(sys.argv[2]), written_once)
"""


def command(folder: Path, source: Source) -> list[str]:
    file = folder / "sources.yaml"
    file.write_text(yaml.safe_dump({"sources": [source.model_dump(mode="json")]}))
    program = [sys.executable, "-m", "gaia_vre.cli", "catalog", "harvest", "tested"]
    return [*program, "--sources", str(file), "--into", str(folder / "harvests")]


def written(folder: Path) -> set[str]:
    harvested = folder / "harvests" / "tested"
    return {str(path.relative_to(harvested)) for path in harvested.glob("*/**/*.json")}


def test_a_harvest_that_is_killed_goes_on_where_it_was(remote: Case, replay: Replay, tmp_path: Path) -> None:
    source = remote.source(replay, tmp_path, page_size=1)
    program = [sys.executable, "-c", _KILLED_AFTER_ONE, source.model_dump_json(), str(tmp_path / "harvests")]
    assert subprocess.run(program, check=False).returncode == -signal.SIGKILL
    assert len(written(tmp_path)) == 1
    assert harvest(source, harvester_of, tmp_path / "harvests", write_text).complete
    assert written(tmp_path) == remote.expected


@pytest.mark.parametrize("size", [12, 44, 60, 68])
def test_a_full_disk_is_one_sentence(size: int, replay: Replay, tmp_path: Path) -> None:
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], check=False).returncode != 0:
        pytest.skip("a file system of our own needs root")
    source = CASES["stac-api"].source(replay, tmp_path)
    harvests = tmp_path / "harvests"
    harvests.mkdir()
    filled = f"mount -t tmpfs -o size={size}k tmpfs {harvests} && exec " + " ".join(command(tmp_path, source))
    ended = subprocess.run(["unshare", "-m", "sh", "-c", filled], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert "cannot be read or written" in ended.stderr
