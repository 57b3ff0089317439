"""Filters in CQL2 JSON as conditions for PostgreSQL, with the meaning that they have on SQLite."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from gaia_vre.catalog.engine.filters import TIMES, Compiler, Piece, property_name

if TYPE_CHECKING:
    from gaia_vre.catalog.engine.filters import Placed

_TIMES = {"datetime": "start", "start_datetime": "start", "end_datetime": '"end"'}


class Value(NamedTuple):
    """One value as number and as text, of which at least one is NULL."""

    number: Piece
    text: Piece

    @property
    def values(self) -> tuple[Any, ...]:
        return self.number.values + self.text.values


def valued(name: str) -> Value:
    """Return a property; raises InvalidInput for what can be none."""
    name = property_name(name)
    if name in TIMES:
        return Value(Piece(f"gaia_catalog.micros({_TIMES[name]})"), Piece("NULL::text"))
    if name in ("id", "collection"):
        return Value(Piece("NULL::numeric"), Piece(name))
    return Value(
        Piece("gaia_catalog.number_of(properties -> ?)", (name,)),
        Piece("gaia_catalog.text_of(properties -> ?)", (name,)),
    )


def literal(value: Any) -> Value:
    """Return a text, number or nothing as a value."""
    if isinstance(value, str):
        return Value(Piece("NULL::numeric"), Piece("?::text", (value,)))
    if value is None:
        return Value(Piece("NULL::numeric"), Piece("NULL::text"))
    number = Decimal(repr(value)) if isinstance(value, float) else int(value)
    return Value(Piece("?::numeric", (number,)), Piece("NULL::text"))


def compiled(expression: Any, placed: Placed) -> Piece:
    """Return a filter as a condition; see `gaia_vre.catalog.engine.filters.compiled`."""
    return _Compiler(placed).condition(expression, 0)


class _Compiler(Compiler):
    """Comparisons of numbers with numbers and texts with texts; every number is smaller than every text."""

    def comparison(self, name: str, arguments: list[Any]) -> Piece:
        left, right = self._both(arguments)
        return compared(name, left, right)

    def missing(self, argument: Any) -> Piece:
        (found,) = self._both([argument])
        return Piece(f"({found.number.text} IS NULL AND {found.text.text} IS NULL)", found.values)

    def between(self, arguments: list[Any]) -> Piece:
        value, low, high = self._both(arguments)
        above, below = compared(">=", value, low), compared("<=", value, high)
        return Piece(f"({above.text} AND {below.text})", above.values + below.values)

    def among(self, arguments: list[Any]) -> Piece:
        first, *others = self._both(arguments)
        equal = [compared("=", first, one) for one in others]
        return Piece(" OR ".join(one.text for one in equal), tuple(value for one in equal for value in one.values))

    def like(self, arguments: list[Any]) -> Piece:
        first, pattern = self._both(arguments)
        return Piece(f"{first.text.text} LIKE {pattern.text.text}", first.text.values + pattern.text.values)

    def during(self, start: int | None, end: int | None) -> Piece:
        text = "(start IS NULL OR gaia_catalog.micros(start) <= ?)" if end is not None else "TRUE"
        text += ' AND ("end" IS NULL OR gaia_catalog.micros("end") >= ?)' if start is not None else ""
        return Piece(text, tuple(one for one in (end, start) if one is not None))

    def _both(self, arguments: list[Any]) -> list[Value]:
        found = self._operands(arguments)
        return [_value(given, piece) for given, piece in zip(arguments, found, strict=True)]


def compared(sign: str, left: Value, right: Value) -> Piece:
    """Return the comparison of two values."""
    numbers = f"({left.number.text})::numeric {sign} ({right.number.text})::numeric"
    texts = f'({left.text.text})::text COLLATE "C" {sign} ({right.text.text})::text COLLATE "C"'
    mixed_up = f"CASE WHEN ({left.number.text}) IS NOT NULL AND ({right.text.text}) IS NOT NULL THEN 1 {sign} 2"
    mixed = f"{mixed_up} WHEN ({left.text.text}) IS NOT NULL AND ({right.number.text}) IS NOT NULL THEN 2 {sign} 1 END"
    values = (
        *(left.number.values + right.number.values),
        *(left.text.values + right.text.values),
        *(left.number.values + right.text.values),
        *(left.text.values + right.number.values),
    )
    return Piece(f"coalesce({numbers}, {texts}, {mixed})", values)


def _value(given: Any, piece: Piece) -> Value:
    if isinstance(given, dict) and isinstance(given.get("property"), str):
        return valued(given["property"])
    return literal(piece.values[0])
