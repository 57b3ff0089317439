"""What people find, and how questions that are none are answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gaia_vre.catalog.discovery import Question, dataset, find, years_of
from gaia_vre.catalog.engine.load import build
from gaia_vre.catalog.engine.model import Engine
from gaia_vre.catalog.engine.store import SqliteEngine
from gaia_vre.catalog.model import Dataset, Facts, Period
from gaia_vre.catalog.reader import Catalog
from gaia_vre.catalog.selection import parse_time
from gaia_vre.catalog.stac import collection
from gaia_vre.core.errors import InvalidInput, NotFound, Unavailable

WARM = Dataset("warm-sea", "Warm sea", "How warm.", "odatis", ("sea temperature", "température de la mer"))
COLD = Dataset("cold-land", "Cold land", "How cold.", "theia", ("soil", "sols gelés"))
EMPTY = Dataset("empty", "Empty <b>title</b>", "", None, ('"*', "NEAR(", "'; DROP TABLE facets; --"))


@pytest.fixture
def engine_of(tmp_path: Path) -> Callable[..., Engine]:
    return lambda *datasets: SqliteEngine(build(tmp_path / "catalog.sqlite", map(collection, datasets), []))


@pytest.fixture
def engine(engine_of: Callable[..., Engine]) -> Engine:
    return engine_of(WARM, COLD, EMPTY)


def ids(engine: Engine, text: str | None = None, **rest: object) -> list[str]:
    return [one.id for one in find(engine, Question(text, **rest), 100).datasets]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Température de la MER", ["warm-sea"], id="accents and capitals"),
        pytest.param("temperatures", ["warm-sea"], id="plural"),
        pytest.param("sol gelé", ["cold-land"], id="French plural"),
        pytest.param("warm data", ["warm-sea"], id="words that mean nothing here"),
        pytest.param("temp", ["warm-sea"], id="beginning of a word"),
        pytest.param('"cold land"', ["cold-land"], id="in quotation marks"),
        pytest.param('"land cold"', [], id="another order in quotation marks"),
        pytest.param("volcano", [], id="nothing fits"),
    ],
)
def test_words_find_datasets(engine: Engine, text: str, expected: list[str]) -> None:
    assert ids(engine, text) == expected


@pytest.mark.parametrize("text", ["the of", "", None, "?!", '"', '"*"', "\0", "()", "*", "-- ;", "«»", "\ud800"])
def test_a_question_without_words_finds_everything(engine: Engine, text: str | None) -> None:
    assert len(ids(engine, text)) == 3


@pytest.mark.parametrize(
    "text",
    ["warm\0", 'warm "', "warm*", "warm NEAR(", "warm\ud800", "warm ' OR 1=1", "title: warm", "warm AND", "^warm"],
)
def test_signs_among_words_are_no_operators(engine: Engine, text: str) -> None:
    assert ids(engine, text)[:1] == ["warm-sea"]


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        pytest.param("a" * 1001, "1,001 characters; at most 1,000", id="one long word"),
        pytest.param("word " * 10_000, "50,000 characters", id="10,000 words"),
        pytest.param(" ".join(f"w{n}" for n in range(200)), "200 things; at most 30", id="many words"),
    ],
)
def test_a_question_that_is_too_long_names_the_limit(engine: Engine, text: str, limit: str) -> None:
    with pytest.raises(InvalidInput, match=limit):
        find(engine, Question(text))


def test_most_of_the_words_are_enough_when_none_has_all(engine: Engine) -> None:
    found = find(engine, Question("warm sea Mediterranean"))
    assert [one.id for one in found.datasets] == ["warm-sea"]
    assert not found.complete
    assert found.facets["pole"] == {"odatis": 1}


@pytest.mark.parametrize("text", ["warm", "cold warm empty", None])
def test_pages_hold_everything_once_in_order(engine: Engine, text: str | None) -> None:
    question, paged, token = Question(text), [], None
    whole = ids(engine, text)
    while True:
        found = find(engine, question, 1, token)
        paged += [one.id for one in found.datasets]
        assert found.matched == len(whole)
        if found.next is None:
            break
        token = found.next
    assert paged == whole


@pytest.mark.parametrize("token", ["", "x", "0.", "9.%%", "-1.abc", "\ud800.a", "99999.W10", "0.W10", "½.W10"])
def test_a_forged_token_is_refused(engine: Engine, token: str) -> None:
    with pytest.raises(InvalidInput, match="token"):
        find(engine, Question("warm"), token=token)


def test_what_covers_a_place_is_found_when_nothing_says_its_name(engine_of: Callable[..., Engine]) -> None:
    globe = replace(WARM, id="globe", facts=Facts(box=(-180.0, -90.0, 180.0, 90.0)))
    japan = replace(WARM, id="japan", facts=Facts(box=(130.0, 30.0, 140.0, 40.0)))
    engine = engine_of(globe, japan, COLD, replace(globe, id="second"))
    found = find(engine, Question("warm sea Mediterranean"), 1)
    assert [one.id for one in found.datasets] == ["globe"]
    assert (found.complete, found.matched) == (True, 2)
    assert [one.id for one in find(engine, Question("warm sea Mediterranean"), 1, found.next).datasets] == ["second"]


def test_a_name_that_is_said_counts_more_than_what_covers_it(engine_of: Callable[..., Engine]) -> None:
    globe = replace(WARM, facts=Facts(box=(-180.0, -90.0, 180.0, 90.0)))
    said = replace(WARM, id="said", description="In the Mediterranean.")
    assert ids(engine_of(globe, said), "warm Méditerranée") == ["said"]


def test_unknown_extents_fit_no_box_and_no_time(engine: Engine) -> None:
    assert ids(engine, box=(-180, -90, 180, 90)) == []
    assert ids(engine, time=parse_time("2008")) == []


def test_boxes_touch_across_the_date_line(engine_of: Callable[..., Engine]) -> None:
    engine = engine_of(Dataset("fiji", "Fiji", "Islands.", facts=Facts(box=(176.0, -20.0, -178.0, -16.0))))
    assert ids(engine, box=(-179.0, -18.0, -170.0, -10.0)) == ["fiji"]
    assert ids(engine, box=(181.0, -18.0, 190.0, -10.0)) == ["fiji"]
    assert ids(engine, box=(0.0, -18.0, 10.0, -10.0)) == []


def test_an_open_period_goes_on(engine_of: Callable[..., Engine]) -> None:
    engine = engine_of(Dataset("now", "Now", "Goes on.", facts=Facts(period=Period("1993-01-01T00:00:00Z", None))))
    assert ids(engine, time=parse_time("2030")) == ["now"]
    assert ids(engine, time=parse_time("1992")) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("warm sea 2005", ["old"], id="a year"),
        pytest.param("2012-2014 warm sea", ["new"], id="a span of years"),
        pytest.param("warm sea 2005 Méditerranée", ["old"], id="a year and a place that is covered"),
        pytest.param("2020", ["new"], id="a year alone"),
    ],
)
def test_a_year_in_a_question_is_a_time(engine_of: Callable[..., Engine], text: str, expected: list[str]) -> None:
    globe = (-180.0, -90.0, 180.0, 90.0)
    old = Facts(period=Period("1990-01-01T00:00:00Z", "2008-12-31T00:00:00Z"), box=globe)
    new = Facts(period=Period("2010-01-01T00:00:00Z", None), box=globe)
    assert (
        ids(engine_of(replace(WARM, id="old", facts=old), replace(WARM, id="new", facts=new), COLD), text) == expected
    )


def test_a_year_that_no_period_covers_is_a_word(engine_of: Callable[..., Engine]) -> None:
    assert ids(engine_of(WARM, replace(COLD, title="Land cover 2018")), "land 2018") == ["cold-land"]


@pytest.mark.parametrize("text", ["sea", '"2005" sea', "GLC2000", "2005 or 2010", "2010-2005", "1.2005", "12005"])
def test_what_is_no_single_year_stays_words(text: str) -> None:
    assert years_of(text) == (None, text)


def test_a_pole_and_chosen_values_narrow(engine: Engine) -> None:
    assert ids(engine, pole="theia") == ["cold-land"]
    assert ids(engine, chosen=(("pole", ("theia", "odatis")),)) == ["cold-land", "warm-sea"]
    assert ids(engine, pole="theia", chosen=(("access", ("here",)),)) == []


def test_a_missing_catalog_says_what_makes_one(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="gaia-vre catalog load"):
        find(SqliteEngine(tmp_path / "catalog.sqlite"), Question("warm"))


def test_one_dataset_is_read_with_its_files(prepared: Path, catalog: Catalog) -> None:
    assert dataset(catalog.engine, "ostia-monthly").opens_here
    with pytest.raises(NotFound, match="did you mean"):
        dataset(catalog.engine, "ostia-month")


def test_harvested_collections_are_found_and_shown(prepared: Path, tmp_path: Path) -> None:
    folder = tmp_path / "catalog"
    folder.mkdir()
    (folder / "index.json").write_bytes((prepared / "catalog" / "index.json").read_bytes())
    theirs = collection(Dataset("theirs", "Wave buoys", "Harvested.", "odatis"))
    build(folder / "catalog.sqlite", [theirs], [])
    found = Catalog(folder)
    assert [one.id for one in found.search("wave buoys")] == ["theirs"]
    assert found["theirs"].title == "Wave buoys"
