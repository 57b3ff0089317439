"""Open a dataset in a lab: a notebook with the catalog's code, never over a person's work."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from gaia_vre.catalog.notebook import file_name
from gaia_vre.catalog.stac import INDEX, INDEX_VERSION
from gaia_vre.core.errors import NotFound
from gaia_vre.lab.datasets import notebook_for

TRICK = "../../../etc/<b>passwd"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    rows = [
        {"id": "sst", "title": "Sea *surface* <b>", "description": "", "example": ['gaia.open("sst").plot()']},
        {"id": TRICK, "title": "A trick", "description": ""},
        {"id": "x" * 300, "title": "A long id", "description": ""},
    ]
    folder = tmp_path / "catalog"
    folder.mkdir()
    (folder / INDEX).write_text(json.dumps({"version": INDEX_VERSION, "datasets": rows}))
    monkeypatch.setenv("GAIA_VRE_CATALOG", str(folder))
    home = tmp_path / "home"
    home.mkdir()
    return home


def test_the_notebook_opens_the_dataset_with_the_code_of_the_catalog(home: Path) -> None:
    place = notebook_for("sst", home)
    assert place == "datasets/sst.ipynb"
    notebook = nbformat.read(home / place, as_version=4)
    nbformat.validate(notebook)
    assert notebook.cells[1].source.endswith('gaia.open("sst").plot()')
    assert "Sea \\*surface\\* \\<b\\>" in notebook.cells[0].source


def test_a_notebook_that_is_there_is_never_written_over(home: Path) -> None:
    path = home / notebook_for("sst", home)
    path.write_text("my work")
    assert notebook_for("sst", home) == "datasets/sst.ipynb"
    assert path.read_text() == "my work"


def test_a_link_in_the_place_of_the_notebook_is_not_followed(home: Path, tmp_path: Path) -> None:
    (home / "datasets").mkdir()
    (home / "datasets" / "sst.ipynb").symlink_to(tmp_path / "elsewhere")
    notebook_for("sst", home)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("name", [TRICK, "x" * 300], ids=["leads out", "too long for a file"])
def test_hostile_ids_stay_in_their_folder(home: Path, name: str) -> None:
    path = home / notebook_for(name, home)
    assert path.is_file()
    assert path.parent == home / "datasets"


def test_names_of_files_are_never_shared() -> None:
    assert len({file_name(name) for name in ("a/b", "a b", "a-b", "a_b", "")}) == 5


@pytest.mark.parametrize("name", ["", "no-such", "import os"])
def test_the_link_chooses_a_dataset_and_nothing_else(home: Path, name: str) -> None:
    with pytest.raises(NotFound):
        notebook_for(name, home)
    assert not (home / "datasets").exists()
