"""Read an asset from the nearest site that answers, and go on from the next one when that fails.

`ReplicaFileSystem` is a file system of fsspec whose root is one asset, whatever sites keep it. It falls
over at each read, so a site that dies while a Dask worker reads a lazy array is replaced there too.
"""

from __future__ import annotations

import time
import warnings
from typing import TYPE_CHECKING, Any, TypeVar

from fsspec import AbstractFileSystem
from fsspec.spec import AbstractBufferedFile

from gaia_vre.catalog.files import SCHEME
from gaia_vre.catalog.stores import failures, join, spoken_failure, store_of
from gaia_vre.core.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from gaia_vre.catalog.sites import Place

REST_SECONDS = 60.0
"""For how long a site that failed is asked last."""

SEEN_SECONDS = 5.0
"""For how long a store that was there is taken to be there."""

BLOCK_BYTES = 1 << 19
_ROOTS_OF_ZARR = ("zarr.json", ".zgroup", ".zmetadata", ".zarray")

Value = TypeVar("Value")


class ReplicaNotice(UserWarning):
    """Data comes from another site than the nearest."""


class ReplicaFileSystem(AbstractFileSystem):  # type: ignore[misc]
    """One asset at several places, read only; the path "" is the asset itself, others are parts of a store.

    A part that is missing while its store stands is missing (a chunk that was never written has the fill
    value); when the store itself is gone, or does not answer, the next place is asked.
    """

    protocol = "gaia-replicas"
    root_marker = ""

    def __init__(self, owner: str, places: tuple[Place, ...], **options: Any) -> None:
        super().__init__(**options)
        self.owner = owner
        self.places = tuple(places)
        self._failed: dict[Place, float] = {}
        self._told: set[Place] = set()
        self._stores: dict[Place, tuple[Any, str]] = {}
        self._marks: dict[Place, str] = {}
        self._seen: dict[Place, float] = {}
        self.read_from: Place | None = None
        """The place that answered last."""

    def __reduce__(self) -> tuple[Any, ...]:
        # Links that the service gave travel with the work: a Dask worker has no token to ask for any.
        carried = {place: store for place, store in self._stores.items() if place.scheme == SCHEME}
        return _rebuilt, (self.owner, self.places, carried)

    def info(self, path: str, **options: Any) -> dict[str, Any]:
        found = self._ask(path, lambda files, address: files.info(address))
        return {**found, "name": self._strip_protocol(path)}

    def exists(self, path: str, **options: Any) -> bool:
        try:
            self.info(path)
        except FileNotFoundError:
            return False
        return True

    def ls(self, path: str, detail: bool = True, **options: Any) -> list[Any]:
        path = self._strip_protocol(path)
        found = self._ask(path, lambda files, address: files.ls(address, detail=True))
        parts = [{**one, "name": join(path, _last(one["name"])).lstrip("/")} for one in found]
        return parts if detail else [one["name"] for one in parts]

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **options: Any) -> bytes:
        def read(files: Any, address: str) -> bytes:
            content = bytes(files.cat_file(address, start=start, end=end))
            if None not in (start, end) and start >= 0 and len(content) > end - start >= 0:  # type: ignore[operator]
                raise OSError("the server sends more than the range asked for")
            return content

        return self._ask(path, read)

    def _open(self, path: str, mode: str = "rb", **options: Any) -> AbstractBufferedFile:
        options.setdefault("size", self.info(path)["size"])
        options["block_size"] = options.get("block_size") or BLOCK_BYTES
        return _ReplicaFile(self, path, mode, **{"cache_type": "blockcache", **options})

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(path).removeprefix("gaia-replicas://").strip("/")

    def _ask(self, path: str, work: Callable[[Any, str], Value]) -> Value:
        """Do the work at the nearest place that can; say so when it is not the first."""
        path = self._strip_protocol(path)
        reasons: dict[Place, str] = {}
        for place in self._in_order():
            files, root = self._store(place)
            try:
                done = work(files, join(root, path))
            except failures() as error:
                if isinstance(error, FileNotFoundError) and self._stands(place):
                    raise FileNotFoundError(f"{self.owner}: {path}") from error
                reasons[place] = spoken_failure(error, place.seconds)
                self._failed[place] = time.monotonic()
                continue
            self._tell(place, reasons)
            return done
        tried = "; ".join(f"{place.title} ({place.shown}) {reason}" for place, reason in reasons.items())
        raise Unavailable(f"{self.owner} cannot be read from any of its sites: {tried}")

    def _in_order(self) -> list[Place]:
        now = time.monotonic()
        resting = [one for one in self.places if now - self._failed.get(one, -REST_SECONDS) < REST_SECONDS]
        return [one for one in self.places if one not in resting] + resting

    def _store(self, place: Place) -> tuple[Any, str]:
        if place not in self._stores:
            self._stores[place] = store_of(place)
        return self._stores[place]

    def _stands(self, place: Place) -> bool:
        """Tell whether the store is there although a part of it is not."""
        if time.monotonic() - self._seen.get(place, -SEEN_SECONDS) < SEEN_SECONDS:
            return True
        files, root = self._store(place)
        for mark in (self._marks[place],) if place in self._marks else _ROOTS_OF_ZARR:
            try:
                files.cat_file(join(root, mark))
            except failures():
                continue
            self._marks[place], self._seen[place] = mark, time.monotonic()
            return True
        return False

    def _tell(self, place: Place, reasons: dict[Place, str]) -> None:
        self.read_from = place
        self._failed.pop(place, None)
        news = {one: reason for one, reason in reasons.items() if one not in self._told}
        if news:
            self._told |= news.keys()
            said = "; ".join(f"{one.title} {reason}" for one, reason in news.items())
            warnings.warn(f"{self.owner}: {said}; read from {place.title}", ReplicaNotice, stacklevel=2)


def _rebuilt(owner: str, places: tuple[Place, ...], carried: dict[Place, tuple[Any, str]]) -> ReplicaFileSystem:
    files = ReplicaFileSystem(owner, places)
    files._stores.update(carried)
    return files


class _ReplicaFile(AbstractBufferedFile):  # type: ignore[misc]
    # GDAL keeps its open files in a mapping; fsspec holds two files on one asset for the same.
    __hash__ = object.__hash__
    __eq__ = object.__eq__

    def _fetch_range(self, start: int, end: int) -> bytes:
        return bytes(self.fs.cat_file(self.path, start, end))


def _last(name: str) -> str:
    return name.partition("?")[0].rstrip("/").rpartition("/")[2]
