"""A file is written whole or not at all."""

import stat
from pathlib import Path

import pytest

from gaia_vre.core.durable import PRIVATE, put_in_place, write_text


def test_a_private_file_is_its_owners_from_the_first_byte(tmp_path: Path) -> None:
    write_text(tmp_path / "secrets.json", "{}", PRIVATE)
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == PRIVATE


def test_a_file_that_says_the_same_is_not_touched(tmp_path: Path) -> None:
    write_text(tmp_path / "catalog.json", "same")
    before = (tmp_path / "catalog.json").stat().st_ino
    write_text(tmp_path / "catalog.json", "same")
    assert (tmp_path / "catalog.json").stat().st_ino == before


def test_what_cannot_be_written_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    write_text(tmp_path / "catalog.json", "old")
    with pytest.raises(UnicodeEncodeError):
        write_text(tmp_path / "catalog.json", "half a character \ud800")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def test_a_finished_folder_takes_the_place_of_an_older_one(tmp_path: Path) -> None:
    for name, text in (("made", "new"), ("final", "old")):
        write_text(tmp_path / name / "data", text)
    put_in_place(tmp_path / "made", tmp_path / "final")
    assert (tmp_path / "final" / "data").read_text() == "new"
