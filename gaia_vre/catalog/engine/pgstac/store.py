"""Search a catalog in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
from psycopg_pool import ConnectionPool

from gaia_vre.catalog.engine.aggregating import Aggregation, Group, Step, aggregated, counted_facets, keys
from gaia_vre.catalog.engine.model import PAGE_LIMIT, Document, Page, Search, TooSlow
from gaia_vre.catalog.engine.pgstac.sql import counting, facet_counts, grouping, key_values, query
from gaia_vre.catalog.engine.pgstac.tables import DOCUMENTS, NOWHERE
from gaia_vre.catalog.engine.sql import COUNTED, Clause, make_token
from gaia_vre.catalog.rules import unknown_dataset
from gaia_vre.core.errors import InvalidInput, NotFound, Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gaia_vre.catalog.engine.model import Kind

_SECONDS = 5
_CONNECTIONS = 4
_OPTIONS = "-c statement_timeout={:.0f} -c search_path=public,pgstac -c default_transaction_read_only=on"
_TYPES = ("number", "string", "boolean")
_ONLY = """SELECT c, min(i.id) FROM unnest(?::text[]) AS c,
    LATERAL (SELECT id FROM gaia_catalog.items WHERE collection = c LIMIT 2) AS i GROUP BY c HAVING count(*) = 1"""
_PROPERTIES = """SELECT DISTINCT key, jsonb_typeof(value) FROM
    (SELECT content->'properties' AS found FROM pgstac.items WHERE ?::text IS NULL OR collection = ? LIMIT 500) AS i,
    jsonb_each(found) ORDER BY 1"""


class PgstacEngine:
    """Search the tables that `gaia_vre.catalog.engine.pgstac.load` fills; connections are kept and shared.

    Parameters
    ----------
    seconds
        How long a search may take.
    counting_seconds
        How long the items of a page may be counted; without an end by then their number stays unsaid.
    """

    def __init__(self, url: str, *, seconds: float = 5.0, counting_seconds: float = 0.01) -> None:
        self._seconds, self._counting_seconds = seconds, counting_seconds
        self._pool = ConnectionPool(
            url,
            min_size=0,
            max_size=_CONNECTIONS,
            timeout=_SECONDS,
            open=False,
            kwargs={"autocommit": True, "options": _OPTIONS.format(seconds * 1000), "connect_timeout": _SECONDS},
        )

    def search(self, kind: Kind, search: Search) -> Page:
        """Return one page; see `Engine`."""
        if not 1 <= search.limit <= PAGE_LIMIT:
            raise InvalidInput(f"limit: {search.limit} is not from 1 to {PAGE_LIMIT}")
        rows = self._run(query(kind, search))
        page, more = rows[: search.limit], len(rows) > search.limit
        return Page(
            self._documents(kind, [(row[0], row[1]) for row in page]),
            next=make_token([None, *page[-1][:2], *key_values(page[-1])]) if more else None,
            matched=self._matched(kind, search) if more or search.token else len(page),
        )

    def facets(self, search: Search) -> dict[str, dict[str, int]]:
        """Return the values of the collections found, with their numbers; see `Engine`."""
        return counted_facets(search, lambda one, names: self._run(facet_counts(one, names)))

    def aggregate(self, search: Search, names: tuple[str, ...], step: Step = "month") -> tuple[Aggregation, ...]:
        """Return what is asked of all items found; see `Engine`."""
        by_collection, by_month = keys(names)
        rows = self._run(grouping(search, by_collection=by_collection, by_month=by_month))
        return aggregated(names, step, (Group(*row) for row in rows), lambda ids: self.facets(Search(ids=ids)))

    def collection(self, name: str) -> Document:
        """Return a collection; see `Engine`."""
        found = self._documents("collections", [(name, name)])
        if not found:
            raise unknown_dataset(
                name[:100], [row[0] for row in self._run(Clause("SELECT id FROM pgstac.collections"))]
            )
        return found[0]

    def item(self, collection: str, name: str) -> Document:
        """Return an item; see `Engine`."""
        found = self._documents("items", [(collection, name)])
        if not found:
            raise NotFound(f"{collection[:100]}: there is no item {name[:100]!r}")
        return found[0]

    def only_items(self, collections: Sequence[str]) -> dict[str, Document]:
        """Return the item of each of these collections that has exactly one; see `Engine`."""
        rows = self._run(Clause(_ONLY, (list(collections),)))
        found = self._documents("items", [(row[0], row[1]) for row in rows])
        return {str(one["collection"]): one for one in found}

    def mark(self) -> str:
        """Return a text that changes with the catalog; see `Engine`."""
        return str(self._run(Clause("SELECT max(run) FROM gaia_catalog.collections"))[0][0])

    def properties(self, collection: str | None = None) -> dict[str, str]:
        """Return the properties that items have; see `Engine`. Looks at some hundred of them."""
        rows = self._run(Clause(_PROPERTIES, (collection, collection)))
        return {str(key): str(kind) for key, kind in rows if kind in _TYPES}

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()

    def _matched(self, kind: Kind, search: Search) -> int | None:
        if kind == "collections":
            return int(self._run(counting(kind, search))[0][0])
        try:
            found = int(self._run(counting(kind, search), self._counting_seconds)[0][0])
        except TooSlow:
            return None
        return found if found <= COUNTED else None

    def _documents(self, kind: Kind, keys: list[tuple[str, str]]) -> tuple[Document, ...]:
        keys = [key for key in keys if "\0" not in "".join(key)]  # PostgreSQL keeps no such text
        column = "collection" if kind == "items" else "id"
        text = f"{DOCUMENTS[kind]} WHERE {column} = ANY(?) AND id = ANY(?)"
        rows = self._run(Clause(text, ([one for one, _ in keys], [one for _, one in keys])))
        found = {(row[0], row[1]): _given(row[2]) for row in rows}
        return tuple(found[key] for key in keys if key in found)

    def _run(self, clause: Clause, seconds: float | None = None) -> list[tuple[Any, ...]]:
        text = clause.text.replace("%", "%%").replace("?", "%s")
        try:
            self._pool.open()
            try:
                return self._fetched(text, clause.values, seconds)
            except (psycopg.errors.QueryCanceled, psycopg.errors.UndefinedTable):
                raise
            except psycopg.OperationalError:
                # The server was started anew, or ended a connection that had waited.
                self._pool.check()
                return self._fetched(text, clause.values, seconds)
        except psycopg.errors.QueryCanceled as error:
            raise TooSlow(seconds or self._seconds) from error
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName) as error:
            raise Unavailable("There is no searchable catalog yet; `gaia-vre catalog load` makes it") from error
        except (psycopg.DataError, UnicodeEncodeError) as error:
            raise InvalidInput("A text or number of the search cannot be compared") from error
        except psycopg.Error as error:
            raise Unavailable(f"The catalog cannot be searched now ({error})") from error

    def _fetched(self, text: str, values: tuple[Any, ...], seconds: float | None) -> list[tuple[Any, ...]]:
        with self._pool.connection() as connection:
            if seconds is None:
                return connection.execute(text.encode(), values).fetchall()
            with connection.transaction():
                connection.execute(f"SET LOCAL statement_timeout = {seconds * 1000:.0f}")
                return connection.execute(text.encode(), values).fetchall()


def _given(document: Document) -> Document:
    """Return a document as it was given: pgstac needs a geometry, and drops a datetime that is null."""
    if document.get("geometry") == NOWHERE:
        document = {**document, "geometry": None}
    if "properties" in document:
        document = {**document, "properties": {"datetime": None} | document["properties"]}
    return document
