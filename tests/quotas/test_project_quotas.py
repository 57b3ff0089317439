from __future__ import annotations

import logging
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gaia_vre.quotas.storage.project_quotas import ProjectQuotas, mount_of, project_of
from gaia_vre.quotas.storage.scanner import measure

MIB = 2**20
TABLE = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/root rw
30 22 8:2 / /srv rw,relatime - xfs /dev/sdb rw,attr2,inode64,prjquota
31 30 8:3 / /srv/my\\040homes rw,relatime shared:7 master:2 - xfs /dev/sdc rw,noquota
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    (tmp_path / "mountinfo").write_text(TABLE)
    return tmp_path / "mountinfo"


@pytest.mark.parametrize(
    ("folder", "place", "counts"),
    [("/srv/homes", "/srv", True), ("/srv/my homes/ada", "/srv/my homes", False), ("/home", "/", False)],
    ids=["below a mount", "a mount inside another, with a space", "the root"],
)
def test_the_file_system_of_a_folder_is_found(table: Path, folder: str, place: str, counts: bool) -> None:
    mount = mount_of(Path(folder), table)
    assert mount
    assert (str(mount.place), mount.counts_projects) == (place, counts)


def test_elsewhere_than_on_xfs_nothing_is_held(tmp_path: Path) -> None:
    folder = tmp_path / "ada"
    folder.mkdir()
    assert ProjectQuotas().hold(folder, MIB) is False
    assert ProjectQuotas().spare(folder, MIB) == 0


# On a real file system --------------------------------------------------------------------------


@pytest.fixture
def xfs(tmp_path: Path) -> Iterator[Path]:
    """A folder on an XFS with project quotas, in a file."""
    yield from _mounted(tmp_path, "prjquota")


def _mounted(tmp_path: Path, option: str) -> Iterator[Path]:
    if os.geteuid() != 0 or not shutil.which("mkfs.xfs") or not shutil.which("xfs_quota"):
        pytest.skip("XFS is tried by root with xfsprogs only")
    image, place = tmp_path / "image", tmp_path / "my disk"
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(320 * MIB)
    subprocess.run(["mkfs.xfs", "-q", image], check=True)
    mounted = subprocess.run(["mount", "-o", f"loop,{option}", image, place], check=False, capture_output=True)
    if mounted.returncode:
        pytest.skip(f"this kernel mounts no XFS with {option}: {mounted.stderr.decode().strip()[:120]}")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def test_xfs_refuses_what_goes_beyond_the_limit(xfs: Path) -> None:
    home = xfs / "ada"
    home.mkdir()
    (home / "old").write_bytes(b"x" * MIB)
    quotas = ProjectQuotas()
    assert quotas.hold(home, 4 * MIB)
    with pytest.raises(OSError, match="No space left"):
        (home / "new").write_bytes(b"x" * 8 * MIB)
    assert measure(home).size <= 4 * MIB
    assert quotas.spare(home, 4 * MIB) == 4 * MIB // 100


def test_a_limit_that_is_raised_or_taken_away_holds_at_once(xfs: Path) -> None:
    home = xfs / "ada"
    home.mkdir()
    quotas = ProjectQuotas()
    for limit in (MIB, 16 * MIB, None):
        assert quotas.hold(home, limit)
    (home / "big").write_bytes(b"x" * 20 * MIB)


def test_each_folder_has_a_project_of_its_own_which_outlives_the_service(xfs: Path) -> None:
    homes = [xfs / name for name in ("ada", "bob")]
    for home in homes:
        home.mkdir()
        assert ProjectQuotas().hold(home, MIB)
    first = [project_of(home) for home in homes]
    assert len({*first, 0}) == 3
    ProjectQuotas().hold(homes[0], 2 * MIB)
    assert [project_of(home) for home in homes] == first


def test_an_xfs_without_project_quotas_is_said_and_left_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for place in _mounted(tmp_path, "noquota"):
        (place / "ada").mkdir()
        with caplog.at_level(logging.WARNING):
            assert ProjectQuotas().hold(place / "ada", MIB) is False
        assert "mounted without prjquota" in caplog.text
