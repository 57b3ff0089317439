"""Instants and intervals as RFC 3339 writes them, in microseconds since 1970."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from gaia_vre.core.errors import InvalidInput

if TYPE_CHECKING:
    from gaia_vre.catalog.engine.model import Interval

DAY = 86_400_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,20})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_OPEN = ("", "..")


def parse_instant(text: str) -> int:
    """Return an instant; it must have a time and a zone.

    Raises
    ------
    InvalidInput
        It is no instant, or outside the years 1 to 9999.
    """
    if len(text) <= 60 and _INSTANT.fullmatch(text):
        try:
            return _micros(datetime.fromisoformat(text.upper()))
        except (ValueError, OverflowError):
            pass
    raise InvalidInput(f"{text[:60]!r} is no date and time such as 2020-02-12T23:20:50Z")


def parse_day(text: str) -> Interval:
    """Return the first and last instant of a day."""
    if _DATE.fullmatch(text):
        try:
            first = _micros(datetime.fromisoformat(text).replace(tzinfo=UTC))
        except ValueError:
            pass
        else:
            return first, first + DAY - 1
    raise InvalidInput(f"{text[:60]!r} is no date such as 2020-02-12")


def parse_interval(text: str) -> Interval:
    """Return an instant as an interval, or ``start/end`` of which one may be open.

    Raises
    ------
    InvalidInput
        An end is no instant, both are open, or the end is before the start.
    """
    parts = text.split("/") if len(text) < 200 else []
    if len(parts) == 1:
        instant = parse_instant(parts[0])
        return instant, instant
    if len(parts) != 2 or all(part in _OPEN for part in parts):
        raise InvalidInput(f"{text[:60]!r} is no interval such as 2020-01-01T00:00:00Z/..")
    return ordered(*(None if part in _OPEN else parse_instant(part) for part in parts))


def ordered(start: int | None, end: int | None) -> Interval:
    """Return the interval; raises InvalidInput when it ends before it begins."""
    if start is not None and end is not None and start > end:
        raise InvalidInput(f"The interval begins at {written(start)}, after its end at {written(end)}")
    return start, end


def stored(text: str | None) -> int | None:
    """Return an instant of a document; a date without time or zone is taken as UTC."""
    if not text:
        return None
    found = datetime.fromisoformat(text)
    return _micros(found if found.tzinfo else found.replace(tzinfo=UTC))


def written(micros: int) -> str:
    """Return an instant as RFC 3339 writes it, in UTC."""
    return f"{(_EPOCH + timedelta(microseconds=micros)).replace(tzinfo=None).isoformat()}Z"


def _micros(instant: datetime) -> int:
    return (instant.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1)
