"""What is known of a dataset, in the words of a language."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from babel.dates import format_date

from gaia_vre.catalog.views import file_kinds
from gaia_vre.core.marking import said

if TYPE_CHECKING:
    from gaia_vre.catalog.model import Box, Dataset, Period
    from gaia_vre.look.language import Language

UNITS = ((said("TB"), 1e12), (said("GB"), 1e9), (said("MB"), 1e6), (said("kB"), 1e3))
_NORTH, _SOUTH, _EAST, _WEST = said("N"), said("S"), said("E"), said("W")
"""Units of sizes, the largest first."""
_DAY_PATTERN = "d MMMM y"


def period_words(language: Language, period: Period, *, brief: bool = False) -> str | None:
    """Return "16 April 2006 to 16 September 2010", briefly "2006 to 2010"; None when it is unknown."""
    start, end = (_day(language, one, brief=brief) for one in (period.start, period.end))
    if start and end:
        return start if start == end else language.text("{start} to {end}", start=start, end=end)
    if start:
        return language.text("since {start}", start=start)
    return language.text("until {end}", end=end) if end else None


def area_words(language: Language, box: Box | None) -> str | None:
    """Return "5°S to 4.4°N, all longitudes"; None when it is unknown."""
    if box is None:
        return None
    west, south, east, north = box
    everywhere = east - west >= 359
    if everywhere and north - south >= 170:
        return language.text("the whole globe")
    latitudes = _range(language, _side(language, south, _NORTH, _SOUTH), _side(language, north, _NORTH, _SOUTH))
    if everywhere:
        return f"{latitudes}, " + language.text("all longitudes")
    return f"{latitudes}, " + _range(language, _side(language, west, _EAST, _WEST), _side(language, east, _EAST, _WEST))


def size_words(language: Language, count: int) -> str:
    """Return bytes as "4.2 MB", in French "4,2 Mo"."""
    unit, factor = next(((unit, factor) for unit, factor in UNITS if count >= factor / 10), UNITS[-1])
    value = max(count / factor, 0.1)
    return f"{language.number(round(value, 1 if value < 10 else 0))}\u00a0{language.text(unit)}"


def variable_words(dataset: Dataset, most: int = 3) -> str:
    """Return the first variables by their titles, else their names."""
    named = [one for one in dataset.facts.variables if not one.name.startswith("band ")]
    titles = list(dict.fromkeys((one.title or one.name).replace("_", " ") for one in named))
    if dataset.kind in ("traces", "stations"):
        titles = [one.name for one in named]
    return ", ".join(titles[:most]) + (" …" if len(titles) > most else "")


def grid_words(dataset: Dataset) -> str:
    """Return "330 × 360", the cells of a grid along y and x; empty for what is no grid."""
    sizes = {one.axis: one.size for one in dataset.facts.dimensions}
    return f"{sizes['y']} × {sizes['x']}" if {"x", "y"} <= sizes.keys() else ""


def format_words(dataset: Dataset) -> str:
    """Return the formats of its files."""
    return ", ".join(file_kinds(dataset))


def _day(language: Language, instant: str | None, *, brief: bool) -> str | None:
    if not instant:
        return None
    if brief:
        return instant[:4]
    try:
        day = datetime.fromisoformat(instant.replace("Z", "+00:00")).date()
    except ValueError:
        return instant[:10]
    return format_date(day, _DAY_PATTERN, locale=language.code)


def _range(language: Language, one: str, other: str) -> str:
    return one if one == other else language.text("{start} to {end}", start=one, end=other)


def _side(language: Language, value: float, positive: str, negative: str) -> str:
    side = negative if value < -0.005 else positive if value > 0.005 else ""
    return f"{language.number(abs(round(value, 2)))}°{language.text(side) if side else ''}"
