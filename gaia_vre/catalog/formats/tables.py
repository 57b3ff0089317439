"""Tables as GeoDataFrame or DataFrame: (Geo)Parquet, GeoPackage, CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gaia_vre.catalog.formats.source import Source, as_source, readable

if TYPE_CHECKING:
    from pathlib import Path

LONGITUDES = ("longitude", "lon", "decimallongitude")
LATITUDES = ("latitude", "lat", "decimallatitude")
_TIMES = ("time", "date", "datetime", "eventdate")


def read_parquet(source: Source | Path) -> Any:
    """Read a GeoParquet file as GeoDataFrame and any other as DataFrame."""
    import pyarrow
    import pyarrow.parquet

    source = as_source(source)
    with readable(source, "Parquet file", pyarrow.ArrowException, OSError, ValueError):
        if source.path:
            return _parquet(source.path, pyarrow.parquet.read_schema(source.path))
        with source.open() as stream:
            return _parquet(stream, pyarrow.parquet.read_schema(stream))


def read_geopackage(source: Source | Path, layer: str | None = None) -> Any:
    """Read a layer of a GeoPackage, the first when none is named."""
    import geopandas
    from pyogrio.errors import DataLayerError, DataSourceError

    source = as_source(source)
    file = source.local()
    with readable(source, "GeoPackage", DataSourceError, DataLayerError, ValueError):
        return geopandas.read_file(file, layer=layer, engine="pyogrio")


def read_csv(source: Source | Path, **options: Any) -> Any:
    """Read a CSV file; one with columns of longitude and latitude has points."""
    import pandas as pd

    source = as_source(source)
    with readable(source, "CSV file", pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError):
        if source.path:
            return located(timed(pd.read_csv(source.path, **options)))
        with source.open() as stream:
            return located(timed(pd.read_csv(stream, **options)))


def timed(table: Any) -> Any:
    """Return the table with its column of times as instants in UTC, where all of it are such."""
    import pandas as pd

    for name in table.columns:
        if str(name).lower() in _TIMES and not pd.api.types.is_numeric_dtype(table[name]):
            try:
                return table.assign(**{name: pd.to_datetime(table[name], utc=True, format="ISO8601")})
            except (ValueError, TypeError):
                return table
    return table


def located(table: Any) -> Any:
    """Return the table as GeoDataFrame of points when it has longitudes and latitudes in degrees."""
    import geopandas
    import pandas as pd

    names = {str(name).lower(): name for name in table.columns}
    longitude = next((names[name] for name in LONGITUDES if name in names), None)
    latitude = next((names[name] for name in LATITUDES if name in names), None)
    if longitude is None or latitude is None:
        return table
    x, y = (pd.to_numeric(table[name], errors="coerce") for name in (longitude, latitude))
    if not x.notna().any() or x.abs().max() > 360 or y.abs().max() > 90:
        return table
    points = geopandas.GeoSeries(geopandas.points_from_xy(x, y), index=table.index, crs="EPSG:4326")
    return geopandas.GeoDataFrame(table, geometry=points.where(x.notna() & y.notna()))


def _parquet(file: Any, schema: Any) -> Any:
    if b"geo" in (schema.metadata or {}):
        import geopandas

        return geopandas.read_parquet(file)
    import pandas as pd

    return pd.read_parquet(file)
