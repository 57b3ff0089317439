"""What a picture of a dataset shows: a field, an image, points, lines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gaia_vre.catalog.curated import Description
    from gaia_vre.catalog.model import Facts, Variable

_COLOURS = (
    ("temperature|\\bsst\\b|\\btos\\b|\\btas\\b|\\bta\\b", "RdYlBu_r"),
    ("wind|speed|current", "GnBu"),
    ("pm10|pm2|concentration|aerosol|ozone", "YlOrBr"),
)
_OTHERWISE = "cividis"
_FEW, _MANY = 20, 12
_ROWS_LIMIT = 20_000
Line = tuple[Any, Any, str]


@dataclass(frozen=True)
class Subject:
    """One thing to draw; exactly one of `values`, `picture`, `points` and `lines` is given."""

    kind: str
    variable: str
    unit: str | None = None
    values: Any = None
    x: Any = None
    y: Any = None
    picture: Any = None
    points: tuple[Any, Any, Any] | None = None
    lines: tuple[Line, ...] = ()
    x_title: str = ""
    y_title: str = ""
    colours: str = _OTHERWISE
    signed: bool = False
    logarithmic: bool = False
    lowest: float | None = None
    highest: float | None = None

    @property
    def coloured(self) -> bool:
        return self.values is not None or self.points is not None

    @property
    def fills(self) -> bool:
        """Whether the quicklook has no margin."""
        return not self.lines

    @property
    def panels(self) -> int:
        return max(len(self.lines), 1)

    @property
    def plain_x(self) -> bool:
        """Whether the x axis has numbers, not dates, and is not logarithmic."""
        first = self.lines[0][0] if self.lines else self.x
        return first is None or (np.asarray(first).dtype.kind in "fiu" and not self.logarithmic)

    def height(self, width: int) -> int:
        """Return the height of an overview in pixels of the page."""
        if self.lines:
            return 90 + 95 * self.panels if self.panels > 1 else 420 if self.kind == "profile" else 210
        if self.kind == "hovmoller":
            return 330
        rows, columns = self._shape
        return int(min(max(width * 0.86 * rows / columns + 40, 220), 520 if width > 500 else 430))

    @property
    def _shape(self) -> Any:
        if self.points is not None:
            x, y, _ = self.points
            return float(np.ptp(y)), float(np.ptp(x)) or 1.0
        if self.picture is not None:
            return self.picture.shape[:2]
        return self.values.shape


def subjects(description: Description, facts: Facts, data: Path) -> Iterator[Subject]:
    """Yield what to draw of a prepared dataset, the main thing first."""
    files = [data / asset.path for asset in facts.assets]
    yield from _BY_KIND[str(description.dataset.kind)](description, facts, files)


def _of_grid(description: Description, facts: Facts, files: list[Path]) -> Iterator[Subject]:
    import xarray as xr

    variable = _main(description, facts)
    with xr.open_zarr(files[0], consolidated=False, chunks=None) as grid:
        one = grid[variable.name].load()
    axes = {dimension.axis: dimension.name for dimension in facts.dimensions if dimension.name in one.dims}
    for dimension in one.dims:
        if dimension not in (axes.get("x"), axes.get("y"), axes.get("time")):
            one = one.isel({dimension: 0})
    x, y, time = axes.get("x"), axes.get("y"), axes.get("time", "")
    if x is None or y is None:
        return
    series = bool(time) and one.sizes[time] >= _MANY
    about = _about(variable, one.values)
    if min(one.sizes[x], one.sizes[y]) < 4 and series:
        yield _series(one, (x, y), time, about)
        return
    if series and one.sizes[y] <= _FEW < one.sizes[x]:
        middle = one.mean(y)
        yield Subject(
            "hovmoller",
            **about,
            values=middle.transpose(time, x).values,
            x=one[x].values,
            y=_times(one[time]),
            x_title="°E",
            colours=_colours(variable),
        )
    else:
        yield _map(one.isel({time: 0}) if time else one, x, y, variable, about)
    if series:
        yield _series(one, (x, y), time, about)


def _map(one: Any, x: str, y: str, variable: Variable, about: dict[str, Any]) -> Subject:
    one = one.transpose(y, x)
    plain = x in one.coords and one[x].ndim == 1 and "degrees" in str(one[x].attrs.get("units", ""))
    signed = variable.name.lower() in ("uwnd", "vwnd", "anom")
    values, columns, rows = one.values, None, None
    if plain:
        columns, rows = _eastward(one[x].values), one[y].values
        order = np.argsort(columns)
        columns, values = columns[order], values[:, order]
    else:
        columns, rows = np.arange(values.shape[1]), np.arange(values.shape[0])
    return Subject(
        "map",
        **about,
        values=values,
        x=columns,
        y=rows,
        signed=signed,
        x_title=_axis_title(one, x, "°E", "columns of the grid"),
        y_title=_axis_title(one, y, "°N", "rows of the grid"),
        colours="RdBu_r" if signed else _colours(variable),
    )


def _axis_title(one: Any, name: str, degrees: str, otherwise: str) -> str:
    if name not in one.coords or "degrees" not in str(one[name].attrs.get("units", "")):
        return otherwise
    rotated = str(one[name].attrs.get("standard_name", "")).startswith("grid_")
    return "degrees of the rotated grid" if rotated else degrees


def _eastward(longitudes: Any) -> Any:
    """Return longitudes so that neighbours stay neighbours."""
    turned = (np.asarray(longitudes, dtype=float) + 180) % 360 - 180
    whole = np.ptp(longitudes) > 340
    return turned if whole or np.ptp(turned) <= np.ptp(longitudes) else np.asarray(longitudes, dtype=float)


def _series(one: Any, space: tuple[str, str], time: str, about: dict[str, Any]) -> Subject:
    mean = one.mean(space)
    times = _times(one[time])
    if mean.sizes[time] > 600:
        per_year = mean.groupby(f"{time}.year").mean()
        return Subject(
            "series", **about, lines=((per_year["year"].values, per_year.values, ""),), y_title=about["unit"] or ""
        )
    return Subject("series", **about, lines=((times, mean.values, ""),), y_title=about["unit"] or "")


def _times(times: Any) -> Any:
    """Return instants that matplotlib knows; a calendar of a model becomes the nearest usual days."""
    if times.dtype.kind == "M":
        return times.values
    return np.array(
        [f"{one.year:04d}-{one.month:02d}-{min(one.day, 28):02d}" for one in times.values], dtype="datetime64[D]"
    )


def _of_image(description: Description, facts: Facts, files: list[Path]) -> Iterator[Subject]:
    import rasterio

    with rasterio.open(files[0]) as image:
        bands = image.read().astype(float)
        if image.nodata is not None:
            bands[bands == image.nodata] = np.nan
    if len(bands) >= 3:
        colours = np.dstack([_stretched(bands[place]) for place in (2, 1, 0)])
        yield Subject("image", "bands 3, 2, 1", picture=colours)
        return
    low, high = float(np.nanmin(bands[0])), float(np.nanmax(bands[0]))
    yield Subject(
        "map",
        description.dataset.keywords[0] if description.dataset.keywords else "band 1",
        "m" if facts.projection is None and "elevation" in description.id else None,
        values=bands[0][::-1],
        x=np.arange(bands.shape[2]),
        y=np.arange(bands.shape[1]),
        x_title="columns",
        y_title="rows",
        lowest=low,
        highest=high,
    )


def _stretched(band: Any) -> Any:
    low, high = np.nanpercentile(band, (2, 98))
    return np.clip((band - low) / max(high - low, 1e-9), 0, 1)


def _of_table(description: Description, facts: Facts, files: list[Path]) -> Iterator[Subject]:
    plotted = re.search(r"\.plot\((.*)\)", " ".join(description.dataset.example))
    if facts.projection:
        import geopandas

        table = geopandas.read_parquet(files[0]).to_crs("EPSG:4326").iloc[:_ROWS_LIMIT]
        named = re.search(r'^"(\w+)"', plotted.group(1)) if plotted else None
        column = named.group(1) if named and named.group(1) in table else table.select_dtypes("number").columns[0]
        values = table[column].to_numpy(dtype=float)
        about = _about(_variable(facts, column), values)
        points = (table.geometry.x.to_numpy(), table.geometry.y.to_numpy(), values)
        name = f"{column} {' '.join(description.dataset.keywords[:3])}"
        yield Subject("points", **about, points=points, x_title="°E", y_title="°N", colours=_matching(name, "viridis"))
        return
    import pandas as pd

    table = pd.read_parquet(files[0])
    x, y = re.findall(r'[xy]="(\w+)"', plotted.group(1)) if plotted else table.columns[:2]
    about = _about(_variable(facts, x), table[x].to_numpy(dtype=float))
    lines = ((table[x].to_numpy(dtype=float), table[y].to_numpy(dtype=float), ""),)
    yield Subject("profile", **about, lines=lines, x_title=x.replace("_", " "), y_title=y.replace("_", " "))


def _of_traces(description: Description, facts: Facts, files: list[Path]) -> Iterator[Subject]:
    import obspy

    stream = obspy.Stream(trace for file in files for trace in obspy.read(str(file)))
    lines = tuple((trace.times(), trace.data.astype(float), trace.id) for trace in stream[:6])
    unit = facts.variables[0].unit if facts.variables else None
    names = ", ".join(name for _, _, name in lines)
    start = str(stream[0].stats.starttime)[:19].replace("T", " ")
    yield Subject("traces", names, unit, lines=lines, x_title=f"s after {start} UTC", y_title=unit or "")


def _of_stations(description: Description, facts: Facts, files: list[Path]) -> Iterator[Subject]:
    import obspy

    inventory = obspy.read_inventory(str(files[0]))
    channel = inventory[0][0][-1]
    step = 1 / channel.sample_rate if channel.sample_rate else 1.0
    response, frequencies = channel.response.get_evalresp_response(t_samp=step, nfft=4096, output="VEL")
    name = facts.variables[0].name if facts.variables else channel.code
    inside = frequencies > 0.0005
    lines = ((frequencies[inside], np.abs(response[inside]), ""),)
    yield Subject(
        "response", name, "counts per m/s", lines=lines, x_title="Hz", y_title="counts per m/s", logarithmic=True
    )


def _main(description: Description, facts: Facts) -> Variable:
    """Return the variable that the example opens, else the one with the most values."""
    named = re.search(r'\["(\w+)"\]', " ".join(description.dataset.example))
    known = {one.name: one for one in facts.variables}
    if named and named.group(1) in known:
        return known[named.group(1)]
    return max(facts.variables, key=lambda one: int(np.prod(one.shape)))


def _variable(facts: Facts, name: str) -> Variable:
    return next(one for one in facts.variables if one.name == name)


def _about(variable: Variable, values: Any) -> dict[str, Any]:
    known = np.isfinite(values).any()
    return {
        "variable": variable.title or variable.name,
        "unit": variable.unit,
        "lowest": float(np.nanmin(values)) if known else None,
        "highest": float(np.nanmax(values)) if known else None,
    }


def _colours(variable: Variable) -> str:
    return _matching(
        " ".join(filter(None, (variable.name, variable.title, variable.standard_name))).replace("_", " "), _OTHERWISE
    )


def _matching(text: str, otherwise: str) -> str:
    return next((name for words, name in _COLOURS if re.search(words, text.lower())), otherwise)


_BY_KIND = {"grid": _of_grid, "image": _of_image, "table": _of_table, "traces": _of_traces, "stations": _of_stations}
