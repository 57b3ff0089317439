"""Read from files what the catalog says about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gaia_vre.catalog.axes import axis_of, positions
from gaia_vre.catalog.model import Asset, Box, Dimension, Facts, Period, Variable
from gaia_vre.catalog.opening import read_grid, read_parquet, read_stations, read_traces

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    import xarray as xr

    from gaia_vre.catalog.curated import Description

_UNITLESS = ("1", "")
_CERTAIN = 90
"""Percent: below it, a code would be a guess between similar projections."""


def grid_facts(store: Path, asset: Asset) -> Facts:
    """Describe a Zarr store."""
    return facts_of_grid(read_grid(store), asset)


def facts_of_grid(grid: xr.Dataset, asset: Asset) -> Facts:
    """Describe an opened grid."""
    return Facts(
        box=_grid_box(grid),
        period=_grid_period(grid),
        variables=tuple(_variable(str(name), array) for name, array in sorted(grid.data_vars.items())),
        dimensions=tuple(_dimension(grid, str(name)) for name in _used_dimensions(grid)),
        assets=(asset,),
    )


def image_facts(file: Path, asset: Asset) -> Facts:
    """Describe a COG; its variables are its bands."""
    import rasterio
    from rasterio.warp import transform_bounds

    with rasterio.open(file) as image:
        west, south, east, north = image.bounds
        names = [text or f"band {number}" for number, text in enumerate(image.descriptions, start=1)]
        return Facts(
            box=_rounded(transform_bounds(image.crs, "EPSG:4326", *image.bounds)) if image.crs else None,
            variables=tuple(Variable(name, dimensions=("y", "x"), shape=image.shape) for name in names),
            dimensions=(
                Dimension("band", "other", image.count, 1, image.count),
                Dimension("y", "y", image.height, south, north, "m"),
                Dimension("x", "x", image.width, west, east, "m"),
            ),
            projection=_projection(image.crs),
            assets=(asset,),
        )


def table_facts(file: Path, asset: Asset, description: Description) -> Facts:
    """Describe a (Geo)Parquet file; its variables are its columns."""
    import pandas as pd

    table = read_parquet(file)
    units = description.units or {}
    recipe = description.recipe
    times = table[recipe.time] if recipe and recipe.time else pd.Series(dtype="datetime64[ns, UTC]")
    return Facts(
        box=_table_box(table),
        period=Period(_instant(times.min()), _instant(times.max())) if len(times) else Period(),
        variables=tuple(
            Variable(str(name), unit=units.get(str(name))) for name in table.columns if name not in ("geometry", "bbox")
        ),
        projection=_projection(table.crs) if hasattr(table, "crs") else None,
        rows=len(table),
        assets=(asset,),
    )


def facts_of_table(table: pd.DataFrame, asset: Asset) -> Facts:
    """Describe a table that was read; its variables are its columns, its time the first column of instants."""
    import pandas as pd

    names = [name for name in table.columns if name not in ("geometry", "bbox")]
    times = next((table[one] for one in names if pd.api.types.is_datetime64_any_dtype(table[one])), None)
    known = times is not None and bool(times.notna().any())
    return Facts(
        box=_table_box(table) if len(table) else None,
        period=Period(_instant(times.min()), _instant(times.max())) if times is not None and known else Period(),
        variables=tuple(Variable(str(name)) for name in names),
        projection=_projection(table.crs) if hasattr(table, "crs") else None,
        rows=len(table),
        assets=(asset,),
    )


def trace_facts(files: list[Path], assets: tuple[Asset, ...]) -> Facts:
    """Describe seismic traces; their variables are their channels."""
    stream = read_traces(files)
    headers = [trace.stats.get("sac") or {} for trace in stream]
    return Facts(
        box=_points_box([(float(one["stlo"]), float(one["stla"])) for one in headers if "stlo" in one]),
        period=Period(
            _instant(min(trace.stats.starttime for trace in stream)),
            _instant(max(trace.stats.endtime for trace in stream)),
        ),
        variables=tuple(
            Variable(trace.id, f"{trace.stats.sampling_rate:g} Hz", unit="counts", shape=(trace.stats.npts,))
            for trace in stream
        ),
        assets=assets,
    )


def station_facts(file: Path, asset: Asset) -> Facts:
    """Describe a StationXML file; its variables are its channels."""
    channels = [
        (f"{network.code}.{station.code}.{channel.location_code}.{channel.code}", channel)
        for network in read_stations(file)
        for station in network
        for channel in station
    ]
    ends = [channel.end_date for _, channel in channels]
    return Facts(
        box=_points_box([(channel.longitude, channel.latitude) for _, channel in channels]),
        period=Period(
            _instant(min(channel.start_date for _, channel in channels)),
            None if None in ends else _instant(max(ends)),
        ),
        variables=tuple(Variable(name, f"{channel.sample_rate:g} Hz") for name, channel in channels),
        assets=(asset,),
    )


def longitude_range(longitudes: np.ndarray[Any, Any]) -> tuple[float, float]:
    """Return west and east of the shortest arc that holds all longitudes; the whole circle is (-180, 180)."""
    circle = np.unique(np.round(np.asarray(longitudes, dtype=float) % 360, 6))
    gaps = np.diff(np.append(circle, circle[0] + 360))
    widest = int(np.argmax(gaps))
    if (len(circle) > 2 and gaps[widest] <= 1.5 * np.median(gaps)) or gaps[widest] < 5:
        return -180.0, 180.0
    west, east = circle[(widest + 1) % len(circle)], circle[widest]
    return tuple(round(float((value + 180) % 360 - 180), 6) for value in (west, east))  # type: ignore[return-value]


def _grid_box(grid: xr.Dataset) -> Box | None:
    found = positions(grid)
    if found is None:
        return None
    longitudes, latitudes = (grid[name].to_numpy().ravel() for name in found)
    west, east = longitude_range(longitudes[np.isfinite(longitudes)])
    return _rounded((west, np.nanmin(latitudes), east, np.nanmax(latitudes)))


def _grid_period(grid: xr.Dataset) -> Period:
    for name in grid.dims:
        if name in grid.coords and axis_of(grid[name]) == "time":
            values = grid[name].to_numpy()
            return Period(_instant(values.min()), _instant(values.max()))
    return Period()


def _used_dimensions(grid: xr.Dataset) -> list[Any]:
    return list(dict.fromkeys(name for array in grid.data_vars.values() for name in array.dims))


def _dimension(grid: xr.Dataset, name: str) -> Dimension:
    size = grid.sizes[name]
    if name not in grid.coords:
        return Dimension(name, "x" if name == "x" else "y" if name == "y" else "other", size)
    coordinate = grid[name]
    axis = axis_of(coordinate)
    lowest, highest = coordinate.to_numpy().min(), coordinate.to_numpy().max()
    if axis == "time":
        return Dimension(name, axis, size, _instant(lowest), _instant(highest))
    return Dimension(name, axis, size, _number(lowest), _number(highest), coordinate.attrs.get("units"))


def _variable(name: str, array: xr.DataArray) -> Variable:
    unit = str(array.attrs.get("units", ""))
    return Variable(
        name,
        array.attrs.get("long_name"),
        array.attrs.get("standard_name"),
        unit if unit not in _UNITLESS else None,
        tuple(str(one) for one in array.dims),
        tuple(int(one) for one in array.shape),
    )


def _table_box(table: pd.DataFrame) -> Box | None:
    if not hasattr(table, "geometry") or table.empty:
        return None
    return _rounded(table.geometry.to_crs("EPSG:4326").total_bounds)


def _points_box(points: list[tuple[float, float]]) -> Box | None:
    if not points:
        return None
    west, east = longitude_range(np.array([x for x, _ in points]))
    return _rounded((west, min(y for _, y in points), east, max(y for _, y in points)))


def _projection(crs: Any) -> str | None:
    code = crs.to_epsg(_CERTAIN) if crs is not None else None
    return f"EPSG:{code}" if code else None


def _rounded(box: Any) -> Box:
    west, south, east, north = (round(float(value), 6) for value in box)
    return west, south, east, north


def _number(value: Any) -> float:
    return round(float(value), 6)


def _instant(value: Any) -> str:
    """Return an instant of numpy, pandas, cftime or ObsPy as ISO 8601 in UTC, to the second.

    A day that only a model's calendar has (30 February) becomes the last real day of its month.
    """
    text = value.isoformat() if hasattr(value, "isoformat") else str(np.datetime_as_string(value, unit="s"))
    date, _, time = text[:19].partition("T")
    return f"{_real_day(date)}T{time or '00:00:00'}Z"


def _real_day(date: str) -> str:
    import calendar

    year, month, day = (int(part) for part in date.split("-"))
    return f"{year:04d}-{month:02d}-{min(day, calendar.monthrange(year, month)[1]):02d}"
