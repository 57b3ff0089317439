"""What reading a selection would cost, told before a byte of the data is read.

Metadata and coordinates are read, as for opening. Which chunks a selection touches is counted from the
positions that it leaves of each dimension; what a chunk weighs is asked of this machine's disks, or is the
mean of the whole file where it stands elsewhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from gaia_vre.catalog.formats import family_of, reader_of
from gaia_vre.catalog.formats.source import source_of
from gaia_vre.catalog.opening import checked_selection, data_assets
from gaia_vre.catalog.sites import current_sites
from gaia_vre.catalog.views import estimate_page, size
from gaia_vre.core.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from gaia_vre.catalog.formats.source import Source
    from gaia_vre.catalog.model import Dataset

CHUNKS_ASKED = 20_000
"""Most chunks whose size is asked of the disk one by one."""

_MARK = "__position_of_"


@dataclass(frozen=True)
class Estimate:
    """Bytes that come over the wire or from the disk, bytes in memory, requests, and from where."""

    dataset_id: str
    wire_bytes: int
    memory_bytes: int
    requests: int
    sites: tuple[str, ...]
    bound: bool = False
    """True when the bytes are only known to be no more than these."""

    @property
    def sentence(self) -> str:
        where = self.sites[0] if len(self.sites) == 1 else f"{len(self.sites)} sites ({', '.join(self.sites)})"
        most = "at most " if self.bound else ""
        asked = "request" if self.requests == 1 else "requests"
        return (
            f"This selection reads {most}{size(self.wire_bytes)} from {where} in {self.requests} {asked}, "
            f"{size(self.memory_bytes)} in memory"
        )

    def __str__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        return estimate_page(self)


@dataclass(frozen=True)
class _Touched:
    """The part of one array that is read: its chunks by their numbers on each dimension."""

    name: str
    chunks: tuple[tuple[int, ...], ...]
    share: float
    memory_bytes: int

    @property
    def count(self) -> int:
        return math.prod(len(one) for one in self.chunks)


def estimate_dataset(dataset: Dataset, data: Path, selection: dict[str, Any]) -> Estimate:
    """Tell what reading this selection would cost.

    Raises
    ------
    Unavailable
        The dataset has no copy to open, or it is an ensemble whose files nobody has weighed.
    InvalidInput
        The selection does not fit; as for opening.
    """
    assets = data_assets(dataset)
    selection = checked_selection(dataset, selection)
    sites = current_sites()
    sources = [source_of(dataset.id, asset, data, sites) for asset in assets]
    titles = tuple(dict.fromkeys(source.places[0].title for source in sources))
    reader = reader_of(dataset.id, assets[0].media_type, sources[0].name)
    family = family_of(reader)
    if family == "models":
        raise Unavailable(f"{dataset.id} is a table of files; open it, choose, then estimate what you chose")
    if family in ("grids", "images", "references"):
        whole = reader(sources[0])
        wire, memory, requests, bound = _of_arrays(dataset, sources[0], whole, family, selection)
    else:
        wire = sum(asset.bytes for asset in assets)
        memory, requests, bound = _table_bytes(dataset, wire, family), len(assets), True
    return Estimate(dataset.id, wire, memory, requests, titles, bound)


def _of_arrays(
    dataset: Dataset, source: Source, whole: Any, family: str, selection: dict[str, Any]
) -> tuple[int, int, int, bool]:
    from gaia_vre.catalog.cutting import cut_grid, cut_image

    marked = whole.assign_coords({f"{_MARK}{name}": (name, np.arange(length)) for name, length in whole.sizes.items()})
    cut = cut_image(dataset, marked, selection) if family == "images" else cut_grid(dataset, marked, selection)
    arrays = _lazy(whole) if family != "images" else {"": whole.variable}
    kept = _lazy(cut) if family != "images" else {"": cut.variable}
    touched = [_touched(name, arrays[name], kept[name], cut) for name in kept]
    memory = sum(one.memory_bytes for one in touched)
    requests = sum(one.count for one in touched)
    stored = _stored_bytes(source, touched) if family == "grids" else None
    if stored is not None:
        return stored, memory, requests, False
    total = sum(asset.bytes for asset in data_assets(dataset))
    plain = sum(array.nbytes for array in arrays.values())
    read = sum(int(one.share * arrays[one.name].nbytes) for one in touched)
    if not total or family == "references":
        return read, memory, requests, True
    return math.ceil(read * min(total / max(plain, 1), 1.0)), memory, requests, False


def _lazy(grid: Any) -> dict[str, Any]:
    """Return the arrays that are not in memory yet."""
    return {str(name): one for name, one in grid.variables.items() if one.chunks is not None}


def _touched(name: str, array: Any, kept: Any, cut: Any) -> _Touched:
    """Return which chunks of an array a cut of it needs."""
    numbers, share = [], 1.0
    for dimension, length, chunk in zip(array.dims, array.shape, _stored_chunks(array), strict=True):
        positions = np.atleast_1d(cut.coords[f"{_MARK}{dimension}"].to_numpy())
        chunks = np.unique(positions // chunk)
        numbers.append(tuple(int(one) for one in chunks))
        share *= float(np.minimum((chunks + 1) * chunk, length).sum() - (chunks * chunk).sum()) / max(length, 1)
    return _Touched(name, tuple(numbers), share, int(kept.nbytes))


def _stored_chunks(array: Any) -> tuple[int, ...]:
    """Return the shape in which an array is stored; what is stored in one piece is read in Dask's chunks."""
    declared = array.encoding.get("shards") or array.encoding.get("chunks") or array.encoding.get("chunksizes")
    if declared and len(declared) == array.ndim:
        return tuple(int(one) for one in declared)
    return tuple(int(one[0]) for one in array.chunks)


def _stored_bytes(source: Source, touched: list[_Touched]) -> int | None:
    """Return the bytes of the chunks on this machine's disks, or None where that cannot be asked cheaply."""
    if source.path is None or not source.path.is_dir() or sum(one.count for one in touched) > CHUNKS_ASKED:
        return None
    import zarr

    group = zarr.open_group(source.path, mode="r", use_consolidated=False)
    return sum(_sizes(source.path / one.name, _keys(group[one.name], one)) for one in touched)


def _keys(array: Any, touched: _Touched) -> Iterable[str]:
    encode: Callable[[tuple[int, ...]], str] = array.metadata.encode_chunk_key
    return (encode(numbers) for numbers in product(*touched.chunks))


def _sizes(folder: Path, keys: Iterable[str]) -> int:
    """Return the bytes of those chunks that were written."""
    found = 0
    for key in keys:
        try:
            found += (folder / key).stat().st_size
        except FileNotFoundError:
            continue
    return found


def _table_bytes(dataset: Dataset, stored: int, family: str) -> int:
    """Return what a table or traces take in memory, roughly: eight bytes a cell, four a sample."""
    if family == "seismic":
        return sum(4 * math.prod(one.shape) for one in dataset.facts.variables if one.shape) or stored
    cells = (dataset.facts.rows or 0) * max(len(dataset.facts.variables), 1)
    return max(8 * cells, stored)
