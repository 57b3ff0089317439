"""Filters in CQL2 JSON as conditions in SQL; what is not named here is refused."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from gaia_vre.catalog.engine.places import parse_box, parse_shape
from gaia_vre.catalog.engine.times import ordered, parse_day, parse_instant
from gaia_vre.core.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from gaia_vre.catalog.engine.model import Box, Document, Interval

    Placed = Callable[[Document | Box], tuple[str, tuple[Any, ...]]]

DEPTH_LIMIT = 20
SIZE_LIMIT = 500
_TEXT_LIMIT = 2000
_NAME = re.compile(r"[A-Za-z_][\w:.-]{0,99}", re.ASCII)
_COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")
_COLUMNS = {"id": "id", "collection": "collection", "datetime": "start", "start_datetime": "start"}
_COLUMNS["end_datetime"] = '"end"'
TIMES = ("datetime", "start_datetime", "end_datetime")


class Piece(NamedTuple):
    """SQL and its values."""

    text: str
    values: tuple[Any, ...] = ()


def named(name: str) -> Piece:
    """Return the SQL of a property; raises InvalidInput for what can be none."""
    name = property_name(name)
    if name in _COLUMNS:
        return Piece(_COLUMNS[name])
    return Piece("json_extract(properties, ?)", (f'$."{name}"',))


def property_name(name: str) -> str:
    """Return the plain name of a property; raises InvalidInput for what can be none."""
    name = name.removeprefix("properties.")
    if not _NAME.fullmatch(name):
        raise InvalidInput(f"{name[:60]!r} is no name of a property")
    return name


def compiled(expression: Any, placed: Placed) -> Piece:
    """Return a filter as a condition.

    Parameters
    ----------
    placed
        Returns the condition that a row touches a box or geometry.

    Raises
    ------
    InvalidInput
        It is no CQL2, uses an operator that is not there, or is too large.
    """
    return Compiler(placed).condition(expression, 0)


class Compiler:
    """Check a filter and write it in the SQL of SQLite; a child writes the predicates of another database."""

    def __init__(self, placed: Placed) -> None:
        self._placed = placed
        self._nodes = 0

    def condition(self, node: Any, depth: int) -> Piece:
        self._count(depth)
        if isinstance(node, bool):
            return Piece("TRUE" if node else "FALSE")
        if not isinstance(node, dict) or not isinstance(node.get("op"), str) or not isinstance(node.get("args"), list):
            raise InvalidInput("filter: an expression has an 'op' and a list of 'args'")
        name, arguments = node["op"].lower(), node["args"]
        if name in ("and", "or"):
            return self._joined(name.upper(), arguments, depth)
        if name == "not":
            inner = self.condition(_only(arguments, 1, name)[0], depth + 1)
            return Piece(f"NOT ({inner.text})", inner.values)
        return self._predicate(name, arguments)

    def _joined(self, name: str, arguments: list[Any], depth: int) -> Piece:
        if not arguments:
            raise InvalidInput(f"filter: {name} of nothing")
        inner = [self.condition(one, depth + 1) for one in arguments]
        return Piece(f" {name} ".join(f"({one.text})" for one in inner), _values(inner))

    def _predicate(self, name: str, arguments: list[Any]) -> Piece:  # noqa: PLR0911
        if name in _COMPARISONS:
            return self.comparison(name, _only(arguments, 2, name))
        if name == "isnull":
            return self.missing(_only(arguments, 1, name)[0])
        if name == "between":
            return self.between(_only(arguments, 3, name))
        if name == "in":
            return self._in(_only(arguments, 2, name))
        if name == "like":
            return self._like(_only(arguments, 2, name))
        if name == "s_intersects":
            return self._near(_only(arguments, 2, name))
        if name == "t_intersects":
            return self._while(_only(arguments, 2, name))
        raise InvalidInput(f"filter: there is no operator {name[:40]!r} here")

    def _in(self, arguments: list[Any]) -> Piece:
        if not isinstance(arguments[1], list) or not arguments[1]:
            raise InvalidInput("filter: 'in' needs a list of values")
        return self.among([arguments[0], *arguments[1]])

    def _like(self, arguments: list[Any]) -> Piece:
        if not isinstance(arguments[1], str) or len(arguments[1]) > 200 or arguments[1].count("%") > 10:
            raise InvalidInput("filter: 'like' needs a pattern of at most 200 characters and 10 '%'")
        return self.like(arguments)

    def comparison(self, name: str, arguments: list[Any]) -> Piece:
        """Return ``left name right``."""
        left, right = self._operands(arguments)
        return Piece(f"{left.text} {name} {right.text}", left.values + right.values)

    def missing(self, argument: Any) -> Piece:
        """Return that there is no value."""
        (inner,) = self._operands([argument])
        return Piece(f"{inner.text} IS NULL", inner.values)

    def between(self, arguments: list[Any]) -> Piece:
        """Return that a value lies between two others."""
        parts = self._operands(arguments)
        return Piece(f"{parts[0].text} BETWEEN {parts[1].text} AND {parts[2].text}", _values(parts))

    def among(self, arguments: list[Any]) -> Piece:
        """Return that the first value is one of the others."""
        first, *others = self._operands(arguments)
        return Piece(f"{first.text} IN ({', '.join(one.text for one in others)})", _values([first, *others]))

    def like(self, arguments: list[Any]) -> Piece:
        """Return that a text is like a pattern."""
        first, pattern = self._operands(arguments)
        return Piece(f"{first.text} LIKE {pattern.text} ESCAPE '\\'", first.values + pattern.values)

    def _near(self, arguments: list[Any]) -> Piece:
        properties = [one for one in arguments if isinstance(one, dict) and one.get("property") == "geometry"]
        shapes = [one for one in arguments if one not in properties]
        if len(properties) != 1 or len(shapes) != 1 or not isinstance(shapes[0], dict):
            raise InvalidInput("filter: 's_intersects' compares the property geometry with a geometry or bbox")
        shape = shapes[0]
        if "bbox" in shape:
            values = shape["bbox"]
            return Piece(*self._placed(parse_box(values if isinstance(values, list) else [])))
        return Piece(*self._placed(parse_shape(shape)))

    def _while(self, arguments: list[Any]) -> Piece:
        subject, other = arguments
        if not isinstance(subject, dict) or subject.get("property") != "datetime":
            subject, other = other, subject
        if not isinstance(subject, dict) or subject.get("property") != "datetime":
            raise InvalidInput("filter: 't_intersects' compares the property datetime with an instant or interval")
        return self.during(*_interval(other))

    def during(self, start: int | None, end: int | None) -> Piece:
        """Return that the period of a row shares an instant with another."""
        text = "(start IS NULL OR start <= ?)" if end is not None else "TRUE"
        text += ' AND ("end" IS NULL OR "end" >= ?)' if start is not None else ""
        return Piece(text, tuple(one for one in (end, start) if one is not None))

    def _operands(self, arguments: list[Any]) -> list[Piece]:
        as_time = any(isinstance(one, dict) and one.get("property") in TIMES for one in arguments)
        return [self._operand(one, as_time=as_time) for one in arguments]

    def _operand(self, value: Any, *, as_time: bool) -> Piece:
        self._count(0)
        if isinstance(value, dict) and isinstance(value.get("property"), str):
            return named(value["property"])
        if isinstance(value, dict) and isinstance(value.get("timestamp") or value.get("date"), str):
            instant = _instant(value)
            return Piece("?", (instant if as_time else value.get("timestamp") or value["date"],))
        if isinstance(value, str):
            if len(value) > _TEXT_LIMIT:
                raise InvalidInput(f"filter: a text has over {_TEXT_LIMIT} characters")
            return Piece("?", (_instant({"timestamp": value}) if as_time else value,))
        if isinstance(value, bool | int | float) and math.isfinite(value) and abs(value) < 2**63:
            return Piece("?", (value,))
        raise InvalidInput("filter: only properties, texts, numbers, true, false and times can be compared")

    def _count(self, depth: int) -> None:
        self._nodes += 1
        if depth > DEPTH_LIMIT:
            raise InvalidInput(f"filter: it is nested over {DEPTH_LIMIT} deep")
        if self._nodes > SIZE_LIMIT:
            raise InvalidInput(f"filter: it has over {SIZE_LIMIT} parts")


def _only(arguments: list[Any], count: int, name: str) -> list[Any]:
    if len(arguments) != count:
        raise InvalidInput(f"filter: {name!r} takes {count} arguments, not {len(arguments)}")
    return arguments


def _values(pieces: list[Piece]) -> tuple[Any, ...]:
    return tuple(value for one in pieces for value in one.values)


def _instant(value: dict[str, Any]) -> int | None:
    text = value.get("timestamp")
    if isinstance(text, str) and "T" in text.upper():
        return parse_instant(text)
    return parse_day(str(text or value.get("date")))[0]


def _interval(value: Any) -> Interval:
    if isinstance(value, dict) and isinstance(value.get("interval"), list) and len(value["interval"]) == 2:
        start, end = (_interval(one) if one != ".." else (None, None) for one in value["interval"])
        return ordered(start[0], end[1])
    text = value.get("timestamp") or value.get("date") if isinstance(value, dict) else value
    if isinstance(text, dict):
        text = text.get("timestamp") or text.get("date")
    if not isinstance(text, str):
        raise InvalidInput("filter: 't_intersects' needs a timestamp, a date or an interval")
    if "T" in text.upper():
        return parse_instant(text), parse_instant(text)
    return parse_day(text)
