"""Gridded data as lazy xarray Datasets: Zarr, NetCDF, GRIB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gaia_vre.catalog.formats.source import Source, as_source, readable
from gaia_vre.core.errors import InvalidInput

if TYPE_CHECKING:
    from pathlib import Path


def read_zarr(source: Source | Path, chunks: Any = None) -> Any:
    """Open a Zarr store, version 2 or 3, in its own chunks or those given."""
    source = as_source(source)
    chunks = {} if chunks is None else chunks
    if source.path:
        with readable(source, "Zarr store", OSError, ValueError, KeyError):
            return described(open_store(source.path, chunks))
    with readable(source, "Zarr store", ValueError, KeyError, FileNotFoundError):
        return described(_remote_zarr(source, chunks))


def open_store(store: Any, chunks: Any, *, consolidated: bool = False) -> Any:
    """Open a Zarr store with xarray, without loading the engines of all other formats (0.2 s and more)."""
    import xarray as xr
    from xarray.backends.zarr import ZarrBackendEntrypoint

    return xr.open_dataset(store, engine=ZarrBackendEntrypoint, chunks=chunks, consolidated=consolidated)


def read_netcdf(source: Source | Path, chunks: Any = None) -> Any:
    """Open a NetCDF file; one that stands elsewhere is read in ranges (NetCDF-4), or brought here (NetCDF-3)."""
    import xarray as xr

    source = as_source(source)
    chunks = {} if chunks is None else chunks
    with readable(source, "NetCDF file", OSError, ValueError, KeyError, RuntimeError):
        if source.path is None:
            stream = source.open()
            if stream.read(8) == b"\x89HDF\r\n\x1a\n":
                stream.seek(0)
                return described(xr.open_dataset(stream, engine="h5netcdf", chunks=chunks))
        return described(xr.open_dataset(source.local(), chunks=chunks))


def read_grib(source: Source | Path, chunks: Any = None) -> Any:
    """Open a GRIB file of edition 2 whose fields share one grid."""
    import xarray as xr
    from gribberish.gribberish_backend import GribberishBackend

    source = as_source(source)
    file = source.local()
    with file.open("rb") as stream:
        head = stream.read(8)
    if head[:4] == b"GRIB" and head[7:] == b"\x01":
        raise InvalidInput(f"{source.owner}: {source.name} is GRIB of edition 1; only edition 2 is read here")
    # Anything may come out of a decoder that is given bytes of chance.
    with readable(source, "GRIB file of one grid", Exception):
        grid = xr.open_dataset(file, engine=GribberishBackend)
    for array in grid.data_vars.values():
        # The decoder takes these from any one message, whatever the others say; the coordinates hold them.
        for name in ("fixed_surface_value", "reference_date", "forecast_date"):
            array.attrs.pop(name, None)
    return described(grid.chunk({} if chunks is None else chunks))


def described(grid: Any) -> Any:
    """Return the grid with bounds and grid mappings as coordinates."""
    from gaia_vre.catalog.axes import auxiliary_names

    return grid.set_coords(auxiliary_names(grid))


def remote_store(source: Source) -> Any:
    """Return the Zarr store of an asset at other sites."""
    from fsspec.implementations.asyn_wrapper import AsyncFileSystemWrapper
    from zarr.storage import FsspecStore

    return FsspecStore(AsyncFileSystemWrapper(source.files, asynchronous=True), read_only=True, path="")


def _remote_zarr(source: Source, chunks: Any) -> Any:
    store = remote_store(source)
    try:
        return open_store(store, chunks, consolidated=True)
    except (ValueError, KeyError):
        grid = open_store(store, chunks)
    if not grid.variables:
        raise InvalidInput(
            f"{source.owner}: {source.name} names no arrays: its metadata is not consolidated, "
            "and its server lists no folders"
        )
    return grid
