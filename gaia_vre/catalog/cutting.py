"""Cut grids, images and tables to what a user asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from gaia_vre.catalog.axes import axis_of, positions
from gaia_vre.catalog.selection import check_known, check_range, spoken_box
from gaia_vre.core.errors import InvalidInput

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from gaia_vre.catalog.model import Box, Dataset, Dimension

_ALIASES = {
    "lon": "x", "longitude": "x", "x": "x",
    "lat": "y", "latitude": "y", "y": "y",
    "level": "z", "depth": "z", "height": "z", "altitude": "z", "plev": "z", "z": "z",
    "time": "time",
}  # fmt: skip
_EVERYWHERE = (-180.0, -90.0, 180.0, 90.0)

Grid = TypeVar("Grid", "xr.Dataset", "xr.DataArray")


def cut_grid(dataset: Dataset, grid: xr.Dataset, selection: dict[str, Any]) -> xr.Dataset:
    """Return the part of a grid that fits; each keyword names a variable list, a box, a time or a dimension."""
    rest = dict(selection)
    names = rest.pop("variables", None)
    if names:
        for name in names:
            check_known(dataset, name, "variable", [str(one) for one in grid.variables])
        grid = grid[names]
    box = _box_of(rest, grid)
    if box is not None:
        grid = _cut_box(dataset, grid, box)
    for name, wanted in rest.items():
        grid = _cut_dimension(dataset, grid, name, wanted)
    return grid


def cut_image(dataset: Dataset, image: xr.DataArray, selection: dict[str, Any]) -> xr.DataArray:
    """Return the part of an image that fits: a box in degrees, bands, x and y in its projection."""
    rest = dict(selection)
    names = rest.pop("variables", None)
    if names:
        known = [variable.name for variable in dataset.facts.variables]
        for name in names:
            check_known(dataset, name, "band", known)
        image = image.isel(band=[known.index(name) for name in names])
    if "bbox" in rest:
        image = _clip(dataset, image, rest.pop("bbox"))
    for name, wanted in rest.items():
        check_known(dataset, name, "dimension", [str(one) for one in image.dims])
        image = _cut_numbers(dataset, image, name, wanted)
    return image


def cut_table(dataset: Dataset, table: pd.DataFrame, selection: dict[str, Any]) -> pd.DataFrame:
    """Return the rows that fit; each keyword names the box, the time or a column with a value, list or range."""
    rest = dict(selection)
    names = rest.pop("variables", None)
    if "bbox" in rest:
        west, south, east, north = rest.pop("bbox")
        table = table.loc[table.to_crs("EPSG:4326").cx[west:east, south:north].index]
    if "time" in rest:
        table = _rows_in_time(dataset, table, rest.pop("time"))
    for name, wanted in rest.items():
        check_known(dataset, name, "column", [str(one) for one in table.columns])
        table = table[_fitting(table[name], wanted)]
    if table.empty:
        raise InvalidInput(f"{dataset.id}: no row fits {selection}")
    if names:
        for name in names:
            check_known(dataset, name, "column", [str(one) for one in table.columns])
        table = table[[*names, *(["geometry"] if "geometry" in table.columns and "geometry" not in names else [])]]
    return table


def _box_of(rest: dict[str, Any], grid: xr.Dataset) -> Box | None:
    """Take the box out of the keywords; on a curved grid, ranges of lat and lon are one too."""
    if "bbox" in rest:
        box: Box = rest.pop("bbox")
        return box
    found = positions(grid)
    if found is None or grid[found[0]].ndim != 2:
        return None
    west, east = _ends(_taken(rest, ("lon", "longitude", found[0])), _EVERYWHERE[0], _EVERYWHERE[2])
    south, north = _ends(_taken(rest, ("lat", "latitude", found[1])), _EVERYWHERE[1], _EVERYWHERE[3])
    box = (west, south, east, north)
    return None if box == _EVERYWHERE else box


def _taken(rest: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((rest.pop(name) for name in names if name in rest), None)


def _ends(wanted: Any, lowest: float, highest: float) -> tuple[float, float]:
    if wanted is None:
        return lowest, highest
    if not isinstance(wanted, slice | tuple):
        raise InvalidInput(f"this grid is curved: give ranges such as lat=slice(40, 50), not {wanted!r}")
    start, stop = (wanted.start, wanted.stop) if isinstance(wanted, slice) else wanted
    return (lowest if start is None else float(start)), (highest if stop is None else float(stop))


def _cut_box(dataset: Dataset, grid: xr.Dataset, box: Box) -> xr.Dataset:
    found = positions(grid)
    if found is None:
        raise InvalidInput(f"{dataset.id} has no latitude and longitude, so bbox cannot select from it")
    longitude, latitude = found
    if grid[longitude].ndim == 2:
        return _mask(dataset, grid, found, box)
    west, south, east, north = box
    grid = _cut_longitude(dataset, grid, longitude, west, east)
    return _cut_numbers(dataset, grid, latitude, (south, north))


def _mask(dataset: Dataset, grid: xr.Dataset, found: tuple[str, str], box: Box) -> xr.Dataset:
    """Cut a curved grid to the rows and columns that reach the box; cells outside it become missing."""
    west, south, east, north = box
    longitude, latitude = (grid[name].compute() for name in found)
    inside = (latitude >= south) & (latitude <= north) & ((longitude - west) % 360 <= _width(west, east))
    if not bool(inside.any()):
        raise _outside(dataset, box)
    rows, columns = (np.flatnonzero(inside.any(str(other)).to_numpy()) for other in reversed(inside.dims))
    window = {
        inside.dims[0]: slice(int(rows[0]), int(rows[-1]) + 1),
        inside.dims[1]: slice(int(columns[0]), int(columns[-1]) + 1),
    }
    grid, inside = grid.isel(window), inside.isel(window)
    masked = {
        name: array.where(inside) for name, array in grid.data_vars.items() if set(inside.dims) <= set(array.dims)
    }
    return grid.assign(masked)


def _cut_longitude(dataset: Dataset, grid: xr.Dataset, name: str, west: float, east: float) -> xr.Dataset:
    """Cut to an arc, in the convention of the question: -30 to 20 works on a grid of 0 to 360."""
    if _width(west, east) >= 360:
        return grid
    eastward = (grid[name].to_numpy().astype(float) - west) % 360
    chosen = np.flatnonzero(eastward <= _width(west, east))
    if not chosen.size:
        raise _outside(dataset, (west, -90.0, east, 90.0))
    chosen = chosen[np.argsort(eastward[chosen], kind="stable")]
    cut = grid.isel({name: chosen})
    moved = (west + eastward[chosen]).astype(grid[name].dtype)
    if np.allclose(moved, cut[name].to_numpy()):
        return cut
    return cut.assign_coords({name: (name, moved, grid[name].attrs)})


def _width(west: float, east: float) -> float:
    return 360.0 if abs(east - west) >= 360 else (east - west) % 360


def _cut_dimension(dataset: Dataset, grid: xr.Dataset, name: str, wanted: Any) -> xr.Dataset:
    dimension = _resolve(dataset, grid, name)
    if name == "time":
        return _cut_time(dataset, grid, dimension, wanted)
    if dimension in grid.coords and axis_of(grid[dimension]) == "x" and isinstance(wanted, slice | tuple):
        west, east = _ends(wanted, *(float(one) for one in (grid[dimension].min(), grid[dimension].max())))
        return _cut_longitude(dataset, grid, dimension, west, east)
    return _cut_numbers(dataset, grid, dimension, wanted)


def _resolve(dataset: Dataset, grid: xr.Dataset, name: str) -> str:
    """Return the dimension that a keyword means: its own name, or the usual name of its axis."""
    if name in grid.dims:
        return name
    axis = _ALIASES.get(name)
    for dimension in grid.dims:
        if axis and dimension in grid.coords and axis_of(grid[dimension]) == axis:
            return str(dimension)
    check_known(dataset, name, "dimension", [one.name for one in dataset.facts.dimensions])
    return name


def _cut_time(dataset: Dataset, grid: xr.Dataset, dimension: str, asked: Any) -> xr.Dataset:
    cut = grid.sel({dimension: slice(asked.start, asked.end)})
    if not cut.sizes[dimension]:
        nearby = ", ".join(str(one)[:19] for one in grid[dimension].to_numpy()[:3])
        raise InvalidInput(
            f"{dataset.id}: no time step from {asked.start} to {asked.end}; it has {grid.sizes[dimension]} "
            f"from {nearby}…"
        )
    return cut


def _cut_numbers(dataset: Dataset, data: Grid, name: str, wanted: Any) -> Grid:
    known = next((one for one in dataset.facts.dimensions if one.name == name), None)
    if isinstance(wanted, slice | tuple):
        return _cut_range(dataset, data, name, wanted, known)
    try:
        values = np.atleast_1d(np.asarray(wanted, dtype=float))
    except (TypeError, ValueError):
        raise InvalidInput(f"{dataset.id}: {name} takes numbers, not {wanted!r}") from None
    if known:
        for value in values:
            check_range(dataset, known, float(value), float(value))
    if name not in data.coords:
        return data.isel({name: wanted})
    return data.sel({name: wanted}, method="nearest")


def _cut_range(
    dataset: Dataset, data: Grid, name: str, wanted: slice | tuple[Any, ...], known: Dimension | None
) -> Grid:
    start, stop = _ends(wanted, -np.inf, np.inf)
    lowest, highest = min(start, stop), max(start, stop)
    if known:
        check_range(dataset, known, lowest, highest)
    if name not in data.coords:
        return data.isel({name: wanted if isinstance(wanted, slice) else slice(*wanted)})
    values = data[name].to_numpy()
    chosen = np.flatnonzero((values >= lowest) & (values <= highest))
    if not chosen.size:
        raise InvalidInput(f"{dataset.id}: no {name} between {lowest:g} and {highest:g}; it has {_few(values)}")
    return data.isel({name: slice(int(chosen[0]), int(chosen[-1]) + 1)})


def _few(values: Any) -> str:
    shown = ", ".join(f"{value:g}" for value in values[:3])
    return f"{shown} … {values[-1]:g}" if len(values) > 3 else shown


def _clip(dataset: Dataset, image: xr.DataArray, box: Box) -> xr.DataArray:
    from rioxarray.exceptions import NoDataInBounds

    try:
        clipped: xr.DataArray = image.rio.clip_box(*box, crs="EPSG:4326")
    except NoDataInBounds:
        raise _outside(dataset, box) from None
    return clipped


def _rows_in_time(dataset: Dataset, table: pd.DataFrame, asked: Any) -> pd.DataFrame:
    import pandas as pd

    column = next((name for name in table.columns if isinstance(table[name].dtype, pd.DatetimeTZDtype)), None)
    if column is None:
        raise InvalidInput(f"{dataset.id} has no column of times, so time cannot select from it")
    fits = pd.Series(data=True, index=table.index)
    if asked.first:
        fits &= table[column] >= pd.Timestamp(asked.first, tz="UTC")
    if asked.last:
        fits &= table[column] < pd.Timestamp(asked.last, tz="UTC") + pd.Timedelta(seconds=1)
    return table[fits]


def _fitting(column: pd.Series[Any], wanted: Any) -> Any:
    if isinstance(wanted, slice | tuple):
        start, stop = (wanted.start, wanted.stop) if isinstance(wanted, slice) else wanted
        fits = column.notna()
        fits = fits if start is None else fits & (column >= start)
        return fits if stop is None else fits & (column <= stop)
    return column.isin(wanted) if isinstance(wanted, list | set) else column == wanted


def _outside(dataset: Dataset, box: Box) -> InvalidInput:
    return InvalidInput(f"{dataset.id}: {spoken_box(box)} holds none of it; it covers {spoken_box(dataset.facts.box)}")
