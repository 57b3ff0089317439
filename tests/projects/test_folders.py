from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from gaia_vre.core.errors import InvalidInput, NotFound
from gaia_vre.projects.folders import Folders


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path / "projects")


def test_files_are_group_writable_whatever_the_umask(folders: Folders) -> None:
    folder = folders.make("heat")
    if b"posix_acl_default" not in b"".join(map(os.fsencode, os.listxattr(folder))):
        pytest.skip("this file system has no ACLs")
    before = os.umask(0o077)
    try:
        (folder / "run").mkdir()
        (folder / "run" / "out.nc").write_text("1")
    finally:
        os.umask(before)
    assert stat.S_IMODE((folder / "run" / "out.nc").stat().st_mode) == 0o660
    assert stat.S_IMODE((folder / "run").stat().st_mode) & 0o2070 == 0o2070


def test_a_folder_is_made_once_and_put_right_again(folders: Folders) -> None:
    folder = folders.make("heat")
    (folder / "kept").touch()
    folder.chmod(0o700)
    assert stat.S_IMODE(folders.make("heat").stat().st_mode) == 0o2770
    assert (folder / "kept").exists()


def test_a_link_in_the_place_of_a_folder_is_not_taken_for_it(folders: Folders, tmp_path: Path) -> None:
    folders.root.mkdir()
    (tmp_path / "private").mkdir(mode=0o700)
    (folders.root / "heat").symlink_to(tmp_path / "private")
    with pytest.raises(NotFound):
        folders.make("heat")
    assert stat.S_IMODE((tmp_path / "private").stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["..", "a/b", "heat/../cold", "", ".", "heat\0", "Heat", "-heat"])
def test_what_is_no_name_of_a_project_is_no_folder(folders: Folders, name: str) -> None:
    with pytest.raises(InvalidInput):
        folders.path(name)


def test_a_list_shows_folders_first_and_links_as_links(folders: Folders, tmp_path: Path) -> None:
    folder = folders.make("heat")
    (tmp_path / "secret").write_text("secret")
    (folder / "b.txt").write_text("12345")
    (folder / "run").mkdir()
    (folder / "a").symlink_to(tmp_path / "secret")
    (folder / ".hidden").touch()
    found = folders.entries("heat")
    assert [(one.name, one.folder, one.link, one.size) for one in found][1:] == [
        ("a", False, True, 0),
        ("b.txt", False, False, 5),
    ]
    assert found[0].name == "run"


@pytest.mark.parametrize(
    "inside", ["out", "run/out", "../cold", "run/..", ".hidden", "run/./x", "b.txt", "x\0y", "a/" * 99]
)
def test_a_list_is_not_led_out(folders: Folders, tmp_path: Path, inside: str) -> None:
    folder = folders.make("heat")
    folders.make("cold")
    (folder / "run").mkdir()
    (folder / "b.txt").touch()
    (folder / ".hidden").mkdir()
    for place in (folder, folder / "run"):
        (place / "out").symlink_to(tmp_path)
    with pytest.raises((InvalidInput, NotFound)):
        folders.entries("heat", inside)


def test_a_folder_that_becomes_a_link_meanwhile_leads_nowhere(folders: Folders, tmp_path: Path) -> None:
    folder = folders.make("heat")
    (folder / "run").mkdir()
    (folder / "run" / "mine").touch()
    assert [one.name for one in folders.entries("heat", "run")] == ["mine"]
    (folder / "run").rename(folder / "old")
    (folder / "run").symlink_to(tmp_path)
    with pytest.raises(NotFound):
        folders.entries("heat", "run")
