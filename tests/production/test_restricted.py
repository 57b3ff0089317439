"""Datasets with rights are prepared where no lab sees them."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from gaia_vre.catalog.curated import Description, load_descriptions
from gaia_vre.catalog.engine.load import FILE, load
from gaia_vre.catalog.engine.store import SqliteEngine
from gaia_vre.catalog.model import Rights
from gaia_vre.catalog.stac import stac_files, write_files
from gaia_vre.core.durable import write_text
from gaia_vre.core.settings import Settings
from gaia_vre.core.state import StateFolder
from gaia_vre.hub.launch import isolated
from gaia_vre.isolation.bubblewrap import Confinement, bubblewrap
from gaia_vre.production.convert import convert
from gaia_vre.production.plan import digest_of, hide_files, read_marker
from tests.support.prepared import SOURCES

NAME = "geoscope-can-station"


@pytest.fixture
def public() -> Description:
    return next(one for one in load_descriptions() if one.id == NAME)


@pytest.fixture
def restricted(public: Description) -> Description:
    return replace(public, dataset=replace(public.dataset, rights=Rights(groups=("ocean",))))


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_nothing_of_it_comes_below_the_data(restricted: Description, tmp_path: Path) -> None:
    convert(restricted, SOURCES, tmp_path / "data")
    assert files(tmp_path / "data") == [f".prepared/{NAME}.json"]
    kept = tmp_path / "restricted" / NAME
    assert len(files(kept)) == 1
    assert stat.S_IMODE((tmp_path / "restricted").stat().st_mode) == 0o700
    marker = read_marker(tmp_path / "data", NAME)
    assert marker is not None
    assert (kept / marker.facts.assets[0].path).is_file()


def test_a_dataset_that_gets_rights_is_out_of_sight_at_once(
    public: Description, restricted: Description, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    convert(public, SOURCES, data)
    hide_files(public, data)
    assert len(files(data)) == 2
    hide_files(restricted, data)
    assert files(data) == [f".prepared/{NAME}.json"]
    assert digest_of(public) != digest_of(restricted)


def test_a_dataset_that_loses_its_rights_comes_back(
    public: Description, restricted: Description, tmp_path: Path
) -> None:
    convert(restricted, SOURCES, tmp_path / "data")
    convert(public, SOURCES, tmp_path / "data")
    assert len(files(tmp_path / "data")) == 2
    assert files(tmp_path / "restricted") == []


def test_the_catalog_names_no_path_of_it(restricted: Description, tmp_path: Path) -> None:
    data = tmp_path / "data"
    convert(restricted, SOURCES, data)
    marker = read_marker(data, NAME)
    assert marker is not None
    dataset = replace(restricted.dataset, facts=marker.facts)
    write_files(data / "catalog", stac_files([dataset]), write_text)
    load(data / "catalog")
    found = SqliteEngine(data / "catalog" / FILE).collection(NAME)
    assert found["gaia:rights"] == {"groups": ["ocean"]}
    for path in (data / "catalog").rglob("*.json"):
        assert "restricted/" not in path.read_text()


def test_a_lab_does_not_reach_the_files(restricted: Description, tmp_path: Path) -> None:
    if bubblewrap() is None:
        pytest.skip("BUBBLEWRAP DOES NOT WORK HERE: the separation of labs stays untested")
    convert(restricted, SOURCES, tmp_path / "data")
    home = tmp_path / "homes" / "ada"
    home.mkdir(parents=True)
    place = tmp_path / "restricted"
    code = f"import os; print(os.path.exists({str(place)!r}), os.path.exists({str(tmp_path / 'data')!r}))"
    settings = Settings(state=tmp_path)
    command = isolated(
        [sys.executable, "-c", code], Confinement(home), StateFolder(tmp_path), tmp_path / "none", settings
    )
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=dict(os.environ))
    assert done.stdout.strip() == "False True"
