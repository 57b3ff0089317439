"""Searches as SQL: only text with question marks, and the values for them."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gaia_vre.catalog.engine.filters import compiled, named
from gaia_vre.catalog.engine.places import bounds, rectangle, split
from gaia_vre.catalog.engine.times import DAY
from gaia_vre.catalog.rules import words
from gaia_vre.core.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gaia_vre.catalog.engine.model import Box, Document, Interval, Kind, Search, SortKey

_LONGEST_TOKEN = 4000


@dataclass(frozen=True)
class Clause:
    """A piece of SQL and its values."""

    text: str
    values: tuple[Any, ...] = ()


def query(kind: Kind, search: Search) -> Clause:
    """Return the query for the rows of one page and one more: row, collection, id, then what it sorts by."""
    keys = [named(key.property) for key in search.sort]
    conditions = [*_conditions(kind, search), *_after(search, keys, kind)]
    where = " AND ".join(f"({one.text})" for one in conditions) or "TRUE"
    shown = "".join(f", {key.text}" for key in keys)
    order = "".join(f"{place}{' DESC' if key.descending else ''}, " for place, key in enumerate(search.sort, start=4))
    values = (*(value for key in keys for value in key.values), *(value for one in conditions for value in one.values))
    return Clause(
        f"SELECT row, collection, id{shown} FROM {kind} WHERE {where} ORDER BY {order}row LIMIT ?",  # noqa: S608
        (*values, search.limit + 1),
    )


def make_token(row: Sequence[Any]) -> str:
    """Return where the page after this row begins; a row is what `query` selects."""
    return base64.urlsafe_b64encode(json.dumps(list(row[1:])).encode()).decode().rstrip("=")


def read_token(token: str, sorts: int) -> list[Any]:
    """Return collection, id and values to sort by.

    Raises
    ------
    InvalidInput
        The token was not made by `make_token` for such a search.
    """
    try:
        if len(token) > _LONGEST_TOKEN:
            raise ValueError("too long")
        found = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        fits = isinstance(found, list) and len(found) == 2 + sorts
        if not fits or not all(_is_plain(one) for one in found) or not all(isinstance(one, str) for one in found[:2]):
            raise ValueError("not ours")
    except (ValueError, RecursionError) as error:
        raise InvalidInput("token: it belongs to no search like this one; begin again without it") from error
    values: list[Any] = found
    return values


def touching(kind: Kind, shape: Document | Box, interval: Interval | None = None) -> Clause:
    """Return the condition that a row touches a box or geometry."""
    box = shape if isinstance(shape, tuple) else bounds(shape)
    wanted = json.dumps(rectangle(shape) if isinstance(shape, tuple) else shape)
    found = [_in_boxes(kind, half, interval) for half in split(box)]
    inside = " UNION ".join(one.text for one in found)
    exact = "plain OR touches(shape, ?)" if isinstance(shape, tuple) else "touches(shape, ?)"
    return Clause(f"row IN ({inside}) AND ({exact})", (*(value for one in found for value in one.values), wanted))


def _conditions(kind: Kind, search: Search) -> list[Clause]:
    found = []
    for column, names in (("id", search.ids), ("collection", search.collections)):
        if names is not None:
            found.append(Clause(f"{column} IN (SELECT value FROM json_each(?))", (json.dumps(names),)))  # noqa: S608
    shapes = [shape for shape in (search.box, search.shape) if shape is not None]
    found += [touching(kind, shape, search.interval) for shape in shapes]
    if search.interval is not None:
        found.append(during(search.interval))
    if search.text:
        found.append(_saying(kind, search.text))
    if search.filter is not None:
        text, values = compiled(search.filter, lambda shape: _pair(touching(kind, shape)))
        found.append(Clause(text, values))
    return found


def during(interval: Interval) -> Clause:
    """Return the condition that a row's period and the interval share an instant."""
    start, end = interval
    pieces, values = [], []
    if end is not None:
        pieces.append("(start IS NULL OR start <= ?)")
        values.append(end)
    if start is not None:
        pieces.append('("end" IS NULL OR "end" >= ?)')
        values.append(start)
    return Clause(" AND ".join(pieces) or "TRUE", tuple(values))


def _pair(clause: Clause) -> tuple[str, tuple[Any, ...]]:
    return clause.text, clause.values


def _in_boxes(kind: Kind, box: Box, interval: Interval | None) -> Clause:
    west, south, east, north = box
    text = f"SELECT row FROM {kind}_boxes WHERE east >= ? AND west <= ? AND north >= ? AND south <= ?"  # noqa: S608
    values: tuple[float, ...] = (west, east, south, north)
    start, end = interval or (None, None)
    if start is not None:
        text, values = f'{text} AND "end" >= ?', (*values, start / DAY)
    if end is not None:
        text, values = f"{text} AND start <= ?", (*values, end / DAY)
    return Clause(text, values)


def _saying(kind: Kind, terms: tuple[str, ...]) -> Clause:
    phrases = [" ".join(words(term)) for term in terms]
    match = " OR ".join(f'"{phrase}" *' for phrase in phrases if phrase)
    if not match:
        return Clause("TRUE")
    own = f"row IN (SELECT rowid FROM {kind}_words WHERE {kind}_words MATCH ?)"  # noqa: S608
    if kind == "collections":
        return Clause(own, (match,))
    theirs = (
        "SELECT id FROM collections WHERE row IN (SELECT rowid FROM collections_words WHERE collections_words MATCH ?)"
    )
    return Clause(f"{own} OR collection IN ({theirs})", (match, match))


def _after(search: Search, keys: list[Any], kind: Kind) -> list[Clause]:
    """Return the condition that a row comes after the one of the token."""
    if search.token is None:
        return []
    collection, name, *values = read_token(search.token, len(keys))
    last = f"(SELECT coalesce(max(row), 0) FROM {kind} WHERE (collection, id) <= (?, ?))"  # noqa: S608
    text, taken = f"row > {last}", (collection, name)
    for key, sort, value in reversed(list(zip(keys, search.sort, values, strict=True))):
        beyond = _beyond(key, sort, value)
        text = f"({beyond.text}) OR ({key.text} IS ? AND ({text}))"
        taken = (*beyond.values, *key.values, value, *taken)
    return [Clause(text, taken)]


def _beyond(key: Clause, sort: SortKey, value: Any) -> Clause:
    """Return the condition that a value comes after another; NULL is the smallest."""
    if value is None:
        return Clause("FALSE") if sort.descending else Clause(f"{key.text} IS NOT NULL", key.values)
    if sort.descending:
        return Clause(f"{key.text} < ? OR {key.text} IS NULL", (*key.values, value, *key.values))
    return Clause(f"{key.text} > ?", (*key.values, value))


def _is_plain(value: Any) -> bool:
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    return value is None or isinstance(value, str | float)
