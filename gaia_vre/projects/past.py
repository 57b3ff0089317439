"""Where a file system shows earlier states of a folder, and of which moment each is."""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gaia_vre.core.errors import InvalidInput, NotFound
from gaia_vre.projects.opening import opened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo
    from pathlib import Path

KNOWN = (".zfs/snapshot", ".snapshots", ".snap", ".snapshot")
"""ZFS; Btrfs with snapper, and GPFS; CephFS; NetApp and others."""
OFF = "off"
MOST_STATES = 500
_SNAPPER = "snapshot"
"""Below each of its numbers stand the state under this name, and a file that tells the moment."""
_INFO, _INFO_BYTES = "info.xml", 1 << 14
_MADE = re.compile(rb"<date>\s*([0-9][0-9 :T+-]{15,40})\s*</date>")
_STAMP = re.compile(
    r"(?<![0-9])(20[0-9]{2})[-.]?([01][0-9])[-.]?([0-3][0-9])"
    r"(?:[-_.T ]([0-2][0-9])[-:._]?([0-5][0-9])(?:[-:._]?([0-5][0-9]))?)?(?![0-9])"
)
_UNIVERSAL = re.compile(r"UTC|GMT|[0-9]Z(?![A-Za-z])")
_CEPH = "ceph.snap.btime"


@dataclass(frozen=True)
class State:
    """An earlier state of a project's folder."""

    name: str
    at: datetime
    where: Place


@dataclass(frozen=True)
class Place:
    """A folder in which the file system shows earlier states of one above the project's, or of that itself."""

    base: Path
    folder: str
    steps: tuple[str, ...]
    """From a state to the project's folder in it."""


def places(root: Path, slug: str, folder: str) -> list[Place]:
    """Return where earlier states may stand, outermost first: what members make in their folder hides none.

    Parameters
    ----------
    root
        Folder of the projects' folders; what is above it counts as far as it is on the same mount.
    folder
        Name of the folder of states; empty: all that are known.
    """
    if folder == OFF:
        return []
    real = root.resolve()
    found: list[Place] = []
    base, steps = real / slug, tuple[str, ...]()
    try:
        mount = (real / slug).lstat().st_dev
        while base != base.parent and base.stat().st_dev == mount:
            found += [Place(base, name, steps) for name in ((folder,) if folder else KNOWN)]
            base, steps = base.parent, (base.name, *steps)
    except OSError:
        return []
    return found[::-1]


@contextlib.contextmanager
def opened_steps(base: Path | int, steps: Sequence[str]) -> Iterator[int]:
    """Open a folder below another, following no link on the way."""
    with contextlib.ExitStack() as inner:
        handle = base
        for step in steps:
            handle = inner.enter_context(opened(step, handle))
        yield handle if isinstance(handle, int) else inner.enter_context(opened(".", handle))


def states_in(place: Place, zone: tzinfo) -> list[State]:
    """Return the states in one place, in no order; none where there is no such place."""
    try:
        with opened_steps(place.base, place.folder.split("/")) as handle, os.scandir(handle) as entries:
            found = [one for one in entries if not one.name.startswith(".") and one.is_dir(follow_symlinks=False)]
            return [State(one.name, _moment(one, handle, zone), place) for one in found[: 4 * MOST_STATES]]
    except (NotFound, OSError):
        return []


@contextlib.contextmanager
def opened_state(state: State) -> Iterator[int]:
    """Open the project's folder as it was; raises NotFound where it was not yet there."""
    if "/" in state.name or state.name in ("", ".", "..") or "\0" in state.name:
        raise InvalidInput(f"{state.name[:80]!a} is no name of an earlier state")
    with opened_steps(state.where.base, [*state.where.folder.split("/"), state.name]) as found:
        inside = (_SNAPPER,) if _of_snapper(found) else ()
        with opened_steps(found, (*inside, *state.where.steps)) as handle:
            yield handle


def moment_in(name: str, zone: tzinfo) -> datetime | None:
    """Return the moment that a name tells, as most programs write one; None where it tells none."""
    found = _STAMP.search(name)
    if found is None:
        return None
    numbers = [int(one or 0) for one in found.groups()]
    try:
        return datetime(*numbers, tzinfo=UTC if _UNIVERSAL.search(name) else zone).astimezone(UTC)  # type: ignore[arg-type,misc]
    except ValueError:
        return None


def _moment(entry: os.DirEntry[str], place: int, zone: tzinfo) -> datetime:
    """Return when a state was made; where nothing tells, when something in it last changed."""
    if told := moment_in(entry.name, zone) or _told_by_snapper(entry.name, place) or _told_by_ceph(entry.name, place):
        return told
    return datetime.fromtimestamp(entry.stat(follow_symlinks=False).st_mtime, UTC)


def _told_by_snapper(name: str, place: int) -> datetime | None:
    if not name.isdecimal():
        return None
    with contextlib.suppress(NotFound, OSError, ValueError), opened(name, place) as handle:
        file = os.open(_INFO, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=handle)
        try:
            found = _MADE.search(os.read(file, _INFO_BYTES))
        finally:
            os.close(file)
        if found:
            return datetime.fromisoformat(found[1].decode().strip()).replace(tzinfo=UTC)  # snapper writes UTC
    return None


def _told_by_ceph(name: str, place: int) -> datetime | None:
    with contextlib.suppress(NotFound, OSError, ValueError), opened(name, place) as handle:
        return datetime.fromtimestamp(float(os.getxattr(handle, _CEPH)), UTC)
    return None


def _of_snapper(state: int) -> bool:
    try:
        os.stat(_INFO, dir_fd=state, follow_symlinks=False)
    except OSError:
        return False
    return True
