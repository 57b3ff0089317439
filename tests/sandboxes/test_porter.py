"""Carrying a sandbox's files between its pod and the volume that outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from gaia_vre.core.errors import Unavailable
from gaia_vre.sandboxes import folders as folders_module
from gaia_vre.sandboxes.folders import Folders
from gaia_vre.sandboxes.porter import Guard, fill

NUMBER = "k3x9"


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    made = Folders(tmp_path / "sandboxes")
    made.make(NUMBER)
    return made


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The sandbox's own, in its pod."""
    (tmp_path / "pod").mkdir()
    return tmp_path / "pod"


def guard(folders: Folders, home: Path, files: int = 100, size: int = 2**20) -> Guard:
    return Guard(folders.root / NUMBER, home, files, size)


def test_what_it_starts_from_is_put_into_the_home(folders: Folders, home: Path) -> None:
    (folders.home(NUMBER) / "deep").mkdir()
    (folders.home(NUMBER) / "deep" / ".hidden").write_text("x")
    fill(folders.root / NUMBER, home)
    assert (home / "deep" / ".hidden").read_text() == "x"


def test_a_copy_is_what_the_home_is_now(folders: Folders, home: Path) -> None:
    (home / "a").write_text("one")
    (home / "b").write_text("two")
    guard(folders, home).carry()
    (home / "a").write_text("changed")
    (home / "b").unlink()
    guard(folders, home).carry()
    assert [(one.name, one.read_text()) for one in folders.home(NUMBER).iterdir()] == [("a", "changed")]


def test_what_has_not_changed_is_not_copied_again(folders: Folders, home: Path) -> None:
    (home / "large").write_bytes(b"x" * 10_000)
    guard(folders, home).carry()
    before = (folders.home(NUMBER) / "large").stat().st_ino
    guard(folders, home).carry()
    assert (folders.home(NUMBER) / "large").stat().st_ino == before


def test_links_pipes_and_closed_folders_lead_nowhere(folders: Folders, home: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (home / "link").symlink_to(tmp_path / "secret")
    (home / "folder").symlink_to(tmp_path)
    os.mkfifo(home / "pipe")
    guard(folders, home).carry()
    found = {one.name: one.is_symlink() for one in folders.home(NUMBER).iterdir()}
    assert found == {"link": True, "folder": True}


@pytest.mark.parametrize(("files", "size"), [(3, 2**20), (100, 2_000)])
def test_more_than_the_limit_is_not_carried(folders: Folders, home: Path, files: int, size: int) -> None:
    for number in range(10):
        (home / str(number)).write_bytes(b"x" * 1000)
    guard(folders, home, files, size).carry()
    assert len(list(folders.home(NUMBER).iterdir())) == 3


def test_who_reads_gets_the_home_as_it_is_now_and_it_stands_still(folders: Folders, home: Path) -> None:
    carrying, ending = guard(folders, home), threading.Event()
    thread = threading.Thread(target=carrying.run, args=[ending])
    thread.start()
    try:
        while not (folders.root / NUMBER / "porter.json").exists():
            time.sleep(0.01)
        (home / "late").write_text("x")
        with folders.still(NUMBER) as copy:
            assert (copy / "late").exists()
            (home / "later").write_text("y")
            carrying.look()
            assert not (copy / "later").exists()
    finally:
        ending.set()
        thread.join()
    assert (folders.home(NUMBER) / "later").exists()


def test_on_one_machine_the_home_is_the_home(folders: Folders) -> None:
    with folders.still(NUMBER) as home:
        assert home == folders.home(NUMBER)


def test_a_copy_that_does_not_come_is_said(folders: Folders, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders_module, "_COPY_SECONDS", 0)
    guard(folders, home).look()
    with pytest.raises(Unavailable, match="being copied"), folders.still(NUMBER):
        pass


def test_the_last_copy_serves_where_the_pod_is_gone_with_its_node(folders: Folders, home: Path) -> None:
    guard(folders, home).look()
    os.utime(folders.root / NUMBER / "porter.json", (0, 0))
    with folders.still(NUMBER) as copy:
        assert copy.is_dir()


def test_at_the_end_everything_is_carried_once_more(folders: Folders, home: Path) -> None:
    kept = folders.root / NUMBER
    command = [sys.executable, "-I", "-m", "gaia_vre.sandboxes.porter", "guard", str(kept), str(home), "100", "100000"]
    process = subprocess.Popen(command)
    while not (kept / "porter.json").exists():
        time.sleep(0.01)
    (home / "last").write_text("words")
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert (folders.home(NUMBER) / "last").read_text() == "words"
