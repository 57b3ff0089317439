import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from gaia_vre.cli import gaia_vre
from gaia_vre.core.errors import Conflict
from gaia_vre.core.state import StateFolder
from gaia_vre.local.status import holding, is_locked, read_status, stop, write_status

STATUS = {"url": "http://127.0.0.1:1", "ready": True, "pid": os.getpid(), "users": [], "processes": []}


def test_a_folder_where_nothing_ran_is_stopped(tmp_path: Path) -> None:
    assert read_status(StateFolder(tmp_path))["ready"] is False


def test_a_held_folder_tells_what_was_written(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    write_status(folder, STATUS)
    with holding(folder.lock):
        assert read_status(folder) == STATUS


def test_a_status_left_by_a_killed_start_is_not_believed(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    write_status(folder, STATUS)
    with holding(folder.lock):
        pass
    assert read_status(folder)["url"] is None


def test_a_folder_is_held_by_one_only(tmp_path: Path) -> None:
    with holding(tmp_path / "lock"), pytest.raises(Conflict, match="in use"), holding(tmp_path / "lock"):
        pass


def test_the_folder_is_free_after_use(tmp_path: Path) -> None:
    with holding(tmp_path / "lock"):
        assert is_locked(tmp_path / "lock")
    assert not is_locked(tmp_path / "lock")


def test_stopping_nothing_says_so(tmp_path: Path) -> None:
    assert stop(StateFolder(tmp_path), 1) is False
    answer = CliRunner().invoke(gaia_vre, ["down", "--state", str(tmp_path)])
    assert answer.output == "Nothing was running.\n"


def test_status_for_programs_is_json(tmp_path: Path) -> None:
    answer = CliRunner().invoke(gaia_vre, ["status", "--json", "--state", str(tmp_path)])
    assert json.loads(answer.output)["processes"] == []


def test_without_a_folder_the_one_of_up_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    state = tmp_path / ".local" / "share" / "gaia-vre"
    state.mkdir(parents=True)
    write_status(StateFolder(state), STATUS)
    with holding(state / "lock"):
        answer = CliRunner().invoke(gaia_vre, ["status", "--json"])
    assert json.loads(answer.output)["ready"] is True
