"""The numbers of a picture: what its values are along its axis, few enough to be read as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from gaia_vre.production.subjects import Subject

    Row = tuple[float | str, ...]

MOST_ROWS = 12
_DIGITS = 6
_DAYS_AS_DAYS = np.timedelta64(2, "D")


def numbers(subject: Subject) -> tuple[str, tuple[Row, ...]]:
    """Return along what the values of a picture are told, and a row for each part of it.

    A row is (first, last, lowest, mean, highest): first and last in degrees, metres or what else the axis has, as an
    ISO 8601 instant or as a name; the others in the unit of the picture.  A picture in true colours has no rows.
    """
    if subject.picture is not None:
        return "", ()
    if len(subject.lines) > 1:
        rows = [_row(name, name, np.asarray(values, dtype=float)) for _, values, name in subject.lines]
        return "", tuple(one for one in rows if one)
    if subject.lines:
        x, y, _ = subject.lines[0]
        upward = subject.kind == "profile"
        return (subject.y_title, _rows(y, x)[::-1]) if upward else (subject.x_title, _rows(_years(subject, x), y))
    if subject.points is not None:
        return subject.y_title, _rows(subject.points[1], subject.points[2])[::-1]
    if subject.kind == "hovmoller":
        return "", _rows(subject.y, subject.values)
    return subject.y_title, _rows(subject.y, subject.values)[::-1]


def _years(subject: Subject, x: Any) -> Any:
    """Return whole years as what they are: instants."""
    years = np.asarray(x)
    return (years - 1970).astype("datetime64[Y]") if subject.kind == "series" and years.dtype.kind == "i" else years


def _rows(positions: Any, values: Any) -> tuple[Row, ...]:
    """Return what `values` are in equal parts of `positions` (n), in their order; values have n rows."""
    distinct, place = np.unique(np.asarray(positions), return_inverse=True)
    values = np.asarray(values, dtype=float).reshape(len(place), -1)
    rows = []
    for part in np.array_split(np.arange(len(distinct)), min(MOST_ROWS, len(distinct))):
        inside = values[(place >= part[0]) & (place <= part[-1])]
        first, last = _written(distinct, part[0]), _written(distinct, part[-1])
        rows.append(_row(first, last, inside))
    return tuple(one for one in rows if one)


def _row(first: float | str, last: float | str, values: Any) -> Row | None:
    known = values[np.isfinite(values)]
    if not known.size:
        return None
    return (first, last, *(_short(float(one)) for one in (known.min(), known.mean(), known.max())))


def _written(distinct: Any, place: int) -> float | str:
    if distinct.dtype.kind != "M":
        return _short(float(distinct[place]))
    if np.datetime_data(distinct.dtype)[0] == "Y":
        return str(distinct[place])
    fine = distinct[-1] - distinct[0] < _DAYS_AS_DAYS
    return str(np.datetime_as_string(distinct[place], unit="m" if fine else "D")) + ("Z" if fine else "")


def _short(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
