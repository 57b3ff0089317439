"""Harvests on their way into the catalog and out of it."""

import json
from pathlib import Path

import pytest

from gaia_vre.catalog.engine.load import load
from gaia_vre.catalog.engine.model import Search
from gaia_vre.catalog.engine.store import SqliteEngine
from gaia_vre.catalog.harvest.contract import Refusal, Report, Source
from gaia_vre.catalog.harvest.run import harvest
from gaia_vre.catalog.harvest.sources import harvester_of
from gaia_vre.catalog.harvest.stored import forget, forget_source
from gaia_vre.core.durable import write_text
from gaia_vre.core.errors import NotFound, Unavailable
from tests.support.harvest_cases import QUICK, collection, item
from tests.support.replay import Replay


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "catalog"
    (folder / "own").mkdir(parents=True)
    (folder / "catalog.json").write_text("{}")
    (folder / "own" / "collection.json").write_text(json.dumps(collection("own", title="Ours")))
    return tmp_path


def bring(replay: Replay, data: Path, *names: str, name: str = "tested", **changes: object) -> Report:
    replay.routes["/stac/collections"] = {"collections": [collection(one, **changes) for one in names]}
    replay.routes["/stac/search"] = {"features": [item("i1", names[0])] if names else []}
    source = Source(name=name, kind="stac-api", url=f"{replay.url}/stac", limits=QUICK, items=True)
    return harvest(source, harvester_of, data / "harvests", write_text)


def loaded(data: Path) -> tuple[dict[str, str], list[Refusal]]:
    told: list[Refusal] = []
    engine = SqliteEngine(load(data / "catalog", told.append))
    found = engine.search("collections", Search(limit=100)).documents
    return {one["id"]: one["title"] for one in found}, told


def test_harvested_collections_and_items_are_found(replay: Replay, data: Path) -> None:
    bring(replay, data, "a", "b")
    assert set(loaded(data)[0]) == {"own", "a", "b"}
    items = SqliteEngine(data / "catalog" / "catalog.sqlite").search("items", Search(limit=9)).documents
    assert [one["id"] for one in items] == ["i1"]


def test_a_curated_collection_wins_and_it_is_told(replay: Replay, data: Path) -> None:
    bring(replay, data, "own", "a", title="Theirs")
    titles, told = loaded(data)
    assert titles == {"own": "Ours", "a": "Theirs"}
    assert [(one.record, "wins" in one.reason) for one in told] == [("tested/own", True)]


def test_of_two_sources_the_first_by_name_wins(replay: Replay, data: Path) -> None:
    bring(replay, data, "a", name="second", title="2")
    bring(replay, data, "a", name="first", title="1")
    titles, told = loaded(data)
    assert titles["a"] == "1"
    assert told[0].record == "second/a"


def test_a_damaged_harvest_does_not_stop_the_loading(replay: Replay, data: Path) -> None:
    bring(replay, data, "a", "b")
    (data / "harvests" / "tested" / "a" / "collection.json").write_text('{"type": "Coll')
    titles, told = loaded(data)
    assert set(titles) == {"own", "b"}
    assert told[0].record == "tested/a/collection.json"


def test_what_is_gone_is_marked_until_it_returns(replay: Replay, data: Path) -> None:
    file = data / "harvests" / "tested" / "b" / "collection.json"
    bring(replay, data, "a", "b")
    assert bring(replay, data, "a").gone == ["b/collection.json"]
    assert json.loads(file.read_text())["deprecated"] is True
    assert bring(replay, data, "a", "b").changed == ["b/collection.json"]
    assert "deprecated" not in json.loads(file.read_text())


def test_what_is_gone_is_forgotten_when_an_operator_says_so(replay: Replay, data: Path) -> None:
    bring(replay, data, "a", "b", "c")
    bring(replay, data, "a", "c")
    folder = data / "harvests" / "tested"
    assert forget(folder, None, write_text) == ["b/collection.json"]
    assert forget(folder, "a", write_text) == ["a/collection.json", "a/items/i1.json"]
    assert [one["href"] for one in json.loads((folder / "catalog.json").read_text())["links"]][1:] == [
        "./c/collection.json"
    ]
    assert set(loaded(data)[0]) == {"own", "c"}
    assert bring(replay, data, "a", "c").added == ["a/collection.json", "a/items/i1.json"]


def test_a_whole_source_is_forgotten(replay: Replay, data: Path) -> None:
    bring(replay, data, "a")
    forget_source(data / "harvests" / "tested")
    assert set(loaded(data)[0]) == {"own"}


def test_what_was_never_harvested_cannot_be_forgotten(replay: Replay, data: Path) -> None:
    with pytest.raises(NotFound, match="Nothing was harvested"):
        forget(data / "harvests" / "tested", None, write_text)
    bring(replay, data, "abc")
    with pytest.raises(NotFound, match="abc"):
        forget(data / "harvests" / "tested", "abd", write_text)


def test_a_full_disk_is_named(replay: Replay, data: Path) -> None:
    def full(path: Path, _text: str) -> None:
        raise OSError(28, "No space left on device", str(path))

    replay.routes["/stac/collections"] = {"collections": [collection("a")]}
    source = Source(name="tested", kind="stac-api", url=f"{replay.url}/stac", limits=QUICK)
    with pytest.raises(Unavailable, match="No space left on device"):
        harvest(source, harvester_of, data / "harvests", full)
    assert harvest(source, harvester_of, data / "harvests", write_text).added == ["a/collection.json"]
