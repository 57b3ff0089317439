"""Searches as SQL: only text with question marks, and the values for them."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gaia_vre.catalog.engine.filters import compiled, named
from gaia_vre.catalog.engine.places import bounds, rectangle, split
from gaia_vre.catalog.engine.saying import ranking, said
from gaia_vre.catalog.engine.times import DAY
from gaia_vre.catalog.facets import FACETS
from gaia_vre.core.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gaia_vre.catalog.engine.model import Box, Document, Interval, Kind, Search

_LONGEST_TOKEN = 4000
_SCORED = """SELECT rowid AS number, round(bm25(collections_words, 8, 4, 4, 1), 3) AS score
    FROM collections_words WHERE collections_words MATCH ?"""
"""How much a word of the title, keywords, variables and description counts."""
COUNTED = 10_000
"""More are not counted for a page."""
_MONTH = "strftime('%Y-%m', (start - 999999 * (start < 0)) / 1000000, 'unixepoch')"
_MATCHED = "row IN (SELECT rowid FROM {kind}_words WHERE {kind}_words MATCH ?)"


@dataclass(frozen=True)
class Clause:
    """A piece of SQL and its values."""

    text: str
    values: tuple[Any, ...] = ()


def query(kind: Kind, search: Search) -> Clause:
    """Return the query for the rows of one page and one more: row, collection, id, then what it sorts by."""
    source, order = _source(kind, search), _order(kind, search)
    where = _where([*_conditions(kind, search), *_after(search, order, kind)])
    shown = "".join(f", {key.text}" for key, _ in order)
    ways = "".join(f"{place}{' DESC' if down else ''}, " for place, (_, down) in enumerate(order, start=4))
    text = f"SELECT row, collection, id{shown} {source.text} WHERE {where.text} ORDER BY {ways}row LIMIT ?"
    values = (*(value for key, _ in order for value in key.values), *source.values, *where.values)
    return Clause(text, (*values, search.limit + 1))


def counting(kind: Kind, search: Search) -> Clause:
    """Return the query for how many rows there are in all; of items, one more than `COUNTED` at most."""
    bound = f" LIMIT {COUNTED + 1}" if kind == "items" else ""
    where = _where(_conditions(kind, search))
    some = f"SELECT 1 FROM {kind} WHERE {where.text}{bound}"  # noqa: S608
    return Clause(f"SELECT count(*) FROM ({some})", where.values)  # noqa: S608


def grouping(search: Search, *, by_collection: bool, by_month: bool) -> Clause:
    """Return the query for `Group`s of the items found."""
    where = _where(_conditions("items", search))
    collection, month = "collection" if by_collection else "NULL", _MONTH if by_month else "NULL"
    text = f'SELECT {collection}, {month}, count(*), min(start), max("end") FROM items WHERE {where.text} GROUP BY 1, 2'  # noqa: S608
    return Clause(text, where.values)


def facet_counts(search: Search, facets: Sequence[str]) -> Clause:
    """Return the query for facet, value and number of collections."""
    where = _where(_conditions("collections", search))
    text = (
        "SELECT facet, value, count(*) FROM facets WHERE facet IN (SELECT value FROM json_each(?))"  # noqa: S608
        f" AND row IN (SELECT row FROM collections WHERE {where.text}) GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2"
    )
    return Clause(text, (json.dumps(facets), *where.values))


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


def _where(conditions: list[Clause]) -> Clause:
    text = " AND ".join(f"({one.text})" for one in conditions) or "TRUE"
    return Clause(text, tuple(value for one in conditions for value in one.values))


def _source(kind: Kind, search: Search) -> Clause:
    if not _is_ranked(kind, search):
        return Clause(f"FROM {kind}")
    return Clause(f"FROM ({_SCORED}) CROSS JOIN collections ON row = number", (ranking(search),))


def _order(kind: Kind, search: Search) -> list[tuple[Clause, bool]]:
    """Return what the rows are sorted by before their own order, and which of it goes down."""
    if not _is_ranked(kind, search):
        return [(Clause(*named(key.property)), key.descending) for key in search.sort]
    here = "EXISTS (SELECT 1 FROM facets WHERE facets.row = collections.row AND facet = 'access' AND value = 'here')"
    return [(Clause("score"), False), (Clause(here), True)]


def _is_ranked(kind: Kind, search: Search) -> bool:
    return kind == "collections" and not search.sort and bool(ranking(search))


def _conditions(kind: Kind, search: Search) -> list[Clause]:
    found = []
    for column, names in (("id", search.ids), ("collection", search.collections)):
        if names is not None:
            found.append(Clause(f"{column} IN (SELECT value FROM json_each(?))", (json.dumps(names),)))  # noqa: S608
    shapes = [shape for shape in (search.box, search.shape) if shape is not None]
    found += [touching(kind, shape, search.interval) for shape in shapes]
    if search.interval is not None:
        found.append(during(search.interval))
        # A collection must have an interval: open at both ends, its time is unknown.
        found += [Clause('start IS NOT NULL OR "end" IS NOT NULL')] if kind == "collections" else []
    found += _saying(kind, search)
    if kind == "collections":
        found += [_having(facet, values) for facet, values in search.chosen]
    if search.filter is not None:
        text, values = compiled(search.filter, lambda shape: _pair(touching(kind, shape)))
        found.append(Clause(text, values))
    return found


def _having(facet: str, values: tuple[str, ...]) -> Clause:
    if facet not in FACETS:
        raise InvalidInput(f"There is no facet {facet[:40]!r}; there are {', '.join(FACETS)}")
    text = "row IN (SELECT row FROM facets WHERE facet = ? AND value IN (SELECT value FROM json_each(?)))"
    return Clause(text, (facet, json.dumps(values)))


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


def _saying(kind: Kind, search: Search) -> list[Clause]:
    text, groups = said(search)
    found = [_matching(kind, one) for one in groups]
    if search.least is not None and found:
        enough = " + ".join(f"({one.text})" for one in found) + " >= ?"
        values = (value for one in found for value in one.values)
        found = [Clause(enough, (*values, min(search.least, len(found))))]
    return [*([_matching(kind, text)] if text else []), *found]


def _matching(kind: Kind, match: str) -> Clause:
    own = _MATCHED.format(kind=kind)
    if kind == "collections":
        return Clause(own, (match,))
    theirs = f"collection IN (SELECT id FROM collections WHERE {_MATCHED.format(kind='collections')})"  # noqa: S608
    return Clause(f"{own} OR {theirs}", (match, match))


def _after(search: Search, order: list[tuple[Clause, bool]], kind: Kind) -> list[Clause]:
    """Return the condition that a row comes after the one of the token."""
    if search.token is None:
        return []
    collection, name, *values = read_token(search.token, len(order))
    last = f"(SELECT coalesce(max(row), 0) FROM {kind} WHERE (collection, id) <= (?, ?))"  # noqa: S608
    text, taken = f"row > {last}", (collection, name)
    for (key, descending), value in reversed(list(zip(order, values, strict=True))):
        beyond = _beyond(key, value, descending=descending)
        text = f"({beyond.text}) OR ({key.text} IS ? AND ({text}))"
        taken = (*beyond.values, *key.values, value, *taken)
    return [Clause(text, taken)]


def _beyond(key: Clause, value: Any, *, descending: bool) -> Clause:
    """Return the condition that a value comes after another; NULL is the smallest."""
    if value is None:
        return Clause("FALSE") if descending else Clause(f"{key.text} IS NOT NULL", key.values)
    if descending:
        return Clause(f"{key.text} < ? OR {key.text} IS NULL", (*key.values, value, *key.values))
    return Clause(f"{key.text} > ?", (*key.values, value))


def _is_plain(value: Any) -> bool:
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    return value is None or isinstance(value, str | float)
