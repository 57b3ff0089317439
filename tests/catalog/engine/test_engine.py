"""What every engine must answer alike; a second one is a second parameter here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gaia_vre.catalog.engine.load import build, load
from gaia_vre.catalog.engine.model import Engine, Search, SortKey
from gaia_vre.catalog.engine.store import SqliteEngine
from gaia_vre.catalog.facets import FACETS
from gaia_vre.core.errors import InvalidInput, NotFound, Unavailable
from tests.catalog.engine.documents import COLLECTIONS, ITEMS, collection

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
