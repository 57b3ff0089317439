"""Images as lazy xarray DataArrays: GeoTIFF, cloud-optimised or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gaia_vre.catalog.formats.source import Source, as_source, readable

if TYPE_CHECKING:
    from pathlib import Path

_CHUNKS = {"band": 1, "x": 512, "y": 512}


def read_image(source: Source | Path, chunks: Any = None) -> Any:
    """Open an image, one chunk per band and block or as given; elsewhere only the blocks needed are read."""
    import rioxarray
    from rasterio.errors import RasterioError

    source = as_source(source)
    chunks = _CHUNKS if chunks is None else chunks
    with readable(source, "GeoTIFF", RasterioError, OSError):
        if source.path:
            return rioxarray.open_rasterio(source.path, chunks=chunks)
        from gaia_vre.catalog.formats.gdal import container_of

        source.files.info("")  # says why no site answers; GDAL would only say that there is no such file
        name, container = container_of(source)
        return rioxarray.open_rasterio(name, chunks=chunks, opener=container)
