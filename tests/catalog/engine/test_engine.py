"""What every engine must answer alike; a second one is a second parameter here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gaia_vre.catalog.engine.load import build, load
from gaia_vre.catalog.engine.model import Engine, Search, SortKey
from gaia_vre.catalog.engine.store import SqliteEngine
from gaia_vre.core.errors import InvalidInput, NotFound, Unavailable
from tests.catalog.engine.documents import COLLECTIONS, ITEMS

TRIANGLE = {"type": "Polygon", "coordinates": [[[0, 0], [5, 0], [0, 5], [0, 0]]]}


def sqlite(folder: Path) -> Engine:
    return SqliteEngine(build(folder / "catalog.sqlite", COLLECTIONS, ITEMS))


@pytest.fixture(params=[sqlite])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    return request.param(tmp_path)


def ids(engine: Engine, search: Search) -> list[str]:
    return [one["id"] for one in engine.search("items", search).documents]


SEARCHES = {
    "by id": (Search(ids=("sst-1", "none")), {"sst-1"}),
    "a box": (Search(box=(2.1, 0.1, 4.9, 0.2)), {"sst-1", "sst-2"}),
    "over the date line": (Search(box=(170, -90, -170, 90)), {"fiji"}),
    "east of the date line": (Search(box=(-179.5, -10, -179, -9)), {"fiji"}),
    "a triangle": (Search(shape=TRIANGLE), {"sst-0", "sst-1", "sst-2"}),
    "plural without accent": (Search(text=("ile",)), {"fiji"}),
    "one of two words": (Search(text=("nothing", "islands")), {"fiji"}),
    "a filter": (Search(filter={"op": ">=", "args": [{"property": "eo:cloud_cover"}, 80]}), {"sst-8", "sst-9"}),
    "missing property": (Search(filter={"op": "isNull", "args": [{"property": "eo:cloud_cover"}]}), {"fiji"}),
    "like": (Search(filter={"op": "like", "args": [{"property": "id"}, "FI%"]}), set()),
}


@pytest.mark.parametrize(("search", "expected"), SEARCHES.values(), ids=SEARCHES)
def test_a_search_finds_what_fits(engine: Engine, search: Search, expected: set[str]) -> None:
    assert set(ids(engine, search)) == expected


@pytest.mark.parametrize("sort", [(), (SortKey("eo:cloud_cover"),), (SortKey("eo:cloud_cover", True), SortKey("id"))])
def test_pages_hold_everything_once_in_order(engine: Engine, sort: tuple[SortKey, ...]) -> None:
    whole, search, paged = ids(engine, Search(sort=sort, limit=100)), Search(sort=sort, limit=3), []
    while True:
        page = engine.search("items", search)
        paged += [one["id"] for one in page.documents]
        if page.next is None:
            break
        search = replace(search, token=page.next)
    assert paged == whole
    assert len(set(paged)) == len(ITEMS)


def test_what_is_not_there_is_named(engine: Engine) -> None:
    with pytest.raises(NotFound, match="did you mean 'sst'"):
        engine.collection("sts")
    with pytest.raises(NotFound, match="no item 'x'"):
        engine.item("sst", "x")


def test_a_limit_out_of_bounds_is_refused(engine: Engine) -> None:
    with pytest.raises(InvalidInput, match="limit: 0"):
        engine.search("items", Search(limit=0))


def test_a_damaged_file_says_how_to_make_it_anew(tmp_path: Path) -> None:
    (tmp_path / "catalog.sqlite").write_bytes(b"nonsense" * 1000)
    with pytest.raises(Unavailable, match="catalog load"):
        SqliteEngine(tmp_path / "catalog.sqlite").search("items", Search())


def test_a_new_file_is_seen_at_once(tmp_path: Path) -> None:
    engine = sqlite(tmp_path)
    build(tmp_path / "catalog.sqlite", COLLECTIONS, ITEMS[:2])
    assert len(engine.search("items", Search()).documents) == 2


def test_the_prepared_catalog_loads_twice_alike(prepared: Path) -> None:
    first = SqliteEngine(load(prepared / "catalog")).search("collections", Search(limit=1000))
    second = SqliteEngine(load(prepared / "catalog")).search("collections", Search(limit=1000))
    assert first == second
    assert len(first.documents) == 130


def test_an_asset_outside_the_data_is_refused(tmp_path: Path) -> None:
    import json

    folder = tmp_path / "data" / "catalog"
    (folder / "sst").mkdir(parents=True)
    (folder / "catalog.json").write_text("{}")
    bad = COLLECTIONS[0] | {"assets": {"x": {"href": "file:///etc/passwd"}}}
    (folder / "sst" / "collection.json").write_text(json.dumps(bad))
    with pytest.raises(InvalidInput, match="outside"):
        load(folder)
