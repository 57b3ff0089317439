"""Bring pgstac, and the tables beside it, to a set of STAC documents."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg

from gaia_vre.catalog.engine.load import boxes_of, period_of
from gaia_vre.catalog.engine.pgstac.tables import NOWHERE, SCHEMA
from gaia_vre.catalog.engine.places import rectangle
from gaia_vre.catalog.engine.texts import texts
from gaia_vre.catalog.facets import facet_values
from gaia_vre.core.errors import InvalidInput, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from psycopg import Connection
    from pypgstac.load import Loader

    from gaia_vre.catalog.engine.model import Box, Document

_AT_ONCE = 1000
_LARGEST_PLACE = 16_000
_COLLECTION = """INSERT INTO gaia_catalog.collections VALUES
    (%s, to_timestamp(%s::numeric / 1000000), to_timestamp(%s::numeric / 1000000),
    ST_SetSRID(ST_GeomFromGeoJSON(%s), 4326), %s::tsvector, %s, %s)
    ON CONFLICT (id) DO UPDATE SET start = excluded.start, "end" = excluded."end", shape = excluded.shape,
    words = excluded.words, here = excluded.here, run = excluded.run"""
_ITEM = """INSERT INTO gaia_catalog.items VALUES (%s, %s, %s::tsvector, %s)
    ON CONFLICT (collection, id) DO UPDATE SET words = excluded.words, run = excluded.run"""
_GONE = """
DELETE FROM gaia_catalog.items WHERE run < %(run)s;
DELETE FROM gaia_catalog.collections WHERE run < %(run)s;
DELETE FROM pgstac.items AS i WHERE NOT EXISTS
    (SELECT 1 FROM gaia_catalog.items AS w WHERE w.collection = i.collection AND w.id = i.id);
SELECT pgstac.delete_collection(id) FROM pgstac.collections AS p WHERE NOT EXISTS
    (SELECT 1 FROM gaia_catalog.collections AS c WHERE c.id = p.id);
"""


def load(url: str, collections: Iterable[Document], items: Iterable[Document]) -> None:
    """Write the documents into the database, and take out those that are not among them.

    The schemas are made, or brought up to date, first: the database's user needs the right to.
    Readers may meanwhile see new collections beside old items: a collection's items change in
    transactions of their own, and what is gone goes in one at the end. A load that was cut off is
    made good by the next one.

    Raises
    ------
    InvalidInput
        A document cannot be stored.
    Unavailable
        The database does not answer, or lacks PostGIS.
    """
    from pypgstac.db import PgstacDB
    from pypgstac.load import Loader, Methods
    from pypgstac.migrate import Migrate

    with _told(), psycopg.connect(url, autocommit=True) as connection, PgstacDB(dsn=url) as database:
        Migrate(database).run_migration()
        connection.execute("SET search_path = public, pgstac")
        with connection.transaction():
            connection.execute(SCHEMA)
        (run,) = connection.execute("SELECT nextval('gaia_catalog.runs')").fetchone() or (0,)
        loader: Loader = Loader(db=database)
        loader.load_collections(_noted(connection, collections, int(run)), insert_mode=Methods.upsert)
        loader.load_items(_written(connection, items, int(run)), insert_mode=Methods.upsert)
        with connection.transaction():
            for statement in _GONE.split(";\n")[:-1]:
                connection.execute(statement, {"run": run})
        connection.execute("ANALYZE gaia_catalog.items")


def words_of(document: Document) -> str:
    """Return the words of a document as a tsvector: title weighs A, keywords and variables B, the rest D."""
    places: dict[str, list[str]] = {}
    place = 0
    for weight, text in zip("ABBD", texts(document), strict=True):
        for word in text.split():
            place += 1
            if place < _LARGEST_PLACE:
                places.setdefault(word, []).append(f"{place}{weight}")
        place += 1  # no phrase reaches from one part into the next
    return " ".join(f"'{word}':{','.join(found[:255])}" for word, found in places.items() if len(word) < 2000)


def _noted(connection: Connection[Any], collections: Iterable[Document], run: int) -> Iterator[Document]:
    for one in collections:
        facets = facet_values(one)
        name, boxes = str(one["id"]), boxes_of(one, "collections")
        here = "here" in facets.get("access", ())
        row = (name, *period_of(one, "collections"), _shape(boxes), words_of(one), here, run)
        with connection.transaction():
            connection.execute(_COLLECTION, row)
            connection.execute("DELETE FROM gaia_catalog.facets WHERE collection = %s", (name,))
            rows = [(name, facet, value) for facet, values in facets.items() for value in dict.fromkeys(values)]
            connection.cursor().executemany("INSERT INTO gaia_catalog.facets VALUES (%s, %s, %s)", rows)
        yield one


def _written(connection: Connection[Any], items: Iterable[Document], run: int) -> Iterator[Document]:
    for some in _batches(items):
        rows = [(one["collection"], one["id"], words_of(one), run) for one in some]
        with connection.transaction():
            connection.cursor().executemany(_ITEM, rows)
        yield from ({**one, "geometry": one.get("geometry") or NOWHERE} for one in some)


def _batches(items: Iterable[Document]) -> Iterator[list[Document]]:
    some: list[Document] = []
    for one in items:
        some.append(one)
        if len(some) == _AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def _shape(boxes: tuple[Box, ...]) -> str | None:
    parts = [part for one in boxes for part in rectangle(one)["coordinates"]]
    return json.dumps({"type": "MultiPolygon", "coordinates": parts}) if parts else None


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        raise Unavailable(f"The database's user may not make or change pgstac there ({error})") from error
    except (psycopg.DataError, psycopg.errors.UntranslatableCharacter) as error:
        raise InvalidInput(f"A document cannot be stored: {error}") from error
    except psycopg.Error as error:
        raise Unavailable(f"The catalog cannot be loaded into PostgreSQL ({error})") from error
