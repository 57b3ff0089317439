"""The embedded engine: one SQLite file beside the STAC folder, only ever read here."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from typing import TYPE_CHECKING, Any

from gaia_vre.catalog.engine.aggregating import Aggregation, Group, Step, aggregated, counted_facets, keys
from gaia_vre.catalog.engine.load import FORMAT
from gaia_vre.catalog.engine.model import PAGE_LIMIT, Document, Page, Search, TooSlow
from gaia_vre.catalog.engine.places import touches
from gaia_vre.catalog.engine.sql import COUNTED, Clause, counting, facet_counts, grouping, make_token, query
from gaia_vre.catalog.rules import unknown_dataset
from gaia_vre.core.errors import InvalidInput, NotFound, Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gaia_vre.catalog.engine.model import Kind

_STEPS = 5_000
_LARGEST_CACHE = 8_000
_SAMPLE = 500
_ONLY = """SELECT first, second FROM (SELECT
    (SELECT row FROM items WHERE collection = c.value LIMIT 1) AS first,
    (SELECT row FROM items WHERE collection = c.value LIMIT 1 OFFSET 1) AS second
    FROM json_each(?) AS c) WHERE first IS NOT NULL AND second IS NULL"""
_TYPES = {"integer": "integer", "real": "number", "text": "string", "true": "boolean", "false": "boolean"}


class SqliteEngine:
    """Search `catalog.sqlite`; a file that was replaced is opened anew, one connection per thread.

    Parameters
    ----------
    seconds
        How long a search may take.
    counting_seconds
        How long the items of a page may be counted; without an end by then their number stays unsaid.
    """

    def __init__(self, file: Path, *, seconds: float = 5.0, counting_seconds: float = 0.01) -> None:
        self.file = file
        self._seconds, self._counting_seconds = seconds, counting_seconds
        self._local = threading.local()

    def search(self, kind: Kind, search: Search) -> Page:
        """Return one page; see `Engine`."""
        if not 1 <= search.limit <= PAGE_LIMIT:
            raise InvalidInput(f"limit: {search.limit} is not from 1 to {PAGE_LIMIT}")
        rows = self._run(query(kind, search))
        page, more = rows[: search.limit], len(rows) > search.limit
        return Page(
            self._documents(kind, [row[0] for row in page]),
            next=make_token(page[-1]) if more else None,
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
        found = self._one("collections", name, name)
        if found is None:
            raise unknown_dataset(name[:100], [row[0] for row in self._run(Clause("SELECT id FROM collections"))])
        return found

    def item(self, collection: str, name: str) -> Document:
        """Return an item; see `Engine`."""
        found = self._one("items", collection, name)
        if found is None:
            raise NotFound(f"{collection[:100]}: there is no item {name[:100]!r}")
        return found

    def only_items(self, collections: Sequence[str]) -> dict[str, Document]:
        """Return the item of each of these collections that has exactly one; see `Engine`."""
        rows = self._run(Clause(_ONLY, (json.dumps(collections),)))
        return {str(one["collection"]): one for one in self._documents("items", [row for row, _ in rows])}

    def mark(self) -> str:
        """Return a text that changes with the catalog; see `Engine`."""
        return "-".join(str(one) for one in self._mark())

    def properties(self, collection: str | None = None) -> dict[str, str]:
        """Return the properties that items have; see `Engine`. Looks at some hundred of them."""
        where, values = ("WHERE collection = ?", (collection,)) if collection else ("", ())
        some = f"SELECT properties FROM items {where} LIMIT {_SAMPLE}"  # noqa: S608
        text = f"SELECT DISTINCT e.key, e.type FROM ({some}) AS i, json_each(i.properties) AS e ORDER BY 1"  # noqa: S608
        rows = self._run(Clause(text, values))
        return {str(key): _TYPES[str(kind)] for key, kind in rows if kind in _TYPES}

    def _matched(self, kind: Kind, search: Search) -> int | None:
        if kind == "collections":
            return int(self._run(counting(kind, search))[0][0])
        try:
            found = int(self._run(counting(kind, search), self._counting_seconds)[0][0])
        except TooSlow:
            return None
        return found if found <= COUNTED else None

    def _one(self, kind: Kind, collection: str, name: str) -> Document | None:
        rows = self._run(Clause(f"SELECT row FROM {kind} WHERE collection = ? AND id = ?", (collection, name)))  # noqa: S608
        return self._documents(kind, [rows[0][0]])[0] if rows else None

    def _documents(self, kind: Kind, rows: Sequence[int]) -> tuple[Document, ...]:
        asked = Clause(
            f"SELECT row, document FROM {kind}_documents WHERE row IN (SELECT value FROM json_each(?))",  # noqa: S608
            (json.dumps(rows),),
        )
        found = dict(self._run(asked))
        return tuple(json.loads(found[row]) for row in rows if row in found)

    def _run(self, clause: Clause, seconds: float | None = None) -> list[Any]:
        deadline = time.monotonic() + (seconds or self._seconds)
        connection = self._connection()
        connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
        try:
            return connection.execute(clause.text, clause.values).fetchall()
        except (UnicodeEncodeError, OverflowError) as error:
            raise InvalidInput("A text or number of the search cannot be compared") from error
        except sqlite3.OperationalError as error:
            if "interrupted" in str(error):
                raise TooSlow(seconds or self._seconds) from error
            raise Unavailable(f"The catalog cannot be searched now ({error})") from error
        except sqlite3.DatabaseError as error:
            raise Unavailable(f"{self.file.name} is damaged: `gaia-vre catalog load` makes it anew") from error

    def _mark(self) -> tuple[int, int]:
        try:
            about = self.file.stat()
        except OSError:
            raise Unavailable("There is no searchable catalog yet; `gaia-vre catalog load` makes it") from None
        return about.st_ino, about.st_mtime_ns

    def _connection(self) -> sqlite3.Connection:
        mark = self._mark()
        if getattr(self._local, "mark", None) != mark:
            self.close()
            self._local.connection, self._local.mark = self._open(), mark
        connection: sqlite3.Connection = self._local.connection
        return connection

    def _open(self) -> sqlite3.Connection:
        # immutable: the file is only ever replaced whole.
        connection = sqlite3.connect(f"{self.file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            found = connection.execute("PRAGMA user_version").fetchone()[0]
            connection.execute(f"PRAGMA cache_size=-{_LARGEST_CACHE}")
            connection.execute("PRAGMA case_sensitive_like=ON")
        except sqlite3.DatabaseError as error:
            connection.close()
            raise Unavailable(f"{self.file.name} is damaged: `gaia-vre catalog load` makes it anew") from error
        if found != FORMAT:
            connection.close()
            raise Unavailable(f"{self.file.name} is of another version: `gaia-vre catalog load` makes it anew")
        connection.create_function("touches", 2, touches, deterministic=True)
        return connection

    def close(self) -> None:
        """Close this thread's connection."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = self._local.mark = None
