"""Open a dataset by the media type of its files: xarray, GeoPandas, pandas or ObsPy as fits."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Any

from gaia_vre.catalog import session
from gaia_vre.catalog.files import SCHEME, linked_asset
from gaia_vre.catalog.formats import (
    COG,
    MINISEED,
    PARQUET,
    SAC,
    STATIONXML,
    ZARR,
    family_of,
    reader_of,
)
from gaia_vre.catalog.formats.grids import read_zarr as read_grid
from gaia_vre.catalog.formats.images import read_image
from gaia_vre.catalog.formats.seismic import read_stations, read_traces
from gaia_vre.catalog.formats.source import Source, source_of
from gaia_vre.catalog.formats.tables import read_parquet
from gaia_vre.catalog.selection import check_box, check_known, check_time, parse_box, parse_time
from gaia_vre.catalog.sites import current_sites
from gaia_vre.core.errors import InvalidInput, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gaia_vre.catalog.model import Asset, Dataset

__all__ = [
    "COG",
    "MINISEED",
    "PARQUET",
    "SAC",
    "STATIONXML",
    "ZARR",
    "ReadingNotice",
    "data_assets",
    "open_dataset",
    "read_grid",
    "read_image",
    "read_parquet",
    "read_stations",
    "read_traces",
]

WARNING_VARIABLE = "GAIA_VRE_READING_WARNING_GB"
"""Environment variable with the GB in memory above which opening tells what reading costs."""

_CODES = ("network", "station", "location", "channel")


class ReadingNotice(UserWarning):
    """What was opened is large to read."""


def open_dataset(dataset: Dataset, data: Path, selection: dict[str, Any]) -> Any:
    """Open a dataset whose files stand below `data` or at a site, cut to the selection.

    ``warn_above_gb`` among the selection says from what memory on it warns; see `gaia_vre.open`.

    Raises
    ------
    Unavailable
        The dataset is described but has no copy here, or no site hands it out; the message says which were tried.
    InvalidInput
        The selection names something that the dataset has not, or lies outside its extent.
    """
    assets = data_assets(dataset)
    selection = dict(selection)
    threshold = _threshold(dataset.id, selection.pop("warn_above_gb", None))
    asked, selection = selection, checked_selection(dataset, selection)
    _check_links(assets)
    sites = current_sites()
    sources = [source_of(dataset.id, asset, data, sites) for asset in assets]
    reader = reader_of(dataset.id, assets[0].media_type, sources[0].name)
    opened = _CUTTERS[family_of(reader)](dataset, reader, sources, selection)
    session.remember(dataset, asked)
    if getattr(opened, "nbytes", 0) > threshold:
        _warn(dataset, data, asked)
    return opened


def _threshold(owner: str, asked: Any) -> float:
    """Return the bytes in memory above which opening warns: the argument, else that of this environment."""
    named = os.environ.get(WARNING_VARIABLE, "50") if asked is None else asked
    try:
        return float(named) * 1e9
    except (TypeError, ValueError):
        raise InvalidInput(f"{owner}: warn_above_gb takes a number of GB, not {named!r}") from None


def _warn(dataset: Dataset, data: Path, selection: dict[str, Any]) -> None:
    from gaia_vre.catalog.estimate import estimate_dataset

    said = estimate_dataset(dataset, data, selection).sentence
    warnings.warn(f"{dataset.id}: {said}. Nothing is read before it is used.", ReadingNotice, stacklevel=5)


def data_assets(dataset: Dataset) -> list[Asset]:
    """Return the files that hold the data."""
    assets = [asset for asset in dataset.facts.assets if "data" in asset.roles]
    if not assets:
        raise Unavailable(
            f"{dataset.id} is described here but has no copy to open; get it from {dataset.access or 'its owner'}"
        )
    return [linked_asset(dataset, asset) for asset in assets]


def _check_links(assets: list[Asset]) -> None:
    """Ask for a link before a library does, so that a refusal is not wrapped in errors of its own."""
    linked = [asset.path for asset in assets if asset.path.startswith(f"{SCHEME}://")]
    if linked:
        import fsspec

        fsspec.filesystem(SCHEME).encode_url(linked[0])


def _grid(dataset: Dataset, reader: Reader, sources: list[Source], selection: dict[str, Any]) -> Any:
    from gaia_vre.catalog.cutting import cut_grid

    return cut_grid(dataset, reader(sources[0]), selection)


def _image(dataset: Dataset, reader: Reader, sources: list[Source], selection: dict[str, Any]) -> Any:
    from gaia_vre.catalog.cutting import cut_image

    return cut_image(dataset, reader(sources[0]), selection)


def _table(dataset: Dataset, reader: Reader, sources: list[Source], selection: dict[str, Any]) -> Any:
    from gaia_vre.catalog.cutting import cut_table

    return cut_table(dataset, reader(sources[0]), selection)


def _seismic(dataset: Dataset, reader: Reader, sources: list[Source], selection: dict[str, Any]) -> Any:
    return _selected(dataset, reader(sources if reader is read_traces else sources[0]), selection)


def _models(dataset: Dataset, reader: Reader, sources: list[Source], selection: dict[str, Any]) -> Any:
    datastore = reader(sources[0])
    for name in selection:
        check_known(dataset, name, "facet", [str(one) for one in datastore.df.columns])
    found = datastore.search(**selection) if selection else datastore
    if not len(found.df):
        raise InvalidInput(f"{dataset.id}: no file fits {selection}")
    return found


def _selected(dataset: Dataset, found: Any, selection: dict[str, Any]) -> Any:
    """Select traces or stations by their codes (with wildcards) and a time range."""
    for name in selection:
        check_known(dataset, name, "selection", (*_CODES, "time"))
    codes = {name: str(selection[name]) for name in _CODES if name in selection}
    chosen = found.select(**codes)
    if "time" in selection and hasattr(chosen, "slice"):
        from obspy import UTCDateTime

        first, last = (UTCDateTime(one) if one else None for one in (selection["time"].first, selection["time"].last))
        chosen = chosen.slice(first, last)
    if not len(chosen):
        known = ", ".join(variable.name for variable in dataset.facts.variables)
        raise InvalidInput(f"{dataset.id}: nothing fits {codes}; it has {known}")
    return chosen


def checked_selection(dataset: Dataset, selection: dict[str, Any]) -> dict[str, Any]:
    """Parse what all kinds of datasets share: times, boxes and lists of variables."""
    checked = dict(selection)
    if "time" in checked:
        checked["time"] = parse_time(checked["time"])
        check_time(dataset, checked["time"])
    if "bbox" in checked:
        checked["bbox"] = parse_box(checked["bbox"])
        check_box(dataset, checked["bbox"])
    if "variable" in checked:
        checked["variables"] = checked.pop("variable")
    if "variables" in checked:
        names = checked["variables"]
        checked["variables"] = [names] if isinstance(names, str) else list(names)
        for name in checked["variables"] if dataset.facts.variables else ():
            check_known(dataset, name, "variable", [variable.name for variable in dataset.facts.variables])
    return checked


if TYPE_CHECKING:
    Reader = Callable[..., Any]

_CUTTERS: dict[str, Callable[[Dataset, Reader, list[Source], dict[str, Any]], Any]] = {
    "grids": _grid,
    "references": _grid,
    "images": _image,
    "tables": _table,
    "darwin_core": _table,
    "seismic": _seismic,
    "models": _models,
}
