"""Searches as SQL for PostgreSQL: only text with question marks, and the values for them."""

from __future__ import annotations

import functools
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from gaia_vre.catalog.engine.pgstac.filters import Value, compiled, literal, valued
from gaia_vre.catalog.engine.pgstac.tables import SOURCES
from gaia_vre.catalog.engine.places import split
from gaia_vre.catalog.engine.saying import said
from gaia_vre.catalog.engine.sql import COUNTED, Clause, read_token
from gaia_vre.catalog.facets import FACETS
from gaia_vre.catalog.rules import words
from gaia_vre.core.errors import InvalidInput

if TYPE_CHECKING:
    from gaia_vre.catalog.engine.filters import Piece
    from gaia_vre.catalog.engine.model import Box, Document, Kind, Search

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONTH = "to_char(start AT TIME ZONE 'UTC', 'YYYY-MM')"
_WEIGHTS = "'{0.125, 0.5, 0.5, 1}'"
"""How much a word of the description, variables, keywords and title counts."""


def query(kind: Kind, search: Search) -> Clause:
    """Return the query for the rows of one page and one more: collection, id, then three columns for each key."""
    order = _order(kind, search)
    where = _where([*_conditions(kind, search), *_after(search, order)])
    columns = [column for key, _ in order for column in _columns(key)]
    shown = "".join(f", {one.text}" for one in columns)
    ways = "".join(f"{place + 3}{' DESC' if order[place // 3][1] else ''}, " for place in range(len(columns)))
    wanted = f"{SOURCES[kind]} AS s WHERE {where.text} ORDER BY {ways}1, 2 LIMIT ?"
    text = f"SELECT collection, id{shown} FROM {wanted}"  # noqa: S608
    values = (value for one in columns for value in one.values)
    return Clause(text, (*values, *where.values, search.limit + 1))


def counting(kind: Kind, search: Search) -> Clause:
    """Return the query for how many rows there are in all; of items, one more than `COUNTED` at most."""
    bound = f" LIMIT {COUNTED + 1}" if kind == "items" else ""
    where = _where(_conditions(kind, search))
    some = f"SELECT 1 FROM {SOURCES[kind]} AS s WHERE {where.text}{bound}"  # noqa: S608
    return Clause(f"SELECT count(*) FROM ({some}) AS n", where.values)  # noqa: S608


def grouping(search: Search, *, by_collection: bool, by_month: bool) -> Clause:
    """Return the query for `Group`s of the items found."""
    where = _where(_conditions("items", search))
    collection, month = "collection" if by_collection else "NULL::text", _MONTH if by_month else "NULL::text"
    ends = 'gaia_catalog.micros(min(start))::bigint, gaia_catalog.micros(max("end"))::bigint'
    source = f"{SOURCES['items']} AS s WHERE {where.text} GROUP BY 1, 2"
    return Clause(f"SELECT {collection}, {month}, count(*), {ends} FROM {source}", where.values)  # noqa: S608


def facet_counts(search: Search, facets: list[str]) -> Clause:
    """Return the query for facet, value and number of collections."""
    where = _where(_conditions("collections", search))
    text = (
        "SELECT facet, value, count(*) FROM gaia_catalog.facets WHERE facet = ANY(?) AND collection IN"  # noqa: S608
        f" (SELECT id FROM {SOURCES['collections']} AS s WHERE {where.text})"
        ' GROUP BY 1, 2 ORDER BY 1, 3 DESC, value COLLATE "C"'
    )
    return Clause(text, (facets, *where.values))


def key_values(row: tuple[Any, ...]) -> list[str | None]:
    """Return what a token keeps of a row of `query`: each key as a number, a text or nothing."""
    keys = zip(row[2::3], row[3::3], row[4::3], strict=True)
    return [None if not rank else f"n{number}" if rank == 1 else f"t{text}" for rank, number, text in keys]


def _columns(key: Value) -> list[Clause]:
    """Return rank, number and text: nothing comes first, then numbers, then texts."""
    number, text = key.number, key.text
    rank = f"CASE WHEN ({number.text}) IS NOT NULL THEN 1 WHEN ({text.text}) IS NOT NULL THEN 2 ELSE 0 END"
    return [
        Clause(rank, key.values),
        Clause(f"coalesce(({number.text})::numeric, 0)", number.values),
        Clause(f"coalesce(({text.text})::text, '') COLLATE \"C\"", text.values),
    ]


def _after(search: Search, order: list[tuple[Value, bool]]) -> list[Clause]:
    """Return the condition that a row comes after the one of the token."""
    if search.token is None:
        return []
    collection, name, *kept = read_token(search.token, len(order))
    found = Clause("(collection, id) > (?, ?)", (collection, name))
    for (key, down), value in reversed(list(zip(order, kept, strict=True))):
        mine, theirs = _joined(_columns(key)), _joined(_columns(_unkept(value)))
        text = f"({mine.text}) {'<' if down else '>'} ({theirs.text})"
        text += f" OR (({mine.text}) = ({theirs.text}) AND ({found.text}))"
        found = Clause(text, (*mine.values, *theirs.values, *mine.values, *theirs.values, *found.values))
    return [found]


def _unkept(value: Any) -> Value:
    if value is None:
        return literal(None)
    if not isinstance(value, str) or value[:1] not in ("n", "t"):
        raise InvalidInput("token: it belongs to no search like this one; begin again without it")
    found = literal(value[1:])
    return Value(found.text._replace(text="?::numeric"), found.number) if value[0] == "n" else found


def _joined(columns: list[Clause]) -> Clause:
    return Clause(", ".join(one.text for one in columns), tuple(value for one in columns for value in one.values))


def _order(kind: Kind, search: Search) -> list[tuple[Value, bool]]:
    """Return what the rows are sorted by before their own order, and which of it goes down."""
    wanted = [*([search.text] if search.text else []), *search.groups]
    asked = " | ".join(f"({one})" for group in wanted if (one := _any(group)))
    if kind == "items" or search.sort or not asked:
        return [(valued(key.property), key.descending) for key in search.sort]
    nothing = literal(None).text._replace(text="NULL::text", values=())
    score = nothing._replace(text=f"round(ts_rank({_WEIGHTS}, words, ?::tsquery)::numeric, 5)", values=(asked,))
    return [(Value(score, nothing), True), (Value(nothing._replace(text="here::int"), nothing), True)]


def _conditions(kind: Kind, search: Search) -> list[Clause]:
    found = []
    for column, names in (("id", search.ids), ("collection", search.collections)):
        if names is not None:
            found.append(Clause(f"{column} = ANY(?)", (list(names),)))
    found += [_touching(shape) for shape in (search.box, search.shape) if shape is not None]
    if search.interval is not None:
        found.append(_during(*search.interval))
        found += [Clause('start IS NOT NULL OR "end" IS NOT NULL')] if kind == "collections" else []
    found += _saying(kind, search)
    if kind == "collections":
        found += [_having(facet, values) for facet, values in search.chosen]
    if search.filter is not None:
        found.append(_clause(compiled(search.filter, lambda shape: (_touching(shape).text, _touching(shape).values))))
    return found


def _touching(shape: Document | Box) -> Clause:
    if not isinstance(shape, tuple):
        return Clause("ST_Intersects(shape, ST_SetSRID(ST_GeomFromGeoJSON(?), 4326))", (json.dumps(shape),))
    halves = [(half, _corner_shape(half)) for half in split(shape)]
    return Clause(" OR ".join(f"ST_Intersects(shape, {text})" for _, text in halves), sum((h for h, _ in halves), ()))


def _corner_shape(box: Box) -> str:
    west, south, east, north = box
    flat = west == east or south == north
    # The envelope of a line or point is no valid polygon.
    corners = "ST_MakeLine(ST_MakePoint(?, ?), ST_MakePoint(?, ?))" if flat else "ST_MakeEnvelope(?, ?, ?, ?)"
    return f"ST_SetSRID({corners}, 4326)"


def _during(start: int | None, end: int | None) -> Clause:
    pieces, values = [], []
    for text, instant in (("(start IS NULL OR start <= ?)", end), ('("end" IS NULL OR "end" >= ?)', start)):
        if instant is not None:
            pieces.append(text)
            values.append(_EPOCH + timedelta(microseconds=instant))
    return Clause(" AND ".join(pieces) or "TRUE", tuple(values))


def _having(facet: str, values: tuple[str, ...]) -> Clause:
    if facet not in FACETS:
        raise InvalidInput(f"There is no facet {facet[:40]!r}; there are {', '.join(FACETS)}")
    text = "id IN (SELECT collection FROM gaia_catalog.facets WHERE facet = ? AND value = ANY(?))"
    return Clause(text, (facet, list(values)))


def _saying(kind: Kind, search: Search) -> list[Clause]:
    said(search)  # refuses too many phrases
    groups = [_matching(kind, one) for group in search.groups if (one := _any(group))]
    if search.least is not None and groups:
        enough = " + ".join(f"({one.text})::int" for one in groups) + " >= ?"
        least = min(search.least, len(groups))
        groups = [Clause(enough, (*(value for one in groups for value in one.values), least))]
    text = _any(search.text)
    return [*([_matching(kind, text)] if text else []), *groups]


def _matching(kind: Kind, match: str) -> Clause:
    if kind == "collections":
        return Clause("words @@ ?::tsquery", (match,))
    own = "(collection, id) IN (SELECT collection, id FROM gaia_catalog.items WHERE words @@ ?::tsquery)"
    theirs = "collection IN (SELECT id FROM gaia_catalog.collections WHERE words @@ ?::tsquery)"
    return Clause(f"{own} OR {theirs}", (match, match))


@functools.lru_cache(512)
def _any(group: tuple[str, ...]) -> str:
    return " | ".join(dict.fromkeys(found for phrase in group if (found := _phrase(phrase))))


def _phrase(phrase: str) -> str:
    plain = " <-> ".join(f"'{one}'" for one in words(phrase))
    return f"({plain}{':*' if phrase.rstrip().endswith('*') else ''})" if plain else ""


def _where(conditions: list[Clause]) -> Clause:
    text = " AND ".join(f"({one.text})" for one in conditions) or "TRUE"
    return Clause(text, tuple(value for one in conditions for value in one.values))


def _clause(piece: Piece) -> Clause:
    return Clause(*piece)
