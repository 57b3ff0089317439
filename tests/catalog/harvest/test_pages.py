"""Sources whose pages lead astray."""

from pathlib import Path
from typing import Any

import pytest

from gaia_vre.catalog.harvest.contract import Report, Source
from gaia_vre.catalog.harvest.run import harvest
from gaia_vre.catalog.harvest.sources import configured_sources, find_source, harvester_of
from gaia_vre.catalog.harvest.state import opened_state
from gaia_vre.core.durable import write_text
from gaia_vre.core.errors import Conflict, InvalidInput, NotFound, Unavailable
from tests.support.harvest_cases import QUICK, collection
from tests.support.replay import Asked, Replay


def run(source: Source, into: Path) -> Report:
    return harvest(source, harvester_of, into, write_text)


def api(replay: Replay, **changes: Any) -> Source:
    return Source(name="tested", kind="stac-api", url=f"{replay.url}/stac", limits=QUICK, **changes)


def listing(next_page: str | None, *names: str) -> dict:
    links = [{"rel": "next", "href": next_page}] if next_page else []
    return {"collections": [collection(name) for name in names], "links": links}


def test_a_page_that_names_itself_as_the_next_ends_the_run(replay: Replay, tmp_path: Path) -> None:
    replay.routes["/stac/collections"] = listing("/stac/collections?token=1", "a")
    report = run(api(replay), tmp_path)
    assert "leads back" in report.stopped or "only what earlier pages held" in report.stopped
    assert not run(api(replay), tmp_path).resumed


def test_ever_new_tokens_for_the_same_page_end_the_run(replay: Replay, tmp_path: Path) -> None:
    def endless(asked: Asked) -> dict:
        return listing(f"/stac/collections?token={int(asked.query.get('token', 0)) + 1}", "a")

    replay.routes["/stac/collections"] = endless
    assert "only what earlier pages held" in run(api(replay), tmp_path).stopped
    assert len(replay.asked) == 2


def test_a_next_page_on_another_host_is_not_asked_for(replay: Replay, tmp_path: Path) -> None:
    replay.routes["/stac/collections"] = listing("http://169.254.169.254/latest", "a")
    report = run(api(replay), tmp_path)
    assert "'http://169.254.169.254/latest' is not on" in report.stopped
    assert report.added == ["a/collection.json"]


def test_a_next_link_may_ask_by_post_and_add_to_the_question(replay: Replay, tmp_path: Path) -> None:
    link = {"rel": "next", "method": "POST", "href": "/stac/collections", "body": {"token": "t"}, "merge": True}

    def answer(asked: Asked) -> dict:
        return listing(None, "b") if asked.body == {"token": "t"} else {**listing(None, "a"), "links": [link]}

    replay.routes["/stac/collections"] = answer
    assert run(api(replay), tmp_path).added == ["a/collection.json", "b/collection.json"]


def test_a_changed_description_is_written_again(replay: Replay, tmp_path: Path) -> None:
    replay.routes["/stac/collections"] = listing(None, "a", "b")
    run(api(replay), tmp_path)
    replay.routes["/stac/collections"] = {"collections": [collection("a"), collection("b", title="New")]}
    report = run(api(replay), tmp_path)
    assert (report.added, report.changed, report.unchanged) == ([], ["b/collection.json"], 1)


def test_a_file_that_somebody_removed_is_written_again(replay: Replay, tmp_path: Path) -> None:
    replay.routes["/stac/collections"] = listing(None, "a")
    run(api(replay), tmp_path)
    (tmp_path / "tested" / "a" / "collection.json").unlink()
    assert run(api(replay), tmp_path).changed == ["a/collection.json"]


def test_only_the_collections_asked_for_are_taken(replay: Replay, tmp_path: Path) -> None:
    replay.routes["/stac/collections"] = listing(None, "a", "b")
    assert run(api(replay, collections=("b",)), tmp_path).added == ["b/collection.json"]


def test_the_key_is_sent_to_its_own_host_only(replay: Replay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESTED_KEY", "secret")
    replay.routes["/stac/collections"] = listing(None, "a")
    run(api(replay, key_variable="TESTED_KEY"), tmp_path)
    assert {name.lower(): value for name, value in replay.asked[0].headers.items()}["x-api-key"] == "secret"
    assert all(b"secret" not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_two_harvests_of_one_source_do_not_mix(replay: Replay, tmp_path: Path) -> None:
    with opened_state(tmp_path / "tested"), pytest.raises(Conflict, match="another process"):
        run(api(replay), tmp_path)


def test_a_damaged_state_file_is_named(replay: Replay, tmp_path: Path) -> None:
    (tmp_path / "tested").mkdir()
    (tmp_path / "tested" / ".state.sqlite").write_bytes(b"no database, only words" * 100)
    with pytest.raises(Unavailable, match="damaged"):
        run(api(replay), tmp_path)


def test_configured_sources_are_readable_and_have_unlike_names() -> None:
    sources = configured_sources()
    assert {"geodes", "theia-mtd", "hydroweb"} <= set(sources)
    assert sources["geodes"].distrusted == ("license", "extent.spatial")


def test_every_configured_source_has_its_harvester(tmp_path: Path) -> None:
    with opened_state(tmp_path) as state:
        made = [harvester_of(source, state) for source in configured_sources().values()]
    assert len(made) == 17


def test_a_name_that_stands_twice_is_refused(tmp_path: Path) -> None:
    one = "{name: a, kind: stac-api, url: 'http://a'}"
    (tmp_path / "sources.yaml").write_text(f"sources: [{one}, {one}]")
    with pytest.raises(InvalidInput, match="'a' stands twice"):
        configured_sources(tmp_path / "sources.yaml")


def test_a_misspelt_source_is_answered_with_the_nearest() -> None:
    with pytest.raises(NotFound, match="did you mean 'geodes'"):
        find_source("geode")


def test_a_file_of_sources_with_an_unknown_key_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "sources.yaml"
    file.write_text("sources: [{name: a, kind: stac-api, url: 'http://a', colour: red}]")
    with pytest.raises(InvalidInput, match="colour"):
        configured_sources(file)
