"""How each format of file is opened: one module per family, chosen by media type, else by the name's ending."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gaia_vre.core.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable

ZARR = "application/vnd.zarr"
COG = "image/tiff; application=geotiff; profile=cloud-optimized"
PARQUET = "application/vnd.apache.parquet"
MINISEED = "application/vnd.fdsn.mseed"
SAC = "application/x-sac"
STATIONXML = "application/x-stationxml+xml"
NETCDF = "application/x-netcdf"
GRIB = "application/x-grib"
REFERENCES = "application/vnd.kerchunk+json"
REFERENCE_TABLES = "application/vnd.kerchunk+parquet"
GEOPACKAGE = "application/geopackage+sqlite3"
CSV = "text/csv"
DARWIN_CORE = "application/vnd.dwc-archive+zip"
ESM = "application/vnd.intake-esm+json"

_READERS = {
    ZARR: "grids.read_zarr",
    "application/vnd+zarr": "grids.read_zarr",
    "application/x-zarr": "grids.read_zarr",
    NETCDF: "grids.read_netcdf",
    "application/netcdf": "grids.read_netcdf",
    "application/vnd+netcdf": "grids.read_netcdf",
    "application/x-hdf5": "grids.read_netcdf",
    "application/x-hdf": "grids.read_netcdf",
    GRIB: "grids.read_grib",
    "application/grib": "grids.read_grib",
    "application/wmo-grib2": "grids.read_grib",
    REFERENCES: "references.read_references",
    REFERENCE_TABLES: "references.read_references",
    "image/tiff": "images.read_image",
    "image/vnd.stac.geotiff": "images.read_image",
    PARQUET: "tables.read_parquet",
    "application/x-parquet": "tables.read_parquet",
    "application/parquet": "tables.read_parquet",
    GEOPACKAGE: "tables.read_geopackage",
    CSV: "tables.read_csv",
    DARWIN_CORE: "darwin_core.read_archive",
    "application/zip": "darwin_core.read_archive",
    MINISEED: "seismic.read_traces",
    SAC: "seismic.read_traces",
    STATIONXML: "seismic.read_stations",
    ESM: "models.read_datastore",
}

_ENDINGS = {
    ".zarr": ZARR, ".nc": NETCDF, ".nc4": NETCDF, ".h5": NETCDF, ".grib": GRIB, ".grib2": GRIB, ".grb": GRIB,
    ".tif": "image/tiff", ".tiff": "image/tiff", ".parquet": PARQUET, ".geoparquet": PARQUET, ".gpkg": GEOPACKAGE,
    ".csv": CSV, ".zip": DARWIN_CORE, ".mseed": MINISEED, ".sac": SAC,
}  # fmt: skip


def reader_of(owner: str, media_type: str, name: str) -> Callable[..., Any]:
    """Return the function that reads a file of this media type and name.

    Raises
    ------
    InvalidInput
        Nobody here reads this format; the message says which are.
    """
    plain = media_type.split(";", maxsplit=1)[0].strip().lower()
    known = plain if plain in _READERS else _ENDINGS.get(Path(name.partition("?")[0].rstrip("/")).suffix.lower(), "")
    if known.partition(";")[0] not in _READERS:
        raise InvalidInput(
            f"{owner}: files of type {media_type!r} are not read here; {', '.join(sorted(_READERS))} are"
        )
    module, _, function = _READERS[known].partition(".")
    reader: Callable[..., Any] = getattr(importlib.import_module(f"gaia_vre.catalog.formats.{module}"), function)
    return reader


def family_of(reader: Callable[..., Any]) -> str:
    """Return the name of the reader's module: grids, images, tables, seismic, …"""
    return reader.__module__.rpartition(".")[2]
