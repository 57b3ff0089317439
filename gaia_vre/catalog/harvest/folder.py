"""A folder of Zarr stores, COGs and NetCDF files: extent, variables and statistics read from the files."""

from __future__ import annotations

import hashlib
import json
import os
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gaia_vre.catalog.harvest.contract import Found, Kept, OverBound, Page, Refusal, SourceFault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gaia_vre.catalog.harvest.contract import Memory, Source

_ENDINGS = (".zarr", ".tif", ".tiff", ".nc", ".nc4")
_MOST_FILES = 200_000
_READ_VERSION = 1
"""Raise it when reading gives another description: remembered ones are then read anew."""


class Folder:
    """Describes each store and file below a folder; one that has not changed since is not opened.

    The cursor is the path after which the next page begins; paths are in order.
    """

    def __init__(self, source: Source, memory: Memory) -> None:
        self._source, self._memory = source, memory
        self._root = Path(source.url).resolve()

    def pages(self, cursor: str | None) -> Iterator[Page]:
        ends = time.monotonic() + self._source.limits.seconds
        names = sorted(self._names())
        waiting = [name for name in names if cursor is None or name > cursor]
        size = self._source.page_size
        if not waiting:
            yield Page(total=len(names))
        for start in range(0, len(waiting), size):
            if time.monotonic() > ends:
                raise OverBound(f"longer than {self._source.limits.seconds:g} s; the next run goes on from here")
            batch = waiting[start : start + size]
            found, refused = self._read(batch)
            last = start + size >= len(waiting)
            yield Page(found, refused, None if last else batch[-1], len(names))

    def _names(self) -> Iterator[str]:
        """Yield the paths of stores and files below the folder; links out of it are not followed."""
        if not self._root.is_dir():
            raise SourceFault(f"{self._source.url} is no folder")
        count = 0
        for here, folders, files in os.walk(self._root):
            stores = [name for name in folders if name.lower().endswith(".zarr")]
            folders[:] = [name for name in folders if name not in stores and not name.startswith(".")]
            for name in (*stores, *files):
                if name.lower().endswith(_ENDINGS) and not name.startswith("."):
                    yield str((Path(here) / name).relative_to(self._root))
                    count += 1
            if count > _MOST_FILES:
                raise OverBound(f"{self._source.url} holds more than {_MOST_FILES} files")

    def _read(self, names: list[str]) -> tuple[tuple[Found, ...], tuple[Refusal, ...]]:
        found: list[Found] = []
        refused: list[Refusal] = []
        for name in names:
            try:
                found += [Found(one, str(self._root)) for one in self._described(name)]
            except (
                Exception
            ) as error:  # libraries raise what they like over a broken file: it is refused, the next read
                refused.append(Refusal(name, f"{type(error).__name__}: {str(error)[:300]}"))
        return tuple(found), tuple(refused)

    def _described(self, name: str) -> list[dict[str, Any]]:
        path = self._root / name
        if not path.resolve().is_relative_to(self._root):
            raise ValueError("a link that leads out of the folder")
        mark, key = _mark(path), f"file {name}"
        kept = self._memory.answer(key)
        if kept and kept.etag == mark:
            remembered: list[dict[str, Any]] = json.loads(kept.body)
            return remembered
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from gaia_vre.catalog.harvest.files import describe_file

            described = describe_file(path, name)
        self._memory.keep(key, Kept(mark, None, json.dumps(described).encode()))
        return described


def _mark(path: Path) -> str:
    """Return a digest of names, sizes and times of a file, or of all files of a store."""
    paths = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
    lines = [f"{one.relative_to(path)} {one.stat().st_size} {one.stat().st_mtime_ns}" for one in paths]
    return hashlib.sha256("\n".join([str(_READ_VERSION), *lines]).encode()).hexdigest()
