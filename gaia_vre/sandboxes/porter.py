"""Carry a sandbox's files between its pod and the volume that outlives it, outside of the sandbox's own container.

    python -I -m gaia_vre.sandboxes.porter fill KEPT HOME
    python -I -m gaia_vre.sandboxes.porter guard KEPT HOME MOST_FILES MOST_BYTES

``fill`` puts what the sandbox starts from into its home; ``guard`` carries the home back from time to time, when the
service wants to read it, and at the end. Nothing of the sandbox runs in here, and no link of it is followed.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import stat
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

STATE, WANTED = "porter.json", "wanted"
LOOK_SECONDS = 0.5
PERIOD_SECONDS = 60.0
PATIENCE_SECONDS = 600.0
"""A reader that wants the home to stand still for longer is taken for dead."""
_NEXT, _BEFORE = ".next", ".before"
_DEEPEST = 200
_ENDLESS = 2**62
_ENTER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def main() -> None:
    """Do what the pod's specification says."""
    action, kept, home, *bounds = sys.argv[1:]
    if action == "fill":
        fill(Path(kept), Path(home))
        return
    files, size = map(int, bounds)
    ending = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ending.set())
    Guard(Path(kept), Path(home), files, size).run(ending)


def fill(kept: Path, home: Path) -> None:
    """Put what was kept into an empty home."""
    # The home itself is the cluster's: its times and rights are not ours to set, as `cp -a` would.
    with contextlib.ExitStack() as opened:
        source, target = _entered(kept / "home", opened), _entered(home, opened)
        _Copy(_ENDLESS, _ENDLESS).folder(source, target, None)


class Guard:
    """What stands beside one sandbox for as long as it lives.

    Parameters
    ----------
    kept
        Folder of the sandbox on the volume; ``home`` in it is a whole copy at every moment.
    most_files, most_bytes
        More is not carried: a home beyond its limit ends anyway.
    """

    def __init__(self, kept: Path, home: Path, most_files: int, most_bytes: int) -> None:
        self.kept, self.home = kept, home
        self.most_files, self.most_bytes = most_files, most_bytes
        self.answered = ""
        self._due = time.monotonic() + PERIOD_SECONDS

    def run(self, ending: threading.Event) -> None:
        """Carry until the pod ends, and once more then."""
        self._tell("running")
        while not ending.wait(LOOK_SECONDS):
            self.look()
        self.carry()  # whoever reads the last copy reads on: it goes with the next
        self._tell("done")

    def look(self) -> None:
        """Carry if somebody wants to read or if it is time."""
        wanted = self._wanted()
        if wanted and wanted != self.answered:
            self.carry()
            self.answered = wanted
        elif not wanted and time.monotonic() >= self._due:
            self.carry()
        self._tell("running")

    def carry(self) -> None:
        """Make a new copy, with what has not changed taken from the last, and let it take its place."""
        began = time.monotonic()
        for left in (_NEXT, _BEFORE):
            shutil.rmtree(self.kept / left, ignore_errors=True)
        (self.kept / _NEXT).mkdir(mode=0o700)
        with contextlib.ExitStack() as opened:
            source, target, last = (
                _entered(folder, opened) for folder in (self.home, self.kept / _NEXT, self.kept / "home")
            )
            _Copy(self.most_files, self.most_bytes).folder(source, target, last)
        (self.kept / "home").rename(self.kept / _BEFORE)
        (self.kept / _NEXT).rename(self.kept / "home")
        # At most a tenth of the time goes there.
        self._due = time.monotonic() + max(PERIOD_SECONDS, 10 * (time.monotonic() - began))

    def _wanted(self) -> str:
        """Return the word of whoever wants the home to stand still; nothing if nobody does."""
        with contextlib.suppress(OSError):
            if time.time() - (self.kept / WANTED).stat().st_mtime < PATIENCE_SECONDS:
                return (self.kept / WANTED).read_text()
        return ""

    def _tell(self, state: str) -> None:
        draft = self.kept / f".{STATE}"
        with contextlib.suppress(OSError):
            draft.write_text(json.dumps({"state": state, "answered": self.answered}))
            draft.replace(self.kept / STATE)


@dataclass
class _Copy:
    """One copy while it is made; the sandbox changes its source meanwhile."""

    files: int
    size: int

    def folder(self, source: int, target: int, last: int | None, depth: int = 0) -> None:
        with os.scandir(source) as entries:
            found = list(entries)
        for entry in found:
            self.files -= 1
            if self.files < 0 or self.size < 0:
                return
            with contextlib.suppress(OSError):  # it went meanwhile, or cannot be read
                self._entry(entry, source, target, last, depth)

    def _entry(self, entry: os.DirEntry[str], source: int, target: int, last: int | None, depth: int) -> None:
        if entry.is_symlink():
            os.symlink(os.readlink(entry.name, dir_fd=source), entry.name, dir_fd=target)
        elif entry.is_dir(follow_symlinks=False) and depth < _DEEPEST:
            os.mkdir(entry.name, 0o700, dir_fd=target)
            with contextlib.ExitStack() as opened:
                inner, made = _entered(entry.name, opened, source), _entered(entry.name, opened, target)
                before = None
                if last is not None:
                    with contextlib.suppress(OSError):
                        before = _entered(entry.name, opened, last)
                self.folder(inner, made, before, depth + 1)
        elif entry.is_file(follow_symlinks=False):
            self._file(entry, source, target, last)

    def _file(self, entry: os.DirEntry[str], source: int, target: int, last: int | None) -> None:
        about = entry.stat(follow_symlinks=False)
        self.size -= about.st_size
        if last is not None and _same(entry.name, last, about):
            os.link(entry.name, entry.name, src_dir_fd=last, dst_dir_fd=target, follow_symlinks=False)
            return
        with os.fdopen(os.open(entry.name, _READ, dir_fd=source), "rb") as read:
            about = os.fstat(read.fileno())
            if not stat.S_ISREG(about.st_mode):
                return
            mode = 0o700 if about.st_mode & 0o100 else 0o600
            with os.fdopen(os.open(entry.name, _WRITE, mode, dir_fd=target), "wb") as written:
                shutil.copyfileobj(read, written, 2**20)
            os.utime(entry.name, ns=(about.st_atime_ns, about.st_mtime_ns), dir_fd=target, follow_symlinks=False)


def _same(name: str, last: int, about: os.stat_result) -> bool:
    """Say whether a file is as it was copied; a size and a time to the nanosecond do not come twice by chance."""
    try:
        known = os.stat(name, dir_fd=last, follow_symlinks=False)
    except OSError:
        return False
    executable = bool(known.st_mode & 0o100) == bool(about.st_mode & 0o100)
    same = (known.st_size, known.st_mtime_ns) == (about.st_size, about.st_mtime_ns)
    return stat.S_ISREG(known.st_mode) and same and executable


def _entered(folder: Path | str, opened: contextlib.ExitStack, parent: int | None = None) -> int:
    descriptor = os.open(folder, _ENTER, dir_fd=parent)
    opened.callback(os.close, descriptor)
    return descriptor


if __name__ == "__main__":
    main()
