"""Build the searchable file from STAC documents: written aside, then renamed."""

from __future__ import annotations

import json
import sqlite3
import uuid
from contextlib import closing
from itertools import chain
from typing import TYPE_CHECKING, Any

from gaia_vre.catalog.access import rights_of
from gaia_vre.catalog.engine.places import is_rectangle, parse_box, split
from gaia_vre.catalog.engine.texts import texts
from gaia_vre.catalog.engine.times import DAY, stored
from gaia_vre.catalog.facets import facet_values
from gaia_vre.catalog.files import SCHEME, linked_parts, local_path
from gaia_vre.catalog.harvest.checking import REMOTE
from gaia_vre.core.durable import flush
from gaia_vre.core.errors import GaiaError, InvalidInput, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from gaia_vre.catalog.engine.model import Box, Document, Interval, Kind
    from gaia_vre.catalog.harvest.contract import Refusal

FILE = "catalog.sqlite"
FORMAT = 2
"""Number of the tables' layout; a file of another is made anew."""
FOREVER = 1e9
"""Days, for intervals that are open."""
_WRITER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
"""Made once, not for each of a million documents."""
_TABLES = """
CREATE TABLE {kind} (row INTEGER PRIMARY KEY, collection TEXT NOT NULL, id TEXT NOT NULL, pole TEXT,
    start INTEGER, "end" INTEGER, plain INTEGER NOT NULL, properties TEXT NOT NULL, shape TEXT,
    UNIQUE (collection, id));
CREATE TABLE {kind}_documents (row INTEGER PRIMARY KEY, document TEXT NOT NULL);
CREATE VIRTUAL TABLE {kind}_boxes USING rtree(number, west, east, south, north, start, "end", +row INTEGER);
CREATE VIRTUAL TABLE {kind}_words USING fts5(title, keywords, variables, description, content='',
    tokenize="unicode61 remove_diacritics 2");
"""
_FACETS = """
CREATE TABLE facets (row INTEGER NOT NULL, facet TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (row, facet, value)) WITHOUT ROWID
"""


def load(folder: Path, tell: Callable[[Refusal], None] = lambda _: None) -> Path:
    """Make the file beside a STAC folder anew from what stands in it and in the harvests; return its path.

    Parameters
    ----------
    tell
        Hears of each harvested document that is left out, and why.

    Raises
    ------
    InvalidInput
        A document is no STAC, or an asset lies outside the data; the path and the rule are named.
    Unavailable
        There is no catalog, or the file cannot be written.
    """
    return build(folder / FILE, *documents(folder, tell))


def documents(
    folder: Path, tell: Callable[[Refusal], None] = lambda _: None
) -> tuple[Iterator[Document], Iterator[Document]]:
    """Return the collections and items of a STAC folder and of the harvests beside it; see `load`.

    Each is read and checked when its turn comes; the collections are to be read before the items.
    """
    from gaia_vre.catalog.harvest.stored import HARVESTS, Stored

    if not (folder / "catalog.json").is_file():
        raise Unavailable(f"{folder} holds no catalog; `gaia-vre catalog prepare` makes one")
    described = sorted(folder.glob("*/collection.json"))
    collections = (_read(path, folder.parent) for path in described)
    items = (_read(path, folder.parent) for one in described for path in _item_files(one))
    curated = [one.parent.name for one in described]
    stored = Stored(folder.parent / HARVESTS, curated, lambda path: _read(path, folder.parent), tell)
    return chain(collections, stored.collections()), chain(items, stored.items())


def build(file: Path, collections: Iterable[Document], items: Iterable[Document]) -> Path:
    """Write a new file with these documents in the place of an older one."""
    beside = file.with_name(f".{file.name}.{uuid.uuid4().hex[:8]}")
    try:
        with closing(sqlite3.connect(beside, isolation_level=None)) as connection:
            _fill(connection, collections, items)
        flush(beside)
        beside.replace(file)
    except (OSError, sqlite3.OperationalError) as error:
        raise Unavailable(f"{file}: cannot be written ({error})") from error
    except UnicodeEncodeError as error:
        raise InvalidInput(f"{file}: a text holds half a character ({error.object[:60]!r})") from error
    except sqlite3.IntegrityError as error:
        raise InvalidInput(f"{file}: a collection or item stands twice ({error})") from error
    finally:
        beside.unlink(missing_ok=True)
    return file


def _fill(connection: sqlite3.Connection, collections: Iterable[Document], items: Iterable[Document]) -> None:
    # Nobody sees the file before it is whole, so it needs no journal.
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-64000", "temp_store=FILE"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("BEGIN")
    for kind in ("collections", "items"):
        for statement in _TABLES.format(kind=kind).split(";\n"):
            connection.execute(statement)
    connection.execute(_FACETS)
    _insert(connection, "collections", collections)
    _insert(connection, "items", items)
    connection.execute("CREATE INDEX items_id ON items (id)")
    connection.execute('CREATE INDEX items_start ON items (start, "end")')
    connection.execute(f"PRAGMA user_version={FORMAT}")
    connection.execute("COMMIT")
    connection.execute("ANALYZE")


def _insert(connection: sqlite3.Connection, kind: Kind, documents: Iterable[Document]) -> None:
    """Insert in the order of collection and id, so that the number of a row is its place."""
    box = 0
    for row, text in enumerate(_sorted(connection, documents), start=1):
        document = json.loads(text)
        boxes, (start, end) = boxes_of(document, kind), period_of(document, kind)
        fields = _row(row, document, kind, boxes, (start, end))
        connection.execute(f"INSERT INTO {kind} VALUES (?,?,?,?,?,?,?,?,?)", fields)  # noqa: S608
        connection.execute(f"INSERT INTO {kind}_documents VALUES (?,?)", (row, text))  # noqa: S608
        connection.execute(
            f"INSERT INTO {kind}_words (rowid, title, keywords, variables, description) VALUES (?,?,?,?,?)",  # noqa: S608
            (row, *texts(document)),
        )
        if kind == "collections":
            values = [(row, facet, one) for facet, found in facet_values(document).items() for one in found]
            connection.executemany("INSERT OR IGNORE INTO facets VALUES (?,?,?)", values)
        for west, south, east, north in boxes:
            box += 1
            days = -FOREVER if start is None else start / DAY, FOREVER if end is None else end / DAY
            place = (box, west, east, south, north, *days, row)
            connection.execute(f"INSERT INTO {kind}_boxes VALUES (?,?,?,?,?,?,?,?)", place)  # noqa: S608


def _sorted(connection: sqlite3.Connection, documents: Iterable[Document]) -> Iterator[str]:
    """Yield the documents by collection and id; sorted in a file, so that a million need no memory."""
    connection.execute("CREATE TEMP TABLE staged (collection TEXT, id TEXT, document TEXT)")
    rows = ((str(one.get("collection", "")), str(one["id"]), _text(one)) for one in documents)
    connection.executemany("INSERT INTO staged VALUES (?,?,?)", rows)
    for (text,) in connection.execute("SELECT document FROM staged ORDER BY collection, id"):
        yield text
    connection.execute("DROP TABLE staged")


def _row(row: int, document: Document, kind: Kind, boxes: tuple[Box, ...], period: Interval) -> tuple[Any, ...]:
    name, shape = str(document["id"]), document.get("geometry")
    plain = shape is None or is_rectangle(shape, boxes)
    properties, written = _text(_scalars(document, kind)), _text(shape) if shape else None
    owner, pole = str(document.get("collection", name)), document.get("gaia:pole")
    return row, owner, name, pole, *period, plain, properties, written


def boxes_of(document: Document, kind: Kind) -> tuple[Box, ...]:
    """Return where a document is, split at the date line."""
    if kind == "items":
        given = [document["bbox"]] if document.get("bbox") else []
    else:
        given = document["extent"]["spatial"]["bbox"]
        if "extent.spatial" in document.get("gaia:unknown", ()):
            given = []  # the globe that stands there is a placeholder
    return tuple(half for one in given for half in split(parse_box(one)))


def period_of(document: Document, kind: Kind) -> tuple[int | None, int | None]:
    """Return the first and last instant of a document."""
    if kind == "items":
        properties = document["properties"]
        start = properties.get("start_datetime") or properties.get("datetime")
        return stored(start), stored(properties.get("end_datetime") or properties.get("datetime"))
    intervals = document["extent"]["temporal"]["interval"]
    return stored(intervals[0][0]), stored(intervals[0][1])


def _scalars(document: Document, kind: Kind) -> dict[str, Any]:
    source = document["properties"] if kind == "items" else document
    return {key: value for key, value in source.items() if isinstance(value, str | int | float | bool)}


def _item_files(collection: Path) -> Iterator[Path]:
    return (path for path in sorted(collection.parent.rglob("*.json")) if path.name != "collection.json")


def _read(path: Path, data: Path) -> Document:
    try:
        document: Document = json.loads(path.read_bytes())
        kind: Kind = "collections" if document["type"] == "Collection" else "items"
        _row(1, document, kind, boxes_of(document, kind), period_of(document, kind))
        rights_of(document)
        owner = str(document.get("collection", document["id"]))
        document["assets"] = {key: _asset(one, path, data, owner) for key, one in document.get("assets", {}).items()}
    except GaiaError as error:
        raise InvalidInput(f"{path}: {error.message}") from error
    except KeyError as error:
        raise InvalidInput(f"{path}: {error} is missing") from error
    except (OSError, ValueError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise InvalidInput(f"{path}: is no STAC ({error})") from error
    return document


def _asset(asset: dict[str, Any], path: Path, data: Path, owner: str) -> dict[str, Any]:
    """Return the asset with a path from the data folder on; one outside of it is refused."""
    href = str(asset["href"])
    if href.startswith(tuple(f"{scheme}://" for scheme in REMOTE)):
        return asset
    if href.startswith(f"{SCHEME}://"):
        if linked_parts(href)[0] != owner:
            raise InvalidInput(f"the asset {href!r} does not belong to {owner}")
        return asset
    if "://" in href:
        raise InvalidInput(f"the asset {href!r} lies outside {data}")
    return {**asset, "href": str(local_path(str(path.parent / href), data).relative_to(data))}


def _text(value: Any) -> str:
    return _WRITER.encode(value)
