from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gaia_vre.core.state import StateFolder
from gaia_vre.hub.refusal import Refusal
from gaia_vre.hub.rooms import Opening, Room, open_room
from gaia_vre.isolation.bubblewrap import bubblewrap, confined

needs_bubblewrap = pytest.mark.skipif(bubblewrap() is None, reason="bubblewrap does not work here")


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    state = StateFolder(tmp_path)
    for slug in ("heat", "heating", "cold"):
        (state.projects / slug).mkdir(parents=True)
        (state.projects / slug / "file").write_text(slug)
    return state


def room(state: StateFolder, username: str = "ada", **folders: bool) -> Room:
    granted: dict[str, Any] = {"folders": [{"slug": slug, "writable": write} for slug, write in folders.items()]}
    return open_room(Opening(username, "", state, granted, state.projects, bound=True))


def run(room: Room, code: str) -> subprocess.CompletedProcess[str]:
    program = bubblewrap()
    assert program
    command = confined([sys.executable, "-c", code], room.confinement, program)
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_lab_finds_its_projects_in_the_home(state: StateFolder) -> None:
    opened = room(state, heat=True, cold=False)
    assert sorted(one.name for one in (opened.home / "projects").iterdir()) == ["cold", "heat"]
    assert (opened.home / "projects" / "heat" / "file").read_text() == "heat"


def test_the_link_of_a_project_that_was_left_goes_at_the_next_start(state: StateFolder) -> None:
    room(state, heat=True, cold=True)
    assert [one.name for one in (room(state, cold=True).home / "projects").iterdir()] == ["cold"]
    assert list((room(state).home / "projects").iterdir()) == []
    assert (state.projects / "heat" / "file").exists()


def test_what_a_person_keeps_in_the_place_of_links_stays(state: StateFolder) -> None:
    own = state.home("ada") / "projects"
    own.mkdir(parents=True)
    (own / "heat").mkdir()
    (own / "thesis").symlink_to("/data")
    room(state, heat=True)
    assert (own / "heat").is_dir()
    assert not (own / "heat").is_symlink()
    assert (own / "thesis").is_symlink()


def test_links_are_not_put_where_a_link_of_the_person_leads(state: StateFolder, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    home = state.home("ada")
    home.mkdir(parents=True)
    (home / "projects").symlink_to(elsewhere)
    room(state, heat=True)
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("slug", ["..", ".", "../homes", "heat/..", "", "gone", "link"])
def test_what_is_no_folder_of_a_project_is_not_given(state: StateFolder, slug: str) -> None:
    (state.projects / "link").symlink_to(state.root)
    opened = open_room(
        Opening("ada", "", state, {"folders": [{"slug": slug, "writable": True}]}, state.projects, bound=True)
    )
    assert (opened.confinement.read_only, opened.confinement.read_write) == ((), ())


@needs_bubblewrap
def test_an_editor_writes_and_a_viewer_reads(state: StateFolder) -> None:
    opened = room(state, heat=True, cold=False)
    assert run(opened, "open('projects/heat/new', 'w')").returncode == 0
    assert (state.projects / "heat" / "new").exists()
    assert run(opened, "print(open('projects/cold/file').read())").stdout.strip() == "cold"
    assert "Read-only" in run(opened, "open('projects/cold/file', 'w')").stderr
    assert "Read-only" in run(opened, "import os; os.chmod('projects/cold/file', 0o777)").stderr


@needs_bubblewrap
@pytest.mark.parametrize(
    "path",
    [
        "projects/heat/../heating/file",
        "projects/heating/file",
        "projects/heat/out/heating/file",
        "../../projects/cold/file",
    ],
)
def test_no_path_leads_to_another_project(state: StateFolder, path: str) -> None:
    (state.projects / "heat" / "out").symlink_to(state.projects)
    assert "FileNotFoundError" in run(room(state, heat=True), f"open({path!r})").stderr


@needs_bubblewrap
def test_no_hard_link_brings_a_private_file_into_a_project(state: StateFolder) -> None:
    opened = room(state, heat=True, cold=False)
    (opened.home / "private").write_text("mine")
    assert "cross-device" in run(opened, "import os; os.link('private', 'projects/heat/it')").stderr
    assert "cross-device" in run(opened, "import os; os.link('projects/cold/file', 'projects/heat/it')").stderr


@needs_bubblewrap
def test_a_project_folder_cannot_be_renamed_away(state: StateFolder) -> None:
    done = run(room(state, heat=True), f"import os; os.rename({str(state.projects / 'heat')!r}, 'mine')")
    assert done.returncode == 1
    assert (state.projects / "heat" / "file").exists()


@needs_bubblewrap
def test_a_link_to_a_members_private_file_leads_nowhere_in_the_projects_server(state: StateFolder) -> None:
    (state.home("ada")).mkdir(parents=True)
    (state.home("ada") / "private").write_text("mine")
    (state.projects / "heat" / "x").symlink_to(state.home("ada") / "private")
    opened = room(state, "p-heat")
    assert opened.home == state.projects / "heat"
    assert "FileNotFoundError" in run(opened, "open('x')").stderr
    assert "FileNotFoundError" in run(opened, "open('../heating/file')").stderr


def test_the_server_of_a_project_without_a_folder_is_refused(state: StateFolder) -> None:
    with pytest.raises(Refusal, match="not there yet"):
        room(state, "p-gone")
