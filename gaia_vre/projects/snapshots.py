"""Earlier states of projects' folders, where the file system keeps them: looked at, and copied back beside what is."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gaia_vre.core.errors import Conflict, InvalidInput, NotFound, TooLarge, Unavailable
from gaia_vre.core.trash import ITEM, STAMP, TRASH
from gaia_vre.projects import past
from gaia_vre.projects.opening import DEEPEST, is_there, listed, opened, steps_of
from gaia_vre.projects.rules import check_slug

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo
    from pathlib import Path

    from gaia_vre.projects.opening import Entry
    from gaia_vre.projects.past import State

_OF_ABOVE = re.compile(r"^_(.+)_[0-9]+$")
_MODE = 0o2770
_FILE_MODE = 0o660
_MOST_FILES = 100_000
_LONGEST_NAME = 255
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True)
class Restored:
    """What was copied back."""

    path: str
    """Where it is now."""
    files: int
    size_bytes: int
    left_out: int
    """Entries that are neither file, folder nor link, or that have a second name, maybe outside the project."""


class Snapshots:
    """The earlier states of the folders below one root.

    Parameters
    ----------
    folder
        Name of the folder of states; empty: those that are known; ``off``: none are shown.
    zone
        In which the names of states tell the time, where they do not say UTC.
    most_bytes
        Most that is copied back at once.
    """

    def __init__(self, root: Path, folder: str, zone: tzinfo, most_bytes: int) -> None:
        self.root, self._folder, self._zone, self._most = root, folder, zone, most_bytes

    def of(self, slug: str, since: datetime) -> list[State]:
        """Return the states of a project's folder, newest first.

        Parameters
        ----------
        since
            When the project was made: before, there was nothing of it.
        """
        check_slug(slug)
        found: dict[tuple[datetime, str], State] = {}
        for place in past.places(self.root, slug, self._folder):
            for one in past.states_in(place, self._zone):
                # Some file systems show the same state at each level, CephFS as _NAME_NUMBER.
                found.setdefault((one.at, _OF_ABOVE.sub(r"\1", one.name)), one)
        return sorted((one for one in found.values() if one.at >= since), key=lambda one: one.at, reverse=True)[
            : past.MOST_STATES
        ]

    def find(self, slug: str, name: str, since: datetime) -> State:
        """Return a state; raises NotFound."""
        for one in self.of(slug, since):
            if one.name == name:
                return one
        raise NotFound(f"{slug} has no earlier state {name[:80]!a}")

    def entries(self, state: State, inside: str = "") -> list[Entry]:
        """Return what was in a folder, folders first; what is hidden is left out.

        Raises
        ------
        NotFound
            There was no such folder then, or a link stood in the way.
        """
        with _opened(state, steps_of(inside)) as handle:
            return listed(handle)

    def restore(self, slug: str, state: State, path: str, words: str) -> Restored:
        """Copy a file or folder as it was beside what is now, under its name and these words; never over anything.

        Raises
        ------
        NotFound
            It was not there then.
        Conflict
            Something has that name already.
        TooLarge
            It is more than is copied at once.
        Unavailable
            It cannot be written.
        """
        *above, name = steps_of(path) or [""]
        if not name:
            raise InvalidInput("Say which file or folder is copied back")
        with _opened(state, above) as before, opened(slug, self.root) as folder, contextlib.ExitStack() as inner:
            goal, where = _nearest(folder, above, inner)
            new = _beside(name, words)
            if is_there(new, goal):
                raise Conflict(f"{new[:80]!a} is there already: rename it first")
            copy = _Copy(self._most)
            try:
                with _staged(folder) as stage:
                    copy.entry(name, before, ITEM, stage)
                    _put(stage, new, goal)
            except OSError as error:
                raise Unavailable(f"{name[:80]!a} cannot be copied here ({error.strerror})") from error
        return Restored(f"{where}/{new}".lstrip("/"), copy.files, copy.size, copy.left_out)


@contextlib.contextmanager
def _opened(state: State, steps: list[str]) -> Iterator[int]:
    with past.opened_state(state) as top, past.opened_steps(top, steps) as handle:
        yield handle


def _nearest(folder: int, above: list[str], inner: contextlib.ExitStack) -> tuple[int, str]:
    """Return the folder in which something was; where it is gone, the project's own."""
    goal = folder
    try:
        for step in above:
            goal = inner.enter_context(opened(step, goal))
    except NotFound:
        return folder, ""
    return goal, "/".join(above)


def _beside(name: str, words: str) -> str:
    """Return ``run (23 Nov 2026 14:00).nc`` for ``run.nc``."""
    stem, dot, ending = name.rpartition(".")
    stem, ending = (stem, dot + ending) if stem and len(ending) <= 10 else (name, "")
    tail = f" ({words.replace('/', '-')}){ending}"
    room = _LONGEST_NAME - len(os.fsencode(tail))
    return os.fsencode(stem)[:room].decode(errors="ignore") + tail


@contextlib.contextmanager
def _staged(folder: int) -> Iterator[int]:
    """Yield a folder in the project's trash: what a kill leaves in it is removed with the trash."""
    with contextlib.suppress(FileExistsError):
        os.mkdir(TRASH, _MODE, dir_fd=folder)
    with opened(TRASH, folder) as trash:
        number = f"{datetime.now(UTC):{STAMP}}-{secrets.token_hex(4)}"
        os.mkdir(number, _MODE, dir_fd=trash)
        try:
            with opened(number, trash) as stage:
                yield stage
        finally:
            shutil.rmtree(number, dir_fd=trash, ignore_errors=True)


def _put(stage: int, new: str, goal: int) -> None:
    """Give what is ready its place; raises Conflict where something came there meanwhile."""
    try:
        if stat.S_ISDIR(os.stat(ITEM, dir_fd=stage, follow_symlinks=False).st_mode):
            os.mkdir(new, _MODE, dir_fd=goal)  # a rename takes the place of an empty folder: ours
            os.rename(ITEM, new, src_dir_fd=stage, dst_dir_fd=goal)
        else:
            os.link(ITEM, new, src_dir_fd=stage, dst_dir_fd=goal, follow_symlinks=False)
    except FileExistsError as error:
        raise Conflict(f"{new[:80]!a} is there already: rename it first") from error


class _Copy:
    """One copy, with what it has taken so far."""

    def __init__(self, most_bytes: int) -> None:
        self.files, self.size, self.left_out, self._most = 0, 0, 0, most_bytes

    def entry(self, name: str, source: int, new: str, goal: int, depth: int = 0) -> None:
        """Copy one entry; raises NotFound for what cannot be copied and was asked for itself."""
        try:
            facts = os.stat(name, dir_fd=source, follow_symlinks=False)
        except OSError as error:
            raise NotFound(f"There was no {name[:80]!a} then") from error
        if stat.S_ISDIR(facts.st_mode):
            self._folder(name, source, new, goal, depth)
        elif stat.S_ISLNK(facts.st_mode) and depth:
            os.symlink(os.readlink(name, dir_fd=source), new, dir_fd=goal)  # leads no further than it did
        elif not stat.S_ISREG(facts.st_mode) or facts.st_nlink != 1:
            if not depth:
                raise NotFound(f"There was no file {name[:80]!a} that belonged to this project alone")
            self.left_out += 1
        else:
            self._file(name, source, new, goal)

    def _folder(self, name: str, source: int, new: str, goal: int, depth: int) -> None:
        if depth > DEEPEST:
            raise TooLarge(f"{name[:80]!a} lies over {DEEPEST} folders deep")
        os.mkdir(new, _MODE, dir_fd=goal)
        with opened(name, source) as inside, opened(new, goal) as made, os.scandir(inside) as found:
            for one in found:
                if one.name not in (*past.KNOWN, TRASH):
                    self.entry(one.name, inside, one.name, made, depth + 1)

    def _file(self, name: str, source: int, new: str, goal: int) -> None:
        self.files += 1
        if self.files > _MOST_FILES:
            raise TooLarge(f"These are over {_MOST_FILES:,} files; copy them back in parts")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with (
            os.fdopen(os.open(name, _FLAGS, dir_fd=source), "rb") as old,
            os.fdopen(os.open(new, flags, _FILE_MODE, dir_fd=goal), "wb") as made,
        ):
            facts = os.fstat(old.fileno())
            if not stat.S_ISREG(facts.st_mode):
                raise NotFound(f"There was no file {name[:80]!a}")
            self.size += facts.st_size
            if self.size > self._most:
                raise TooLarge(f"This is over {self._most:,} bytes, the most that is copied back at once")
            shutil.copyfileobj(old, made, 1 << 20)
            runs = stat.S_IMODE(facts.st_mode) & 0o110
            os.fchmod(made.fileno(), _FILE_MODE | runs)
            os.utime(made.fileno(), ns=(facts.st_atime_ns, facts.st_mtime_ns))
