"""The room of an app on one machine: the project's folder to read, an empty home, and what the service granted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gaia_vre.core.kinds import app_of, kind_of
from gaia_vre.core.state import StateFolder
from gaia_vre.hub.refusal import Refusal
from gaia_vre.hub.rooms import Opening, Room, open_room
from gaia_vre.isolation.bubblewrap import bubblewrap, confined

needs_bubblewrap = pytest.mark.skipif(bubblewrap() is None, reason="bubblewrap does not work here")
GRANTED = {
    "app": {"number": 7, "path": "plots/slide.py", "kind": "streamlit", "idle_minutes": 20, "open_to_all": False}
}


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    state = StateFolder(tmp_path)
    for slug in ("heat", "heating"):
        (state.projects / slug).mkdir(parents=True)
        (state.projects / slug / "file").write_text(slug)
    return state


def room(
    state: StateFolder, granted: dict[str, Any] = GRANTED, username: str = "p-heat", server: str = "app-7"
) -> Room:
    return open_room(Opening(username, server, state, granted, state.projects, bound=True))


@pytest.mark.parametrize(
    ("username", "server", "kind", "number"),
    [
        ("p-heat", "app-7", "app", 7),
        ("p-heat", "app-", "app", None),
        ("p-heat", "app-²", "app", None),
        ("p-heat", "", "project", None),
        ("ada", "app-7", "personal", None),
        ("ada", "sandbox-a", "sandbox", None),
    ],
)
def test_an_app_is_told_by_the_names_of_its_server_and_of_its_user(
    username: str, server: str, kind: str, number: int | None
) -> None:
    assert (kind_of(username, server), app_of(username, server)) == (kind, number)


def test_an_app_is_told_what_it_serves(state: StateFolder) -> None:
    opened = room(state)
    assert opened.module == "gaia_vre.lab.app"
    assert opened.environment == {
        "GAIA_VRE_EXAMPLES": "",
        "GAIA_VRE_PROJECT": "heat",
        "GAIA_VRE_PROJECTS": str(state.projects),
        "GAIA_VRE_APP": "plots/slide.py",
        "GAIA_VRE_APP_KIND": "streamlit",
        "GAIA_VRE_APP_IDLE_SECONDS": "1200",
        "GAIA_VRE_APP_OPEN": "",
    }


@pytest.mark.parametrize("granted", [{}, {"app": None}, {"app": GRANTED["app"] | {"number": 8}}])
def test_only_the_service_starts_apps(state: StateFolder, granted: dict[str, Any]) -> None:
    with pytest.raises(Refusal, match="Only the service starts apps"):
        room(state, granted)


def test_the_app_of_a_project_without_a_folder_is_refused(state: StateFolder) -> None:
    with pytest.raises(Refusal, match="not there yet"):
        room(state, username="p-gone")


def test_what_an_app_left_in_its_home_is_gone_at_its_next_start(state: StateFolder) -> None:
    (room(state).home / "left").write_text("by the last start")
    assert list(room(state).home.iterdir()) == []


@needs_bubblewrap
def test_an_app_reads_the_files_of_its_project_and_writes_none(state: StateFolder) -> None:
    folder = state.projects / "heat"
    assert run(state, f"print(open({str(folder / 'file')!r}).read())").stdout.strip() == "heat"
    assert "Read-only" in run(state, f"open({str(folder / 'new')!r}, 'w')").stderr
    assert run(state, "open('mine', 'w')").returncode == 0
    assert "FileNotFoundError" in run(state, f"open({str(state.projects / 'heating' / 'file')!r})").stderr


def run(state: StateFolder, code: str) -> subprocess.CompletedProcess[str]:
    program = bubblewrap()
    assert program
    command = confined([sys.executable, "-c", code], room(state).confinement, program)
    return subprocess.run(command, capture_output=True, text=True, check=False)
