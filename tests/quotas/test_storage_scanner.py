from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
import tracemalloc
from pathlib import Path

import pytest

from gaia_vre.core.errors import NotFound
from gaia_vre.quotas.storage.scanner import LARGEST, measure

ROOT = os.geteuid() == 0


def test_the_largest_files_come_first_and_sizes_are_those_on_disk(tmp_path: Path) -> None:
    (tmp_path / "small").write_bytes(b"x" * 5000)
    (tmp_path / "large").write_bytes(b"x" * 500_000)
    with (tmp_path / "sparse").open("wb") as sparse:
        sparse.truncate(10**12)
    found = measure(tmp_path)
    assert [one.path for one in found.largest] == [b"large", b"small"]
    assert 505_000 <= found.size < 600_000
    assert found.complete


def test_a_file_with_several_names_counts_once(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 400_000)
    alone = measure(tmp_path).size
    for number in range(50):
        (tmp_path / f"again-{number}").hardlink_to(tmp_path / "a")
    found = measure(tmp_path)
    assert found.size - alone < 100_000
    assert len(found.largest) == 1


@pytest.mark.parametrize("name", [b"\xff\xfe", b"a\nb", b" 7 f", b"-delete", b"'\"$(id)`", "\u202egnp".encode()])
def test_any_name_is_only_a_name(tmp_path: Path, name: bytes) -> None:
    Path(os.fsdecode(bytes(tmp_path) + b"/" + name)).write_bytes(b"x" * 9000)
    found = measure(tmp_path)
    assert (found.files, found.largest[0].path) == (2, name)


def test_symbolic_links_are_not_followed(tmp_path: Path) -> None:
    home, outside = tmp_path / "home", tmp_path / "outside"
    home.mkdir()
    outside.write_bytes(b"x" * 10**6)
    (home / "loop").symlink_to(home)
    (home / "self").symlink_to("self")
    (home / "out").symlink_to(outside)
    found = measure(home)
    assert found.files == 4
    assert found.size < 100_000
    assert found.complete


def test_a_home_that_is_a_link_is_measured_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "file").write_bytes(b"x" * 300_000)
    (tmp_path / "ada").symlink_to(tmp_path / "disk")
    assert measure(tmp_path / "ada").size >= 300_000


def test_a_deep_tree_is_measured_whole(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(600):  # 12,000 bytes of path, thrice what one call takes
        os.mkdir("a" * 20, dir_fd=here)
        below = os.open("a" * 20, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.write(os.open("end", os.O_WRONLY | os.O_CREAT, dir_fd=here), b"x" * 9000)
    os.close(here)
    found = measure(tmp_path)
    subprocess.run(["rm", "-rf", str(tmp_path / ("a" * 20))], check=True)
    assert found.files == 602
    assert found.largest[0].path.startswith(b"aaaa")


def test_files_that_vanish_meanwhile_are_left_out(tmp_path: Path) -> None:
    for number in range(3000):
        (tmp_path / f"{number}").touch()
    clearing = threading.Thread(target=lambda: [path.unlink() for path in tmp_path.iterdir()])
    clearing.start()
    found = [measure(tmp_path) for _ in range(5)]
    clearing.join()
    assert all(one.complete for one in found)
    assert measure(tmp_path).files == 1


def test_memory_stays_bounded_for_many_files(tmp_path: Path) -> None:
    with _memory_folder(tmp_path) as folder:
        (folder / "0").touch()
        for number in range(1, 100_000):
            os.link(folder / "0", folder / f"a name of some length to fill memory with, number {number}")
        tracemalloc.start()
        try:
            found = measure(folder)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert found.files == 100_001
    assert len(found.largest) <= LARGEST
    assert peak < 2 * 2**20


def test_a_look_ends_when_its_time_is_over(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert not measure(tmp_path, seconds=-1).complete
    assert not measure(tmp_path, stopped=lambda: True).complete


def test_a_folder_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no-home"):
        measure(tmp_path / "no-home")


@pytest.mark.skipif(not ROOT, reason="only root may become somebody who may not look")
def test_folders_that_may_not_be_read_are_counted() -> None:
    home = Path(tempfile.mkdtemp())
    try:
        home.chmod(0o755)
        (home / "closed").mkdir(mode=0o700)
        (home / "closed" / "file").write_bytes(b"x" * 10**6)
        os.setresuid(65534, 65534, 0)
        try:
            found = measure(home)
        finally:
            os.setresuid(0, 0, 0)
    finally:
        shutil.rmtree(home)
    assert (found.files, found.unreadable, found.complete) == (2, 1, True)


@pytest.mark.skipif(not ROOT, reason="only root may mount")
def test_another_file_system_inside_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "mounted").mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", tmp_path / "mounted"], check=False).returncode:
        pytest.skip("mounting is not possible here")
    try:
        (tmp_path / "mounted" / "file").write_bytes(b"x" * 10**6)
        assert measure(tmp_path).size < 500_000
    finally:
        subprocess.run(["umount", tmp_path / "mounted"], check=True)


class _memory_folder:  # noqa: N801 - read as a function
    """A folder in memory where there is one: many files without a busy disk."""

    def __init__(self, otherwise: Path) -> None:
        shared = Path("/dev/shm")
        self._folder = tempfile.TemporaryDirectory(dir=shared if os.access(shared, os.W_OK) else otherwise)

    def __enter__(self) -> Path:
        return Path(self._folder.__enter__())

    def __exit__(self, *error: object) -> None:
        self._folder.cleanup()
