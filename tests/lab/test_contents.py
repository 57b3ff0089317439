from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tornado.web import HTTPError

from gaia_vre.core.errors import Conflict, NotFound
from gaia_vre.core.project_links import PROJECTS
from gaia_vre.lab.contents import Contents
from gaia_vre.projects.folders import Folders


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folders:
    """Two projects, and a home with links to them."""
    folders = Folders(tmp_path / "projects")
    home = tmp_path / "home"
    (home / "projects").mkdir(parents=True)
    for slug in ("heat", "heating"):
        (folders.make(slug) / "run").mkdir()
        (folders.root / slug / "run" / "out.nc").write_text(slug)
        (home / "projects" / slug).symlink_to(folders.root / slug)
    monkeypatch.setenv(PROJECTS, str(folders.root))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / ".local" / "share"))
    return folders


def delete(folders: Folders, path: str) -> None:
    # As JupyterHub configures it.
    contents = Contents(root_dir=str(folders.root.parent / "home"), delete_to_trash=False)
    asyncio.run(contents.delete_file(path))


def test_a_shared_file_goes_to_the_trash_of_its_project_and_back(folders: Folders) -> None:
    delete(folders, "projects/heat/run/out.nc")
    assert not (folders.root / "heat" / "run" / "out.nc").exists()
    thrown = folders.thrown_away("heat")
    assert [(one.path, one.folder) for one in thrown] == [("run/out.nc", False)]
    assert folders.put_back("heat", thrown[0].number) == "run/out.nc"
    assert (folders.root / "heat" / "run" / "out.nc").read_text() == "heat"
    assert folders.thrown_away("heat") == []


def test_a_folder_goes_whole_and_comes_back_to_the_top_if_its_place_is_gone(folders: Folders) -> None:
    delete(folders, "projects/heat/run/out.nc")
    delete(folders, "projects/heat/run")
    file = next(one for one in folders.thrown_away("heat") if not one.folder)
    assert folders.put_back("heat", file.number) == "out.nc"


def test_nothing_is_put_over_what_is_there_again(folders: Folders) -> None:
    delete(folders, "projects/heat/run/out.nc")
    (folders.root / "heat" / "run" / "out.nc").write_text("new")
    with pytest.raises(Conflict):
        folders.put_back("heat", folders.thrown_away("heat")[0].number)
    assert (folders.root / "heat" / "run" / "out.nc").read_text() == "new"


@pytest.mark.parametrize("place", ["../heating/run/new", "/etc/new", "out/new", "..", "", "a\0b", "x/" * 99 + "x"])
def test_a_forged_place_leads_nowhere_else(folders: Folders, tmp_path: Path, place: str) -> None:
    delete(folders, "projects/heat/run/out.nc")
    (folders.root / "heat" / "out").symlink_to(tmp_path)
    found = next((folders.root / "heat" / ".trash").iterdir())
    (found / "place").write_text(place)
    before = set(tmp_path.rglob("new"))
    try:
        assert folders.put_back("heat", found.name) == "new"  # its folder is none: to the top
        assert (folders.root / "heat" / "new").exists()
    except NotFound:
        assert set(tmp_path.rglob("new")) == before
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("number", ["..", "../../heating/run", "x", "20260101T000000-deadbeef"])
def test_a_forged_number_finds_nothing(folders: Folders, number: str) -> None:
    delete(folders, "projects/heat/run/out.nc")
    with pytest.raises(NotFound):
        folders.put_back("heat", number)


def test_the_trash_is_emptied_by_age_and_follows_no_link(folders: Folders, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").touch()
    (folders.root / "heat" / "run" / "link").symlink_to(kept)
    delete(folders, "projects/heat/run")
    now = datetime.now(UTC)
    assert folders.empty_trash("heat", now - timedelta(days=14)) == 0
    assert folders.empty_trash("heat", now + timedelta(days=1)) == 1
    assert folders.thrown_away("heat") == []
    assert (kept / "file").exists()


def test_a_trash_that_is_a_link_is_left_alone(folders: Folders, tmp_path: Path) -> None:
    elsewhere = tmp_path / "20200101T000000-deadbeef"
    elsewhere.mkdir()
    (folders.root / "heat" / ".trash").symlink_to(tmp_path)
    assert folders.empty_trash("heat", datetime.now(UTC)) == 0
    assert elsewhere.exists()


def test_files_of_ones_own_go_where_they_always_went(folders: Folders) -> None:
    home = folders.root.parent / "home"
    (home / "mine.txt").touch()
    delete(folders, "mine.txt")
    assert not (home / "mine.txt").exists()
    assert folders.thrown_away("heat") == []


def test_the_link_to_a_project_is_deleted_and_not_the_project(folders: Folders) -> None:
    delete(folders, "projects/heat")
    assert (folders.root / "heat" / "run" / "out.nc").exists()


def test_what_is_not_there_is_not_found(folders: Folders) -> None:
    with pytest.raises(HTTPError) as refused:
        delete(folders, "projects/heat/gone")
    assert refused.value.status_code == 404
    assert [one.name for one in (folders.root / "heat").iterdir()] == ["run"]
