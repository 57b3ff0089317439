"""Measure what stands in a folder, with the same memory for ten files and for millions."""

from __future__ import annotations

import heapq
import os
import selectors
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gaia_vre.core.errors import NotFound, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LARGEST = 20
_BLOCK = 512
_CHUNK = 1 << 16
_LONGEST_RECORD = 1 << 13
"""Bytes of a record that are kept: the numbers come first, so that a longer path is only shown shorter."""
_LINKED_FILES = 100_000
"""Files with several names that are remembered; of those beyond, each name counts its share."""
_LOOK_SECONDS = 0.2
# Sizes in blocks: what is taken from the disk, not what a sparse file pretends to be.
_RECORD = "%y %n %i %b %P\\0"


@dataclass(frozen=True, order=True)
class Large:
    """A large file."""

    size: int
    """Bytes on disk."""
    path: bytes
    """Below the folder; names are bytes, of whatever encoding or none."""


@dataclass(frozen=True)
class Measure:
    """What stands in a folder."""

    size: int
    """Bytes on disk, of files with several names once."""
    files: int
    """Names of all kinds, folders too."""
    unreadable: int
    """Folders into which the scanner may not look."""
    largest: tuple[Large, ...]
    complete: bool
    """Nothing ended the look early; otherwise it is at least so much."""
    seconds: float


@dataclass
class _Tally:
    size: int = 0
    files: int = 0
    unreadable: int = 0
    heap: list[Large] = field(default_factory=list)
    linked: set[int] = field(default_factory=set)

    def add(self, record: bytes) -> None:
        kind, names, number, blocks, path = record.split(b" ", 4)
        self.files += 1
        if kind == b"!":
            self.unreadable += 1
        size = int(blocks) * _BLOCK
        if kind in (b"f", b"l") and int(names) > 1:
            size = self._once(int(number), int(names), size)
        self.size += size
        if kind == b"f" and size and (len(self.heap) < LARGEST or size > self.heap[0].size):
            (heapq.heappush if len(self.heap) < LARGEST else heapq.heapreplace)(self.heap, Large(size, path))

    def _once(self, number: int, names: int, size: int) -> int:
        if number in self.linked:
            return 0
        if len(self.linked) >= _LINKED_FILES:
            return size // names
        self.linked.add(number)
        return size


def measure(
    folder: Path, *, seconds: float = 3600, nice: int = 0, stopped: Callable[[], bool] = lambda: False
) -> Measure:
    """Measure a folder, without other file systems that are mounted in it.

    Symbolic links are counted, never followed, but for the folder itself. What vanishes
    meanwhile is left out.

    Parameters
    ----------
    seconds
        How long to look at most.
    nice
        0 to 19: how far to stand back behind other work; above 0 also at the disk.
    stopped
        Asked several times a second: whether to end early.

    Raises
    ------
    NotFound
        There is no such folder.
    Unavailable
        GNU find is missing.
    """
    if not folder.is_dir():
        raise NotFound(f"{folder} is no folder")
    begun = time.monotonic()
    tally = _Tally()
    try:
        process = subprocess.Popen(
            _command(folder, nice),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LC_ALL": "C", "PATH": os.environ.get("PATH", os.defpath)},
        )
    except OSError as error:
        raise Unavailable(f"Homes cannot be measured: find does not start ({error})") from error
    with process:
        ended = False
        try:
            ended = _read(process, tally, lambda: stopped() or time.monotonic() - begun > seconds)
        finally:
            if not ended:
                process.kill()
    # 1: a folder that may not be read, which is counted.
    complete = ended and process.returncode in (0, 1)
    return Measure(
        tally.size,
        tally.files,
        tally.unreadable,
        tuple(sorted(tally.heap, reverse=True)),
        complete,
        time.monotonic() - begun,
    )


def _command(folder: Path, nice: int) -> list[str]:
    behind: list[str] = []
    if nice:
        behind += ["nice", "-n", str(nice)] if shutil.which("nice") else []
        behind += ["ionice", "-c", "3"] if shutil.which("ionice") else []
    closed = ["-type", "d", "!", "(", "-readable", "-executable", ")", "-printf", _RECORD.replace("%y", "!")]
    look = ["find", "-H", str(folder.absolute()), "-xdev", "-ignore_readdir_race"]
    return [*behind, *look, "(", *closed, ")", "-o", "-printf", _RECORD]


def _read(process: subprocess.Popen[bytes], tally: _Tally, enough: Callable[[], bool]) -> bool:
    """Count what find prints; say whether it came to its end."""
    rest = b""
    for chunk in _chunks(process, enough):
        if chunk is None:
            return False
        *records, rest = (rest + chunk).split(b"\0")
        rest = rest[:_LONGEST_RECORD]
        for record in records:
            tally.add(record[:_LONGEST_RECORD])
    return True


def _chunks(process: subprocess.Popen[bytes], enough: Callable[[], bool]) -> Iterator[bytes | None]:
    """Give what is printed as it comes, and None when it is enough."""
    assert process.stdout is not None  # noqa: S101 - it was asked for
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if enough():
                yield None
                return
            if not selector.select(_LOOK_SECONDS):
                continue
            chunk = os.read(process.stdout.fileno(), _CHUNK)
            if not chunk:
                return
            yield chunk
