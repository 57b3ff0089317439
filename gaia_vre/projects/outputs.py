"""What a project gave out: the notebooks and apps that it publishes, and the largest files that look like results."""

from __future__ import annotations

import heapq
import os
import stat
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from sqlalchemy import select

from gaia_vre.core.app_rooms import APP_NAMES
from gaia_vre.database.apps import AppRow
from gaia_vre.database.publications import PublicationRow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

MOST_FILES = 20
_LOOKED_AT = 200_000
"""Entries of a project's folder."""
_RESULTS = (
    ".nc .nc4 .h5 .hdf5 .grib .grib2 .tif .tiff .parquet .geoparquet .csv .gpkg .geojson .fgb "
    ".png .svg .pdf .html .npz .npy .feather .arrow .onnx .pt .xlsx"
)
_ENDINGS = tuple(_RESULTS.split())
_STORE = ".zarr"
"""A folder that is one result."""


@dataclass(frozen=True)
class Given:
    """Something that a project gave out; its path is below the project's folder."""

    path: str
    title: str
    kind: str
    program: str = ""
    """What serves an app."""


def outputs_of(engine: Engine, project: int, folder: Path) -> tuple[Given, ...]:
    """Return what a project gave out and still has, its notebooks first, then its apps."""
    given = [*_published(engine, project), *_apps(engine, project)]
    published = [one for one in given if _is_file(folder, one.path)]
    try:
        results = heapq.nlargest(MOST_FILES, islice(_results(folder), _LOOKED_AT))
    except FileNotFoundError:  # nobody has opened it yet, or its files were removed
        results = []
    return (*published, *(Given(path, "", "result") for size, path in results if size))


def _published(engine: Engine, project: int) -> list[Given]:
    table = PublicationRow
    query = select(table.path, table.title).where(table.project_id == project, table.withdrawn.is_(None))
    with engine.connect() as connection:
        return [Given(row.path, row.title, "notebook") for row in connection.execute(query.order_by(table.id))]


def _apps(engine: Engine, project: int) -> list[Given]:
    query = select(AppRow.path, AppRow.title, AppRow.kind)
    query = query.where(AppRow.project_id == project, AppRow.withdrawn.is_(None)).order_by(AppRow.id)
    names: dict[str, str] = dict(APP_NAMES.items())
    with engine.connect() as connection:
        return [Given(row.path, row.title, "app", names[row.kind]) for row in connection.execute(query)]


def _is_file(folder: Path, path: str) -> bool:
    """Say whether a bag has this file: links are none."""
    try:
        return stat.S_ISREG((folder / path).lstat().st_mode)
    except (OSError, ValueError):
        return False


def _results(folder: Path) -> Iterator[tuple[int, str]]:
    """Yield sizes and paths; stores of many files are told as they are, by the folder that holds them."""
    stores: dict[str, int] = {}
    for above, below, names, handle in os.fwalk(folder):
        below[:] = sorted(one for one in below if not one.startswith("."))
        inside = os.path.relpath(above, folder)
        prefix = "" if inside == "." else f"{inside}/"
        store = _store_of(prefix)
        for name in names:
            if not store and (name.startswith(".") or not name.lower().endswith(_ENDINGS)):
                continue
            size = _size(name, handle)
            if store:
                stores[store] = stores.get(store, 0) + size
            elif (prefix + name).isprintable():
                yield size, prefix + name
    yield from ((size, f"{path}/") for path, size in stores.items() if path.isprintable())


def _store_of(prefix: str) -> str:
    """Return the path of the store that a folder belongs to; empty: none."""
    steps = prefix.rstrip("/").split("/")
    found = next((number for number, one in enumerate(steps) if one.endswith(_STORE)), None)
    return "" if found is None else "/".join(steps[: found + 1])


def _size(name: str, folder: int) -> int:
    try:
        facts = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return 0
    return facts.st_size if stat.S_ISREG(facts.st_mode) else 0
