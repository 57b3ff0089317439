"""What every engine must answer alike; a second one is a second parameter here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gaia_vre.catalog.engine.aggregating import Aggregation, Step
from gaia_vre.catalog.engine.load import build, load
from gaia_vre.catalog.engine.model import Engine, Search, SortKey
from gaia_vre.catalog.engine.pgstac.load import load as load_pgstac
from gaia_vre.catalog.engine.pgstac.store import PgstacEngine
from gaia_vre.catalog.engine.store import SqliteEngine
from gaia_vre.catalog.engine.times import parse_instant
from gaia_vre.catalog.facets import FACETS
from gaia_vre.core.errors import InvalidInput, NotFound, Unavailable
from tests.catalog.engine.documents import COLLECTIONS, ITEMS, collection, item
from tests.support.postgresql import new_database

TRIANGLE = {"type": "Polygon", "coordinates": [[[0, 0], [5, 0], [0, 5], [0, 0]]]}


def sqlite(folder: Path) -> Engine:
    return SqliteEngine(build(folder / "catalog.sqlite", COLLECTIONS, ITEMS), counting_seconds=5)


@pytest.fixture(scope="module")
def database(postgis: str) -> str:
    url = new_database(postgis).replace("+psycopg", "")
    load_pgstac(url, COLLECTIONS, ITEMS)
    return url


@pytest.fixture(scope="module")
def on_postgresql(database: str) -> Iterator[PgstacEngine]:
    engine = PgstacEngine(database, counting_seconds=5)
    yield engine
    engine.close()


@pytest.fixture(params=["sqlite", "pgstac"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    return sqlite(tmp_path) if request.param == "sqlite" else request.getfixturevalue("on_postgresql")


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
    "numbers before texts": (Search(filter={"op": "<", "args": [{"property": "mixed"}, "a"]}), {"sst-0"}),
    "a flag": (Search(filter={"op": "=", "args": [{"property": "flag"}, True]}), {"sst-2"}),
    "an unknown property": (Search(filter={"op": "=", "args": [{"property": "nowhere"}, 1]}), set()),
    "open to the past": (Search(interval=(None, parse_instant("2020-01-02T12:00:00Z"))), {"sst-0", "sst-1"}),
    "open to the future": (Search(interval=(parse_instant("2020-01-10T12:00:01Z"), None)), {"fiji"}),
    "a box without extent": (Search(box=(2.5, 0.5, 2.5, 0.5)), {"sst-1"}),
    "not": (
        Search(filter={"op": "not", "args": [{"op": "between", "args": [{"property": "eo:cloud_cover"}, 10, 90]}]}),
        {"sst-0"},
    ),
    "one of": (Search(filter={"op": "in", "args": [{"property": "id"}, ["fiji", "sst-3", 3]]}), {"fiji", "sst-3"}),
    "a time in a filter": (
        Search(filter={"op": "<", "args": [{"property": "datetime"}, {"timestamp": "2020-01-02T00:00:00Z"}]}),
        {"sst-0"},
    ),
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


def found(engine: Engine, *groups: tuple[str, ...], **more: Any) -> list[str]:
    return [one["id"] for one in engine.search("collections", Search(groups=groups, **more)).documents]


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        pytest.param([("glacier",)], ["glacier-title", "glacier-keyword", "glacier-words"], id="title before the rest"),
        pytest.param([("snow",), ("glacier",)], ["glacier-words"], id="every group"),
        pytest.param([("nothing", "ILES")], ["islands"], id="one phrase of a group"),
        pytest.param([("surface mer",)], ["sst"], id="words that do not count stand between"),
        pytest.param([("mer surface",)], [], id="another order"),
        pytest.param([("glac",)], [], id="only a beginning"),
        pytest.param([("moun*",)], ["glacier-words"], id="a beginning on purpose"),
        pytest.param([("snow depth",)], ["snow-2", "snow-1"], id="of equals, what opens here"),
        pytest.param([("depth snow",)], [], id="no phrase reaches from the title into the id"),
        pytest.param([("islands",), ('"*(',)], ["islands"], id="a group of signs asks nothing"),
    ],
)
def test_collections_come_best_first(engine: Engine, groups: list[tuple[str, ...]], expected: list[str]) -> None:
    assert found(engine, *groups) == expected


def test_best_first_goes_on_from_page_to_page(engine: Engine) -> None:
    groups = (("glacier", "snow depth", "islands", "surface"),)
    whole, paged, token = found(engine, *groups), [], None
    while True:
        page = engine.search("collections", Search(groups=groups, limit=2, token=token))
        paged += [one["id"] for one in page.documents]
        assert page.matched == len(whole) == 7
        if page.next is None:
            break
        token = page.next
    assert paged == whole


def test_items_are_found_by_the_words_of_their_collection(engine: Engine) -> None:
    assert ids(engine, Search(groups=(("ile",), ("fiji",)))) == ["fiji"]
    assert ids(engine, Search(groups=(("ile",), ("sst",)))) == []


def test_some_of_the_groups_can_be_enough(engine: Engine) -> None:
    groups = (("glacier",), ("snow",), ("depth",))
    assert found(engine, *groups) == []
    assert set(found(engine, *groups, least=2)) == {"glacier-words", "snow-1", "snow-2"}
    assert engine.facets(Search(groups=groups, least=2))["pole"] == {"aeris": 2, "pndb": 1}


def test_a_sort_goes_before_what_is_best(engine: Engine) -> None:
    expected = ["glacier-words", "glacier-title", "glacier-keyword"]
    assert found(engine, ("glacier",), sort=(SortKey("id", descending=True),)) == expected


def test_chosen_values_narrow_and_leave_the_others_of_their_facet_visible(engine: Engine) -> None:
    search = Search(groups=(("glacier", "snow"),), chosen=(("pole", ("theia",)),))
    assert found(engine, *search.groups, chosen=search.chosen) == ["glacier-title", "glacier-keyword"]
    counted = engine.facets(search)
    assert counted["pole"] == {"theia": 2, "aeris": 2, "pndb": 1}
    assert counted["licence"] == {"CC-BY-4.0": 1, "other": 1}
    assert counted["access"] == {"described": 2}


def test_several_values_of_a_facet_are_alternatives(engine: Engine) -> None:
    assert found(engine, chosen=(("pole", ("pndb", "aeris")), ("access", ("here",)))) == ["snow-2"]


def test_every_facet_is_counted_and_no_other_can_be_chosen(engine: Engine) -> None:
    assert tuple(engine.facets(Search())) == FACETS
    with pytest.raises(InvalidInput, match="no facet 'colour'"):
        engine.search("collections", Search(chosen=(("colour", ("blue",)),)))


def test_too_many_phrases_are_refused(engine: Engine) -> None:
    with pytest.raises(InvalidInput, match="10000 phrases"):
        engine.facets(Search(groups=tuple((f"word{n}",) for n in range(10_000))))


def test_the_words_of_a_hundred_groups_are_searched(engine: Engine) -> None:
    assert found(engine, *((f"glacier {n}", "glacier") for n in range(100)))[0] == "glacier-title"


def test_what_is_not_there_is_named(engine: Engine) -> None:
    with pytest.raises(NotFound, match="did you mean 'sst'"):
        engine.collection("sts")
    with pytest.raises(NotFound, match="no item 'x'"):
        engine.item("sst", "x")


def test_a_limit_out_of_bounds_is_refused(engine: Engine) -> None:
    with pytest.raises(InvalidInput, match="limit: 0"):
        engine.search("items", Search(limit=0))


def aggregated(engine: Engine, name: str, step: Step = "month", **search: Any) -> Aggregation:
    (one,) = engine.aggregate(Search(**search), (name,), step)
    return one


def test_all_items_found_are_counted_however_many_a_page_has(engine: Engine) -> None:
    assert aggregated(engine, "total_count", limit=1).value == len(ITEMS)
    assert aggregated(engine, "total_count", box=(2.1, 0.1, 4.9, 0.2)).value == 2
    assert aggregated(engine, "total_count", ids=("none",)).value == 0


def test_items_are_counted_by_collection_month_and_year(engine: Engine) -> None:
    assert aggregated(engine, "collection_frequency").frequencies == (("sst", 10), ("islands", 1))
    assert aggregated(engine, "datetime_frequency").frequencies == (("2020-01", 11),)
    assert aggregated(engine, "datetime_frequency", "year", ids=("fiji",)).frequencies == (("2020", 1),)


def test_first_and_last_instant_of_what_is_found(engine: Engine) -> None:
    assert aggregated(engine, "datetime_min").value == parse_instant("2020-01-01T12:00:00Z")
    assert aggregated(engine, "datetime_max", collections=("sst",)).value == parse_instant("2020-01-10T12:00:00Z")
    assert aggregated(engine, "datetime_max", ids=("none",)).value is None


def test_collections_that_hold_items_found_are_counted_by_facet(engine: Engine) -> None:
    assert aggregated(engine, "collections_by_access").frequencies == (("described", 2),)
    assert aggregated(engine, "collections_by_access", ids=("fiji",)).frequencies == (("described", 1),)
    assert aggregated(engine, "collections_by_pole").frequencies == ()


def test_several_aggregations_come_in_the_order_asked(engine: Engine) -> None:
    found = engine.aggregate(Search(), ("datetime_max", "total_count", "collections_by_period"))
    assert [one.name for one in found] == ["datetime_max", "total_count", "collections_by_period"]


def test_an_aggregation_that_is_not_there_is_refused(engine: Engine) -> None:
    with pytest.raises(InvalidInput, match="there is no 'sum'; there are total_count"):
        engine.aggregate(Search(), ("sum",))


def test_a_page_of_many_tells_how_many_there_are(engine: Engine) -> None:
    assert engine.search("items", Search(limit=2)).matched == len(ITEMS)
    assert engine.search("items", Search(limit=2, box=(2.1, 0.1, 6.9, 0.2))).matched == 3


@pytest.fixture(params=["sqlite", "pgstac"])
def hurried(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        many = [item(f"{n}", "sst", [0, 0, 1, 1], 1) for n in range(1000)]
        yield SqliteEngine(build(tmp_path / "catalog.sqlite", COLLECTIONS, many), seconds=1e-6)
    else:
        engine = PgstacEngine(request.getfixturevalue("database"), seconds=0.001)
        yield engine
        engine.close()


def test_a_search_ends_when_its_time_is_over(hurried: Engine) -> None:
    slow = {"op": "or", "args": [{"op": "like", "args": [{"property": "id"}, f"%{n}%x"]} for n in range(150)]}
    for ask in (lambda one: hurried.aggregate(one, ("total_count",)), lambda one: hurried.search("items", one)):
        with pytest.raises(InvalidInput, match="narrow it by collection, box or time"):
            ask(Search(filter=slow))


BOMBS = [
    {"op": "not", "args": [True]},
    {"op": "and", "args": [{"op": "=", "args": [{"property": "id"}, "x"]}] * 600},
]
for _ in range(30):
    BOMBS[0] = {"op": "not", "args": [BOMBS[0]]}


@pytest.mark.parametrize("bomb", BOMBS, ids=["deep", "large"])
def test_a_filter_too_large_is_refused(engine: Engine, bomb: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="filter: it"):
        engine.search("items", Search(filter=bomb))


@pytest.mark.parametrize("token", ["x", "W10", "WyJhIiwiYiJd", "WyJhIiwiYiIsIm5vIl0", "WzEsMl0"])
def test_a_forged_token_is_refused(engine: Engine, token: str) -> None:
    with pytest.raises(InvalidInput):
        engine.search("items", Search(sort=(SortKey("x"), SortKey("y")), token=token))


@pytest.mark.parametrize("name", ["../sst", "sst/../sst", "%2e%2e", "a\0b", "\ud800", "'; DROP TABLE items; --"])
def test_an_odd_id_is_not_there(engine: Engine, name: str) -> None:
    with pytest.raises((NotFound, InvalidInput)):
        engine.collection(name)
    with pytest.raises((NotFound, InvalidInput)):
        engine.item("sst", name)


def test_an_item_comes_as_it_was_given(engine: Engine) -> None:
    found = engine.item("islands", "fiji")
    assert {key: found[key] for key in ("id", "collection", "bbox", "properties", "assets")} == {
        key: ITEMS[-1][key] for key in ("id", "collection", "bbox", "properties", "assets")
    }


def test_loading_pgstac_again_takes_out_what_is_gone(postgis: str) -> None:
    url = new_database(postgis).replace("+psycopg", "")
    for collections, items in ((COLLECTIONS, ITEMS), (COLLECTIONS, ITEMS), (COLLECTIONS[:1], ITEMS[:3])):
        load_pgstac(url, collections, items)
        engine = PgstacEngine(url)
        assert len(engine.search("collections", Search()).documents) == len(collections)
        assert len(engine.search("items", Search(limit=100)).documents) == len(items)
        engine.close()


def test_an_item_without_geometry_is_found_by_other_things_than_places(postgis: str) -> None:
    url = new_database(postgis).replace("+psycopg", "")
    period = {"datetime": None, "start_datetime": "2020-01-01T00:00:00Z", "end_datetime": "2020-02-01T00:00:00Z"}
    load_pgstac(url, COLLECTIONS, [{**ITEMS[0], "geometry": None, "properties": period}])
    engine = PgstacEngine(url)
    assert engine.item("sst", "sst-0")["properties"] == period
    assert engine.item("sst", "sst-0")["geometry"] is None
    assert ids(engine, Search(box=(-180, -90, 180, 90))) == []
    assert ids(engine, Search()) == ["sst-0"]
    engine.close()


def test_a_lost_connection_is_tried_anew(postgis: str) -> None:
    url = new_database(postgis).replace("+psycopg", "")
    load_pgstac(url, COLLECTIONS, ITEMS)
    engine = PgstacEngine(url)
    engine.search("items", Search())
    with psycopg.connect(url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
    assert engine.collection("sst")["id"] == "sst"
    engine.close()


def test_a_database_without_catalog_says_how_to_make_one(postgis: str) -> None:
    engine = PgstacEngine(new_database(postgis).replace("+psycopg", ""))
    with pytest.raises(Unavailable, match="catalog load"):
        engine.search("items", Search())
    engine.close()


def test_a_damaged_file_says_how_to_make_it_anew(tmp_path: Path) -> None:
    (tmp_path / "catalog.sqlite").write_bytes(b"nonsense" * 1000)
    with pytest.raises(Unavailable, match="catalog load"):
        SqliteEngine(tmp_path / "catalog.sqlite").search("items", Search())


def test_half_a_character_in_a_document_is_refused_and_the_older_file_stays(tmp_path: Path) -> None:
    engine = sqlite(tmp_path)
    with pytest.raises(InvalidInput, match="half a character"):
        build(tmp_path / "catalog.sqlite", [collection("odd", "\ud800")], [])
    assert engine.collection("sst")["id"] == "sst"


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


def test_the_only_item_of_a_collection_is_told_from_one_of_many(engine: Engine) -> None:
    found = engine.only_items(["islands", "sst", "glacier-title", "nowhere"])
    assert {name: one["id"] for name, one in found.items()} == {"islands": "fiji"}


def test_the_mark_changes_when_the_catalog_is_loaded_anew(tmp_path: Path) -> None:
    engine = sqlite(tmp_path)
    before = engine.mark()
    assert engine.mark() == before
    build(tmp_path / "catalog.sqlite", COLLECTIONS, ITEMS)
    assert engine.mark() != before


def test_the_mark_of_a_database_changes_when_the_catalog_is_loaded_anew(postgis: str) -> None:
    url = new_database(postgis).replace("+psycopg", "")
    load_pgstac(url, COLLECTIONS, ITEMS)
    engine = PgstacEngine(url)
    before = engine.mark()
    load_pgstac(url, COLLECTIONS[:1], [])
    assert engine.mark() != before
    engine.close()
