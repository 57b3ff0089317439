"""Which coordinate of a grid is longitude, latitude, height or time, by the CF conventions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr

    from gaia_vre.catalog.model import Axis

_LONGITUDES = ("longitude", "lon", "nav_lon")
_LATITUDES = ("latitude", "lat", "nav_lat")
_CALENDAR_TYPES = ("M", "O")
"""numpy's kinds of dates: its own, and objects (cftime)."""


def axis_of(coordinate: xr.DataArray) -> Axis:
    """Return the axis that a coordinate stands for."""
    declared = str(coordinate.attrs.get("axis", "")).upper()
    standard, name = str(coordinate.attrs.get("standard_name", "")), str(coordinate.name)
    if declared == "T" or standard == "time" or coordinate.dtype.kind in _CALENDAR_TYPES:
        return "time"
    if declared == "X" or standard == "longitude" or name in _LONGITUDES:
        return "x"
    if declared == "Y" or standard == "latitude" or name in _LATITUDES:
        return "y"
    return "z" if declared == "Z" or "positive" in coordinate.attrs or name in ("level", "plev", "height") else "other"


def positions(grid: xr.Dataset) -> tuple[str, str] | None:
    """Return the names of longitude and latitude in degrees, or None when the grid has none."""
    found = [_named(grid, "longitude", _LONGITUDES), _named(grid, "latitude", _LATITUDES)]
    return (found[0], found[1]) if found[0] and found[1] else None


def auxiliary_names(grid: xr.Dataset) -> list[str]:
    """Return the variables that only describe others: bounds of cells and grid mappings."""
    named = [
        str({**variable.encoding, **variable.attrs}.get(key, ""))
        for variable in grid.variables.values()
        for key in ("bounds", "grid_mapping")
    ]
    return [str(name) for name in grid.data_vars if name in named]


def _named(grid: xr.Dataset, standard: str, names: tuple[str, ...]) -> str | None:
    for name, coordinate in grid.coords.items():
        if coordinate.attrs.get("standard_name") == standard:
            return str(name)
    return next((name for name in names if name in grid.coords), None)
