"""Open a dataset by the media type of its files: xarray, GeoPandas, pandas or ObsPy as fits."""

from __future__ import annotations

import warnings
from io import BytesIO
from typing import TYPE_CHECKING, Any

from gaia_vre.catalog.files import SCHEME, linked_href, place_of
from gaia_vre.catalog.selection import check_box, check_known, check_time, parse_box, parse_time
from gaia_vre.core.errors import InvalidInput, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from gaia_vre.catalog.model import Dataset

    Place = Path | str
    """A file below the data folder, or the address of one with rights."""

ZARR = "application/vnd.zarr"
COG = "image/tiff; application=geotiff; profile=cloud-optimized"
PARQUET = "application/vnd.apache.parquet"
MINISEED = "application/vnd.fdsn.mseed"
SAC = "application/x-sac"
STATIONXML = "application/x-stationxml+xml"

_CODES = ("network", "station", "location", "channel")


def open_dataset(dataset: Dataset, data: Path, selection: dict[str, Any]) -> Any:
    """Open a dataset whose files stand below `data`, cut to the selection.

    Raises
    ------
    Unavailable
        The dataset is described but has no copy here; the message says how to get it.
    InvalidInput
        The selection names something that the dataset has not, or lies outside its extent.
    """
    if not dataset.opens_here:
        raise Unavailable(
            f"{dataset.id} is described here but has no copy to open; get it from {dataset.access or 'its owner'}"
        )
    selection = _checked(dataset, selection)
    assets = [asset for asset in dataset.facts.assets if "data" in asset.roles]
    files = [place_of(dataset, asset.path, data) for asset in assets]
    if any(isinstance(file, str) for file in files):
        _check_link(dataset)
    opener = OPENERS[_plain(assets[0].media_type)]
    return opener(dataset, files, selection)


def read_grid(file: Place, chunks: Any = None) -> Any:
    """Open a Zarr store lazily, in its own chunks or those given; bounds and grid mappings become coordinates."""
    import xarray as xr

    from gaia_vre.catalog.axes import auxiliary_names

    # A file system of links lists no folders; what is prepared for it has all metadata in one place.
    grid = xr.open_zarr(file, consolidated=isinstance(file, str), chunks={} if chunks is None else chunks)
    return grid.set_coords(auxiliary_names(grid))


def read_image(file: Place, chunks: Any = None) -> Any:
    """Open a COG lazily, one chunk per band and block or as given."""
    import rioxarray

    chunks = {"band": 1, "x": 512, "y": 512} if chunks is None else chunks
    if isinstance(file, str):
        return rioxarray.open_rasterio(file, chunks=chunks, opener=_linked_files())
    return rioxarray.open_rasterio(file, chunks=chunks)


def read_parquet(file: Place) -> Any:
    """Read a GeoParquet file as GeoDataFrame and any other as DataFrame."""
    import pyarrow.parquet

    source = _whole(file)
    if b"geo" in (pyarrow.parquet.read_schema(source).metadata or {}):
        import geopandas

        return geopandas.read_parquet(source)
    import pandas as pd

    return pd.read_parquet(source)


def read_traces(files: Sequence[Place]) -> Any:
    """Read miniSEED or SAC files into one ObsPy stream."""
    import obspy

    stream = obspy.Stream()
    with warnings.catch_warnings():
        # SAC keeps the spacing in single precision; ObsPy rounds it and says so each time.
        warnings.filterwarnings("ignore", message="Sample spacing read from SAC file")
        for file in files:
            stream += obspy.read(_whole(file))
    return stream


def read_stations(file: Place) -> Any:
    """Read StationXML into an ObsPy inventory."""
    import obspy

    return obspy.read_inventory(_whole(file))


def _whole(file: Place) -> str | BytesIO:
    """Return what a library reads: the name of a file, or the content of one with rights."""
    return BytesIO(_linked_files().cat_file(file)) if isinstance(file, str) else str(file)


def _linked_files() -> Any:
    import fsspec

    return fsspec.filesystem(SCHEME)


def _check_link(dataset: Dataset) -> None:
    """Ask for a link before a library does, so that a refusal is not wrapped in errors of its own."""
    _linked_files().encode_url(linked_href(dataset.id, dataset.facts.assets[0].path))


def _open_grid(dataset: Dataset, files: list[Place], selection: dict[str, Any]) -> Any:
    from gaia_vre.catalog.cutting import cut_grid

    return cut_grid(dataset, read_grid(files[0]), selection)


def _open_image(dataset: Dataset, files: list[Place], selection: dict[str, Any]) -> Any:
    from gaia_vre.catalog.cutting import cut_image

    return cut_image(dataset, read_image(files[0]), selection)


def _open_table(dataset: Dataset, files: list[Place], selection: dict[str, Any]) -> Any:
    from gaia_vre.catalog.cutting import cut_table

    return cut_table(dataset, read_parquet(files[0]), selection)


def _open_traces(dataset: Dataset, files: list[Place], selection: dict[str, Any]) -> Any:
    return _selected(dataset, read_traces(files), selection)


def _open_stations(dataset: Dataset, files: list[Place], selection: dict[str, Any]) -> Any:
    return _selected(dataset, read_stations(files[0]), selection)


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


def _checked(dataset: Dataset, selection: dict[str, Any]) -> dict[str, Any]:
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
        for name in checked["variables"]:
            check_known(dataset, name, "variable", [variable.name for variable in dataset.facts.variables])
    return checked


def _plain(media_type: str) -> str:
    return media_type.split(";", maxsplit=1)[0].strip()


OPENERS: dict[str, Callable[[Dataset, list[Place], dict[str, Any]], Any]] = {
    _plain(ZARR): _open_grid,
    _plain(COG): _open_image,
    _plain(PARQUET): _open_table,
    _plain(MINISEED): _open_traces,
    _plain(SAC): _open_traces,
    _plain(STATIONXML): _open_stations,
}
