"""Each kind puts what it names into an empty home, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest

from gaia_vre.catalog.stac import INDEX, INDEX_VERSION
from gaia_vre.core.errors import InvalidInput, NotFound, TooLarge
from gaia_vre.core.settings import Settings, parse_settings
from gaia_vre.sandboxes.copying import Bound, copy_folder
from gaia_vre.sandboxes.model import Source
from gaia_vre.sandboxes.sources import Furnished, Maker, check_source, furnish, repository_rules
from tests.support.git_server import GitServer

ADA = Maker("ada")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    catalog = tmp_path / "state" / "data" / "catalog"
    catalog.mkdir(parents=True)
    rows = '[{"id": "sst", "title": "Sea *surface*", "description": ""}]'
    (catalog / INDEX).write_text(f'{{"version": {INDEX_VERSION}, "datasets": {rows}}}')
    return parse_settings({"state": str(tmp_path / "state")})


@pytest.fixture
def home(tmp_path: Path) -> Path:
    place = tmp_path / "home"
    place.mkdir()
    return place


def test_a_blank_one_is_empty(settings: Settings, home: Path) -> None:
    assert furnish(Source(), home, ADA, settings) == Furnished()
    assert not any(home.iterdir())


def test_an_example_stands_where_labs_have_it(settings: Settings, home: Path) -> None:
    made = furnish(Source("example", "01-first-steps.ipynb"), home, ADA, settings)
    assert made.opens == "examples/01-first-steps.ipynb"
    nbformat.read(home / made.opens, as_version=4)


@pytest.mark.parametrize("name", ["../README.md", "/etc/passwd", "data/ATTRIBUTION.md", "first-steps.ipynb"])
def test_only_examples_are_examples(settings: Settings, name: str) -> None:
    with pytest.raises(NotFound, match=r"There is no example"):
        check_source(Source("example", name), settings)


def test_a_dataset_comes_with_the_cell_that_reads_it(settings: Settings, home: Path) -> None:
    made = furnish(Source("dataset", "sst"), home, ADA, settings)
    cells = nbformat.read(home / made.opens, as_version=4).cells
    assert made == Furnished("Sea *surface*", "sst.ipynb")
    assert 'gaia.open("sst")' in cells[1].source


def test_a_dataset_that_is_not_there_is_said(settings: Settings, home: Path) -> None:
    with pytest.raises(NotFound):
        furnish(Source("dataset", "<script>"), home, ADA, settings)


def test_a_repository_opens_the_file_asked_for(settings: Settings, home: Path, tmp_path: Path) -> None:
    for name in ("served", "other"):
        (tmp_path / name).mkdir()
    with GitServer(tmp_path / "served") as server:
        commit = server.make("enso", {"notebooks/first.ipynb": b"{}", "README.md": b"Read"}, tag="v1")
        tried = parse_settings({"sandboxes": {"repositories": {"tried_hosts": [server.host]}}})
        made = furnish(Source("git", server.url("enso"), "v1", "notebooks/first.ipynb"), home, ADA, tried)
        assert made == Furnished("enso", "enso/notebooks/first.ipynb", commit)
        with pytest.raises(NotFound, match=r"no file 'first.ipynb' in enso; did you mean"):
            furnish(Source("git", server.url("enso"), "v1", "first.ipynb"), tmp_path / "other", ADA, tried)


def test_a_source_without_a_name_is_refused(settings: Settings) -> None:
    with pytest.raises(InvalidInput, match=r"needs the name"):
        check_source(Source("git"), settings)


def test_a_copy_follows_no_link_and_takes_no_device(tmp_path: Path) -> None:
    source = tmp_path / "project"
    (source / "sub").mkdir(parents=True)
    (source / "sub" / "work.ipynb").write_text("{}")
    (source / "passwd").symlink_to("/etc/passwd")
    (source / "root").symlink_to("/")
    os.mkfifo(source / "pipe")
    copied = copy_folder(source, tmp_path / "copy", Bound(1000, 10), "heat")
    assert (copied.files, copied.size, copied.left_out) == (1, 2, ["passwd", "pipe", "root"])
    assert sorted(one.name for one in (tmp_path / "copy").rglob("*")) == ["sub", "work.ipynb"]


def test_a_copy_leaves_out_what_has_another_name_outside(tmp_path: Path) -> None:
    source = tmp_path / "project"
    (source / "sub").mkdir(parents=True)
    (tmp_path / "theirs.csv").write_text("of somebody else")
    (source / "mine.csv").write_text("ours")
    os.link(tmp_path / "theirs.csv", source / "sub" / "taken.csv")
    os.link(source / "mine.csv", source / "sub" / "mine-too.csv")
    copied = copy_folder(source, tmp_path / "copy", Bound(1000, 10), "heat")
    assert copied.left_out == ["sub/taken.csv"]
    assert sorted(one.name for one in (tmp_path / "copy").rglob("*.csv")) == ["mine-too.csv", "mine.csv"]


@pytest.mark.parametrize("bound", [Bound(3, 10), Bound(1000, 1)], ids=["bytes", "files"])
def test_a_copy_ends_at_its_bound(tmp_path: Path, bound: Bound) -> None:
    (tmp_path / "project").mkdir()
    for name in "ab":
        (tmp_path / "project" / name).write_text("12")
    with pytest.raises(TooLarge, match=r"heat has more than"):
        copy_folder(tmp_path / "project", tmp_path / "copy", bound, "heat")


def test_a_repository_leaves_room_in_the_home(settings: Settings) -> None:
    small = parse_settings({"sandboxes": {"home_gib": 0.3, "home_files": 1000}})
    assert repository_rules(settings).most_mib == 500
    assert (repository_rules(small).most_mib, repository_rules(small).most_files) == (pytest.approx(102.4), 500)


@pytest.mark.parametrize("number", ["-1", "1.5", "../1", "9" * 16, "٣"])
def test_a_published_notebook_is_named_by_its_number(settings: Settings, number: str) -> None:
    with pytest.raises(InvalidInput, match=r"no number of a published notebook"):
        check_source(Source("notebook", number), settings)
