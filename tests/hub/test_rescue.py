from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gaia_vre.hub.rescue import FULL_HOME, PAGE, TooFull, open_home, too_full
from gaia_vre.isolation.bubblewrap import bubblewrap, confined

FULL = TooFull(used_gib=12.5, limit_gib=10, largest=((3 * 2**30, "run/<b>out.nc"), (4096, "small.py")))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "ada"
    home.mkdir()
    (home / "thesis").touch()
    return home


def test_the_page_names_the_largest_files_in_both_languages(home: Path, tmp_path: Path) -> None:
    open_home(home, tmp_path / "rescue", FULL, bound=False)
    page = (tmp_path / "rescue" / PAGE).read_text()
    assert "12.5 GiB and may hold 10.0 GiB" in page
    assert "12,5 Gio" in page
    assert "3.0 GiB  full-home/run/<b>out.nc" in page
    assert "small.py" not in page


def test_a_home_with_room_is_opened_as_it_is(home: Path, tmp_path: Path) -> None:
    room = open_home(home, tmp_path / "rescue", None, bound=True)
    assert (room.home, room.placed) == (home, ())


def test_without_bubblewrap_the_full_home_is_linked(home: Path, tmp_path: Path) -> None:
    room = open_home(home, tmp_path / "rescue", FULL, bound=False)
    (room.home / FULL_HOME / "thesis").unlink()
    assert list(home.iterdir()) == []


def test_the_next_start_clears_the_temporary_home_and_leaves_the_full_one(home: Path, tmp_path: Path) -> None:
    temporary = open_home(home, tmp_path / "rescue", FULL, bound=False).home
    (temporary / "closed").mkdir()
    (temporary / "closed" / "file").touch()
    (temporary / "closed").chmod(0)
    (temporary / "out").symlink_to(home)
    open_home(home, tmp_path / "rescue", None, bound=False)
    assert not temporary.exists()
    assert (home / "thesis").exists()


@pytest.mark.skipif(bubblewrap() is None, reason="bubblewrap does not work here")
def test_files_of_the_full_home_can_be_deleted_from_within(home: Path, tmp_path: Path) -> None:
    room = open_home(home, tmp_path / "rescue", FULL, bound=True)
    program = bubblewrap()
    assert program
    subprocess.run(confined(["rm", "full-home/thesis"], room, program), check=True)
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("answer", [None, {}, {"rescue": False, "home": None}, {"rescue": True}])
def test_without_word_of_a_full_home_the_start_is_as_usual(answer: dict[str, object] | None) -> None:
    assert too_full(answer) is None


def test_the_services_word_is_read() -> None:
    home = {"used_gib": 12.5, "limit_gib": 10, "files": 3, "largest": []}
    files = [{"size": size, "path": path} for size, path in FULL.largest]
    assert too_full({"rescue": True, "home": home | {"largest": files}}) == FULL
