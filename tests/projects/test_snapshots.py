"""Earlier states of a project's folder, with plain folders in the place of the file system's."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gaia_vre.core.errors import Conflict, GaiaError, InvalidInput, NotFound, TooLarge
from gaia_vre.projects.folders import Folders
from gaia_vre.projects.past import moment_in
from gaia_vre.projects.snapshots import Snapshots

PARIS = ZoneInfo("Europe/Paris")
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
NAME, WORDS = "daily-2026-11-23-1400", "23 Nov 2026 14:00"


@pytest.fixture
def heat(tmp_path: Path) -> Path:
    return Folders(tmp_path / "projects").make("heat")


@pytest.fixture
def snapshots(tmp_path: Path) -> Snapshots:
    return Snapshots(tmp_path / "projects", "", PARIS, 1000)


def kept(heat: Path, place: str = ".zfs/snapshot/{}/heat", name: str = NAME) -> Path:
    """Make an earlier state, and return the project's folder in it."""
    base = heat.parent if place.endswith("/heat") else heat
    folder = base / place.format(name)
    folder.mkdir(parents=True)
    return folder


@pytest.mark.parametrize(
    "place",
    [
        pytest.param(".zfs/snapshot/{}/heat", id="ZFS, one file system for all projects"),
        pytest.param(".zfs/snapshot/{}", id="ZFS, one for each"),
        pytest.param(".snapshots/{}/heat", id="GPFS"),
        pytest.param(".snap/{}", id="CephFS"),
        pytest.param(".snapshot/{}", id="NetApp"),
    ],
)
def test_a_state_is_found_where_file_systems_show_it(snapshots: Snapshots, heat: Path, place: str) -> None:
    (kept(heat, place) / "run.nc").write_text("then")
    (state,) = snapshots.of("heat", LONG_AGO)
    assert (state.name, state.at) == (NAME, datetime(2026, 11, 23, 13, tzinfo=UTC))
    assert [one.name for one in snapshots.entries(state)] == ["run.nc"]


def test_snapper_tells_the_moment_in_a_file(snapshots: Snapshots, heat: Path) -> None:
    folder = kept(heat, ".snapshots/{}/snapshot/heat", "17")
    (folder / "run.nc").touch()
    told = "<?xml version='1.0'?><snapshot><num>17</num><date>2026-11-22 23:00:01</date></snapshot>"
    (folder.parent.parent / "info.xml").write_text(told)
    (state,) = snapshots.of("heat", LONG_AGO)
    assert (state.name, state.at) == ("17", datetime(2026, 11, 22, 23, 0, 1, tzinfo=UTC))
    assert [one.name for one in snapshots.entries(state)] == ["run.nc"]


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("zfs-auto-snap_hourly-2026-11-23-1417", "2026-11-23T13:17"),
        ("autosnap_2026-07-01_00:00:02_daily", "2026-06-30T22:00:02"),
        ("@GMT-2026.11.23-00.00.00", "2026-11-23T00:00"),
        ("20261123T140000Z", "2026-11-23T14:00"),
        ("scheduled-2026-11-22-00_00_00_UTC", "2026-11-22T00:00"),
        ("before-2026-11-23", "2026-11-22T23:00"),
    ],
)
def test_names_tell_moments(name: str, at: str) -> None:
    assert moment_in(name, PARIS) == datetime.fromisoformat(at).replace(tzinfo=UTC)


@pytest.mark.parametrize("name", ["before-upgrade", "2026-13-45", "12026-11-23", "v2026"])
def test_other_names_tell_none(name: str) -> None:
    assert moment_in(name, PARIS) is None


def test_states_are_newest_first_and_none_is_older_than_the_project(snapshots: Snapshots, heat: Path) -> None:
    for day in ("2026-11-20", "2026-11-22", "2026-11-21", "2025-12-31"):
        kept(heat, name=f"daily-{day}-0000")
    assert [one.at.day for one in snapshots.of("heat", LONG_AGO)] == [21, 20, 19]


def test_the_same_state_shown_at_two_levels_is_one(snapshots: Snapshots, heat: Path) -> None:
    kept(heat, ".snap/{}/heat")
    kept(heat, ".snap/{}", f"_{NAME}_1099511627776")
    assert [one.name for one in snapshots.of("heat", LONG_AGO)] == [NAME]


def test_what_a_member_makes_in_the_folder_hides_no_state(snapshots: Snapshots, heat: Path) -> None:
    (kept(heat) / "true").touch()
    (kept(heat, ".zfs/snapshot/{}") / "made up").touch()
    (state,) = snapshots.of("heat", LONG_AGO)
    assert [one.name for one in snapshots.entries(state)] == ["true"]


def test_the_setting_names_the_folder_or_shows_none(tmp_path: Path, heat: Path) -> None:
    kept(heat)
    kept(heat, "history/{}/heat", "of-2026-11-21")
    found = Snapshots(heat.parent, "history", PARIS, 1000).of("heat", LONG_AGO)
    assert [one.name for one in found] == ["of-2026-11-21"]
    assert Snapshots(heat.parent, "off", PARIS, 1000).of("heat", LONG_AGO) == []


def test_a_file_is_copied_back_beside_what_is_now(snapshots: Snapshots, heat: Path) -> None:
    (kept(heat) / "run.nc").write_text("then")
    (heat / "run.nc").write_text("now")
    (state,) = snapshots.of("heat", LONG_AGO)
    made = snapshots.restore("heat", state, "run.nc", WORDS)
    assert made.path == f"run ({WORDS}).nc"
    assert ((heat / "run.nc").read_text(), (heat / made.path).read_text()) == ("now", "then")
    with pytest.raises(Conflict):
        snapshots.restore("heat", state, "run.nc", WORDS)
    assert (heat / made.path).read_text() == "then"
    assert list((heat / ".trash").iterdir()) == []


def test_a_folder_is_copied_back_whole(snapshots: Snapshots, heat: Path) -> None:
    old = kept(heat) / "run" / "deep"
    old.mkdir(parents=True)
    (old / ".hidden").write_text("1")
    (old / "tool").write_text("2")
    (old / "tool").chmod(0o755)
    (old / "latest").symlink_to("tool")
    (state,) = snapshots.of("heat", LONG_AGO)
    made = snapshots.restore("heat", state, "run/deep", WORDS)
    copy = heat / made.path  # run is gone, so it comes to the top
    assert (made.path, made.files, made.left_out) == (f"deep ({WORDS})", 2, 0)
    assert sorted(one.name for one in copy.iterdir()) == [".hidden", "latest", "tool"]
    assert (copy / "tool").stat().st_mode & 0o777 == 0o770


def test_something_empty_of_the_same_name_is_not_replaced_either(snapshots: Snapshots, heat: Path) -> None:
    (kept(heat) / "run").mkdir()
    (heat / f"run ({WORDS})").mkdir()
    (state,) = snapshots.of("heat", LONG_AGO)
    with pytest.raises(Conflict):
        snapshots.restore("heat", state, "run", WORDS)


def test_a_copy_has_a_limit_and_leaves_nothing(snapshots: Snapshots, heat: Path) -> None:
    old = kept(heat) / "run"
    old.mkdir()
    for name in ("a", "b"):
        (old / name).write_bytes(bytes(600))
    (state,) = snapshots.of("heat", LONG_AGO)
    with pytest.raises(TooLarge):
        snapshots.restore("heat", state, "run", WORDS)
    assert sorted(one.name for one in heat.iterdir()) == [".trash"]
    assert list((heat / ".trash").iterdir()) == []


@pytest.mark.parametrize("path", ["out", "out/secret", "../cold/secret", "run/../../cold/secret", "pipe", "twin", ""])
def test_nothing_outside_the_project_is_reached(snapshots: Snapshots, heat: Path, tmp_path: Path, path: str) -> None:
    old = kept(heat)
    cold = old.parent / "cold"
    cold.mkdir()
    (cold / "secret").write_text("of another project")
    (old / "run").mkdir()
    (old / "out").symlink_to(cold)
    os.mkfifo(old / "pipe")
    (old / "twin").hardlink_to(cold / "secret")
    (state,) = snapshots.of("heat", LONG_AGO)
    with pytest.raises((InvalidInput, NotFound)):
        snapshots.restore("heat", state, path, WORDS)
    if path not in ("", "pipe", "twin"):
        with pytest.raises((InvalidInput, NotFound)):
            snapshots.entries(state, path)


def test_a_state_that_is_a_link_or_leads_through_one_is_none(snapshots: Snapshots, heat: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere" / "heat").mkdir(parents=True)
    place = heat.parent / ".zfs" / "snapshot"
    place.mkdir(parents=True)
    (place / "of-2026-11-21").symlink_to(tmp_path / "elsewhere")
    (place / "of-2026-11-22").mkdir()
    (place / "of-2026-11-22" / "heat").symlink_to(tmp_path / "elsewhere" / "heat")
    (heat / ".snap").symlink_to(tmp_path / "elsewhere")
    (state,) = snapshots.of("heat", LONG_AGO)
    with pytest.raises(NotFound):
        snapshots.entries(state)


@pytest.mark.parametrize("name", ["..", ".", "../cold", "a/b", "", "x\0"])
def test_what_is_no_name_of_a_state_is_none(snapshots: Snapshots, heat: Path, name: str) -> None:
    kept(heat)
    with pytest.raises(GaiaError):
        snapshots.find("heat", name, LONG_AGO)


def test_links_go_along_as_links_and_what_has_a_second_name_stays_out(
    snapshots: Snapshots, heat: Path, tmp_path: Path
) -> None:
    old = kept(heat) / "run"
    old.mkdir()
    (tmp_path / "secret").write_text("secret")
    (old / "link").symlink_to(tmp_path / "secret")
    (old / "twin").hardlink_to(tmp_path / "secret")
    (state,) = snapshots.of("heat", LONG_AGO)
    made = snapshots.restore("heat", state, "run", WORDS)
    assert [one.name for one in (heat / made.path).iterdir()] == ["link"]
    assert ((heat / made.path / "link").is_symlink(), made.left_out) == (True, 1)


def test_a_link_in_the_place_of_the_goal_leads_nowhere(snapshots: Snapshots, heat: Path, tmp_path: Path) -> None:
    (kept(heat) / "run").mkdir()
    (heat.parent / ".zfs" / "snapshot" / NAME / "heat" / "run" / "a").touch()
    (tmp_path / "home").mkdir()
    (heat / "run").symlink_to(tmp_path / "home")
    (state,) = snapshots.of("heat", LONG_AGO)
    assert snapshots.restore("heat", state, "run/a", WORDS).path == f"a ({WORDS})"
    assert list((tmp_path / "home").iterdir()) == []
