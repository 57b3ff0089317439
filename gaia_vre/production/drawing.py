"""Draw data with matplotlib: a quicklook without axes, and overviews with them for wide and narrow pages."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Normalize
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from gaia_vre.production.subjects import Subject, subjects

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from matplotlib.axes import Axes

    from gaia_vre.catalog.curated import Description
    from gaia_vre.catalog.model import Facts

_LAND = {"light": "#c6d2d5", "dark": "#3a4b52"}
_THEMES = {
    "light": {"ink": "#13232a", "muted": "#4c5e66", "rule": "#d4dde0", "edge": "#74868d", "line": "#0f4c5c"},
    "dark": {"ink": "#e6edef", "muted": "#a7b7bd", "rule": "#31424a", "edge": "#7f939b", "line": "#8fd0e0"},
}
_WIDTHS = {"wide": 780, "narrow": 358}
_DENSITY = 1.5
"""Pixels of the picture for one of the page: sharp on fine screens, still small."""
_INCH = 96
_LOOK = (300, 200)


@dataclass(frozen=True)
class Drawing:
    """One picture as a file."""

    key: str
    content: bytes = field(repr=False)
    width: int
    height: int
    subject: Subject


def drawings(description: Description, facts: Facts, data: Path) -> Iterator[Drawing]:
    """Yield the quicklook of a dataset, then its overviews in each width and theme."""
    for place, subject in enumerate(subjects(description, facts, data)):
        if place == 0:
            yield _quicklook(subject)
        name = "overview" if place == 0 else f"overview{place + 1}"
        for width in _WIDTHS:
            for theme in _THEMES:
                yield _overview(subject, f"{name}-{width}-{theme}", width, theme)


def _quicklook(subject: Subject) -> Drawing:
    width, height = _LOOK
    figure = _figure(width, height)
    figure.patch.set_alpha(1)
    figure.patch.set_facecolor(_LAND["light"] if subject.values is not None else "#f2f5f6")
    axes = figure.add_axes((0, 0, 1, 1) if subject.fills else (0.04, 0.08, 0.92, 0.84))
    _paint(axes, subject, "light", bare=True)
    axes.set_axis_off()
    return Drawing("thumbnail", _png(figure), width, height, subject)


def _overview(subject: Subject, key: str, width_name: str, theme: str) -> Drawing:
    colours, width = _THEMES[theme], _WIDTHS[width_name]
    height = subject.height(width)
    text: dict[Any, Any] = {
        "text.color": colours["muted"],
        "axes.labelcolor": colours["muted"],
        "axes.edgecolor": colours["edge"],
    }
    ticks: dict[Any, Any] = {
        "xtick.color": colours["muted"],
        "ytick.color": colours["muted"],
        "font.size": 10,
        "axes.unicode_minus": True,
    }
    with mpl.rc_context(text | ticks | {"font.sans-serif": ["Source Sans 3", "DejaVu Sans"], "axes.linewidth": 0.8}):
        figure = _figure(width, height)
        figure.set_layout_engine("constrained", w_pad=0.03, h_pad=0.03)
        axes = figure.subplots(subject.panels, 1, squeeze=False, sharex=True)[:, 0]
        for panel, one in enumerate(axes):
            painted = _paint(one, subject, theme, panel=panel)
            _frame(one, subject, colours, panel, narrow=width_name == "narrow")
        if painted is not None and subject.coloured:
            beside = width_name == "wide"
            bar = figure.colorbar(
                painted,
                ax=axes,
                location="right" if beside else "bottom",
                shrink=0.9,
                pad=0.02,
                aspect=26,
                extend="both",
            )
            bar.set_label(subject.unit or subject.variable.replace("_", " "))
            bar.outline.set_visible(False)
        return Drawing(key, _png(figure), width, height, subject)


def _paint(axes: Axes, subject: Subject, theme: str, *, panel: int = 0, bare: bool = False) -> Any:
    colours = _THEMES[theme]
    if subject.coloured and subject.points is None:
        return _paint_field(axes, subject, theme)
    if subject.points is not None:
        return _paint_points(axes, subject, subject.points, theme)
    if subject.picture is not None:
        axes.imshow(subject.picture, extent=None, interpolation="nearest", aspect="auto" if bare else "equal")
        return None
    x, y = subject.lines[panel][:2]
    shown = subject.lines if bare else subject.lines[panel : panel + 1]
    if bare and len(shown) > 1:
        for place, (x, y, _) in enumerate(shown):
            spread = float(np.nanmax(np.abs(y - np.nanmean(y)))) or 1.0
            axes.plot(x, (y - np.nanmean(y)) / spread - 2.2 * place, color=colours["line"], linewidth=0.7)
        return None
    axes.plot(x, y, color=colours["line"], linewidth=1.0 if len(x) > 400 else 1.6)
    if subject.logarithmic:
        axes.set_xscale("log")
        axes.set_yscale("log")
    return None


def _paint_field(axes: Axes, subject: Subject, theme: str) -> Any:
    values = np.ma.masked_invalid(subject.values)
    low, high = (float(one) for one in np.nanpercentile(subject.values, (1, 99)))
    if subject.signed:
        low, high = -max(abs(low), abs(high)), max(abs(low), abs(high))
    norm = Normalize(low, high if high > low else low + 1)
    axes.set_facecolor(_LAND[theme])
    painted = axes.pcolormesh(
        subject.x, subject.y, values, cmap=subject.colours, norm=norm, shading="auto", rasterized=True
    )
    axes.autoscale(tight=True)
    return painted


def _paint_points(axes: Axes, subject: Subject, points: tuple[Any, Any, Any], theme: str) -> Any:
    from gaia_vre.production.land import land_rings

    x, y, values = points
    margin_x, margin_y = (max(float(np.ptp(one)) * 0.08, 0.5) for one in (x, y))
    axes.set_xlim(x.min() - margin_x, x.max() + margin_x)
    axes.set_ylim(y.min() - margin_y, y.max() + margin_y)
    for ring in land_rings():
        axes.fill(ring[:, 0], ring[:, 1], color=_LAND[theme], zorder=0, linewidth=0)
    size = 9 if len(x) < 1500 else 3
    return axes.scatter(x, y, c=values, s=size, cmap=subject.colours, linewidths=0, zorder=2)


def _frame(axes: Axes, subject: Subject, colours: dict[str, str], panel: int, *, narrow: bool) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.set_facecolor("none" if not subject.coloured or subject.points is not None else axes.get_facecolor())
    if subject.lines:
        axes.grid(visible=True, color=colours["rule"], linewidth=0.8)
        axes.spines["left"].set_visible(False)
        axes.tick_params(length=0)
    if subject.picture is not None:
        axes.set_axis_off()
    if subject.plain_x:
        axes.locator_params(axis="x", nbins=4 if narrow else 8)
    elif subject.lines and np.asarray(subject.lines[0][0]).dtype.kind == "M":
        locator = AutoDateLocator(maxticks=4 if narrow else 8)  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_locator(locator)
        written = ConciseDateFormatter(locator, show_offset=False)  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_formatter(written)
    axes.set_xlabel(subject.x_title if panel == subject.panels - 1 else "")
    axes.set_ylabel(subject.y_title)
    if subject.lines and len(subject.lines) > 1:
        axes.set_title(subject.lines[panel][2], loc="left", fontsize=9, color=colours["muted"], pad=3)


def _figure(width: int, height: int) -> Figure:
    figure = Figure(figsize=(width / _INCH, height / _INCH), dpi=_INCH * _DENSITY)
    FigureCanvasAgg(figure)
    figure.patch.set_alpha(0)
    return figure


def _png(figure: Figure) -> bytes:
    """Return the figure as a PNG of 256 colours, a third of the size."""
    from PIL import Image

    target, whole = io.BytesIO(), io.BytesIO()
    figure.savefig(whole, format="png")
    Image.open(whole).quantize(256, method=Image.Quantize.FASTOCTREE).save(target, format="png", optimize=True)
    return target.getvalue()
