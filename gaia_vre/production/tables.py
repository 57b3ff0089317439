"""Tables to GeoParquet, or to Parquet where rows have no place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gaia_vre.core.errors import InvalidInput
from gaia_vre.production.ceilometer import read_cl31

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from gaia_vre.catalog.curated import Recipe


def write_parquet(source: Path, target: Path, recipe: Recipe) -> None:
    """Read a table in the format that the recipe names and write it as (Geo)Parquet."""
    table = read_table(source, recipe)
    options = {"write_covering_bbox": True} if hasattr(table, "geometry") else {}
    table.to_parquet(target, index=False, **options)


def read_table(source: Path, recipe: Recipe) -> pd.DataFrame:
    """Return the rows of a source, with points and times where the recipe names the columns."""
    if recipe.file_type == "geopackage":
        import geopandas

        return geopandas.read_file(source)
    if recipe.file_type == "csv":
        return _from_csv(source, recipe)
    if recipe.file_type == "cl31":
        return read_cl31(source)
    raise InvalidInput(f"{source.name}: no reader of tables for {recipe.file_type!r}")


def _from_csv(source: Path, recipe: Recipe) -> pd.DataFrame:
    import geopandas
    import pandas as pd

    table = pd.read_csv(source)
    if recipe.time:
        table[recipe.time] = pd.to_datetime(table[recipe.time], utc=True)
    if recipe.longitude is None or recipe.latitude is None:
        return table
    points = geopandas.points_from_xy(table[recipe.longitude], table[recipe.latitude])
    return geopandas.GeoDataFrame(table, geometry=points, crs="EPSG:4326")
