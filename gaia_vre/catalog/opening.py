"""Open a dataset by the media type of its files: xarray, GeoPandas, pandas or ObsPy as fits."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from gaia_vre.catalog.selection import check_box, check_known, check_time, parse_box, parse_time
from gaia_vre.core.errors import InvalidInput, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gaia_vre.catalog.model import Dataset

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
    files = [data / asset.path for asset in assets]
    opener = OPENERS[_plain(assets[0].media_type)]
    return opener(dataset, files, selection)


def read_grid(file: Path, chunks: Any = None) -> Any:
    """Open a Zarr store lazily, in its own chunks or those given; bounds and grid mappings become coordinates."""
    import xarray as xr

    from gaia_vre.catalog.axes import auxiliary_names

    grid = xr.open_zarr(file, consolidated=False, chunks={} if chunks is None else chunks)
    return grid.set_coords(auxiliary_names(grid))


def read_image(file: Path, chunks: Any = None) -> Any:
    """Open a COG lazily, one chunk per band and block or as given."""
    import rioxarray

    return rioxarray.open_rasterio(file, chunks={"band": 1, "x": 512, "y": 512} if chunks is None else chunks)


def read_parquet(file: Path) -> Any:
    """Read a GeoParquet file as GeoDataFrame and any other as DataFrame."""
    import pyarrow.parquet

    if b"geo" in (pyarrow.parquet.read_schema(file).metadata or {}):
        import geopandas

        return geopandas.read_parquet(file)
    import pandas as pd

    return pd.read_parquet(file)


def read_traces(files: list[Path]) -> Any:
    """Read miniSEED or SAC files into one ObsPy stream."""
    import obspy

    stream = obspy.Stream()
    with warnings.catch_warnings():
        # SAC keeps the spacing in single precision; ObsPy rounds it and says so each time.
        warnings.filterwarnings("ignore", message="Sample spacing read from SAC file")
        for file in files:
            stream += obspy.read(str(file))
    return stream


def read_stations(file: Path) -> Any:
    """Read StationXML into an ObsPy inventory."""
    import obspy

    return obspy.read_inventory(str(file))


def _open_grid(dataset: Dataset, files: list[Path], selection: dict[str, Any]) -> Any:
    from gaia_vre.catalog.cutting import cut_grid

    return cut_grid(dataset, read_grid(files[0]), selection)


def _open_image(dataset: Dataset, files: list[Path], selection: dict[str, Any]) -> Any:
    from gaia_vre.catalog.cutting import cut_image

    return cut_image(dataset, read_image(files[0]), selection)


def _open_table(dataset: Dataset, files: list[Path], selection: dict[str, Any]) -> Any:
    from gaia_vre.catalog.cutting import cut_table

    return cut_table(dataset, read_parquet(files[0]), selection)


def _open_traces(dataset: Dataset, files: list[Path], selection: dict[str, Any]) -> Any:
    return _selected(dataset, read_traces(files), selection)


def _open_stations(dataset: Dataset, files: list[Path], selection: dict[str, Any]) -> Any:
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


OPENERS: dict[str, Callable[[Dataset, list[Path], dict[str, Any]], Any]] = {
    _plain(ZARR): _open_grid,
    _plain(COG): _open_image,
    _plain(PARQUET): _open_table,
    _plain(MINISEED): _open_traces,
    _plain(SAC): _open_traces,
    _plain(STATIONXML): _open_stations,
}
