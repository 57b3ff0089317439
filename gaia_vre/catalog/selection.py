"""What a user asks of a dataset: times, boxes and names, understood and checked against its extent."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gaia_vre.core.errors import InvalidInput, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gaia_vre.catalog.model import Box, Dataset, Dimension, Period

_CLOCK = r"([01]\d|2[0-3])(:[0-5]\d(:[0-5]\d(\.\d+)?)?)?"
_DATE = r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])"
_MOMENT = re.compile(rf"{_DATE}(T{_CLOCK})?)?)?")
_EARLIEST, _LATEST = "00:00:00", "23:59:59"


@dataclass(frozen=True)
class TimeRange:
    """Both ends as given ("2008-01"), inclusive; None is open."""

    start: str | None
    end: str | None

    @property
    def first(self) -> str | None:
        """The first instant meant, in ISO 8601."""
        return _instant(self.start, latest=False) if self.start else None

    @property
    def last(self) -> str | None:
        """The last instant meant, in ISO 8601."""
        return _instant(self.end, latest=True) if self.end else None

    def touches(self, period: Period) -> bool:
        """Tell whether some of a known period lies within the range."""
        starts_before_end = self.last is None or period.start is None or period.start.rstrip("Z") <= self.last
        ends_after_start = self.first is None or period.end is None or period.end.rstrip("Z") >= self.first
        return starts_before_end and ends_after_start


def parse_time(value: Any) -> TimeRange:
    """Understand ``"2008"``, ``"2008-01-15"``, a date, ``slice("2007", "2008-06")`` or a pair.

    Raises
    ------
    InvalidInput
        A part is no date, or the range ends before it starts.
    """
    if isinstance(value, slice):
        ends = (value.start, value.stop)
    elif isinstance(value, tuple | list) and len(value) == 2:
        ends = (value[0], value[1])
    else:
        ends = (value, value)
    start, end = (None if one is None else _moment(one) for one in ends)
    asked = TimeRange(start, end)
    if asked.first and asked.last and asked.first > asked.last:
        raise InvalidInput(f"time: the range ends ({end}) before it starts ({start})")
    return asked


def parse_box(value: Any) -> Box:
    """Understand ``(west, south, east, north)`` in degrees.

    Raises
    ------
    InvalidInput
        There are not four numbers, or they are no place on Earth.
    """
    try:
        west, south, east, north = (float(one) for one in value)
    except (TypeError, ValueError):
        raise InvalidInput(f"bbox: (west, south, east, north) in degrees expected, found {value!r}") from None
    if not (-90 <= south <= north <= 90 and -360 <= west <= 360 and -360 <= east <= 360):
        raise InvalidInput(f"bbox: {value!r} is no box on Earth; give (west, south, east, north) in degrees")
    return west, south, east, north


def boxes_touch(one: Box, other: Box) -> bool:
    """Tell whether two boxes share some place; each may cross the date line."""
    if one[1] > other[3] or other[1] > one[3]:
        return False
    return any(
        west <= other_east and other_west <= east
        for west, east in _spans(one[0], one[2])
        for other_west, other_east in _spans(other[0], other[2])
    )


def on_globe(box: Box) -> Box:
    """Return a box with longitudes from -180 to 180; over the date line west is greater than east."""
    spans = _spans(box[0], box[2])
    return spans[0][0], box[1], spans[-1][1], box[3]


def check_time(dataset: Dataset, asked: TimeRange) -> None:
    """Refuse a time outside the dataset's period, saying the period."""
    period = dataset.facts.period
    if period.known and not asked.touches(period):
        raise InvalidInput(f"{dataset.id}: time {_spoken(asked)} lies outside {spoken_period(period)}")


def check_box(dataset: Dataset, asked: Box) -> None:
    """Refuse a box that the dataset does not reach, saying its extent."""
    box = dataset.facts.box
    if box is None:
        raise InvalidInput(f"{dataset.id}: its place is unknown, so bbox cannot select from it")
    if not boxes_touch(box, asked):
        raise InvalidInput(f"{dataset.id}: bbox {asked} lies outside {spoken_box(box)}")


def check_range(dataset: Dataset, dimension: Dimension, lowest: float, highest: float) -> None:
    """Refuse values beyond a dimension by more than its mean step, saying its range."""
    if not isinstance(dimension.lowest, int | float) or not isinstance(dimension.highest, int | float):
        return
    step = (dimension.highest - dimension.lowest) / max(dimension.size - 1, 1)
    if highest < dimension.lowest - step or lowest > dimension.highest + step:
        asked = f"{lowest:g}" if lowest == highest else f"{lowest:g} to {highest:g}"
        unit = f" {dimension.unit}" if dimension.unit else ""
        raise InvalidInput(
            f"{dataset.id}: {dimension.name} {asked} lies outside {dimension.lowest:g} to {dimension.highest:g}{unit}"
        )


def check_known(dataset: Dataset, name: str, what: str, known: Iterable[str]) -> None:
    """Refuse an unknown name, saying the known ones."""
    names = list(known)
    if name not in names:
        shown = ", ".join(names) or "none"
        raise InvalidInput(f"{dataset.id} has no {what} {name!r}; it has {shown}{did_you_mean(name, names)}")


def spoken_period(period: Period) -> str:
    """Return "2006-04-16 to 2010-09-16", "since 1993-01-01" or "unknown"."""
    start, end = (one[:10] if one else None for one in (period.start, period.end))
    if start and end:
        return start if start == end else f"{start} to {end}"
    return f"since {start}" if start else f"until {end}" if end else "unknown"


def spoken_box(box: Box | None) -> str:
    """Return "5°S to 4.4°N, all longitudes", "the whole globe" or "unknown"."""
    if box is None:
        return "unknown"
    west, south, east, north = box
    everywhere = east - west >= 359
    if everywhere and north - south >= 170:
        return "the whole globe"
    latitudes = _between(_degrees(south, "S", "N"), _degrees(north, "S", "N"))
    return f"{latitudes}, " + (
        "all longitudes" if everywhere else _between(_degrees(west, "W", "E"), _degrees(east, "W", "E"))
    )


def _between(one: str, other: str) -> str:
    return one if one == other else f"{one} to {other}"


def _degrees(value: float, negative: str, positive: str) -> str:
    side = negative if value < -0.005 else positive if value > 0.005 else ""
    return f"{abs(round(value, 2)):g}°{side}"


def _spans(west: float, east: float) -> list[tuple[float, float]]:
    """Return the parts of a longitude range between -180 and 180."""
    if east - west >= 360:
        return [(-180.0, 180.0)]
    start, end = ((value + 180) % 360 - 180 for value in (west, east))
    if end == -180.0 and east != west:
        end = 180.0
    return [(start, end)] if start <= end else [(start, 180.0), (-180.0, end)]


def _moment(value: Any) -> str:
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    text = text.strip().replace(" ", "T").removesuffix("+00:00").removesuffix("Z")
    if not _MOMENT.fullmatch(text):
        raise InvalidInput(f"time: {value!r} is no date; write 2008, 2008-01, 2008-01-15 or 2008-01-15T12:00")
    return text


def _instant(text: str, *, latest: bool) -> str:
    date, _, clock = text.partition("T")
    year, month, day = (*(int(part) for part in date.split("-")), 0, 0)[:3]
    month = month or (12 if latest else 1)
    day = day or (monthrange(year, month)[1] if latest else 1)
    filler = _LATEST if latest else _EARLIEST
    return f"{year:04d}-{month:02d}-{day:02d}T{clock[:8]}{filler[len(clock[:8]) :]}"


def _spoken(asked: TimeRange) -> str:
    if asked.start == asked.end:
        return str(asked.start)
    return f"{asked.start or 'the beginning'} to {asked.end or 'the end'}"
