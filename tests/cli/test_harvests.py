"""`gaia-vre catalog harvest`, `sources` and `forget`, as an operator calls them."""

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from gaia_vre.catalog.engine.model import Search
from gaia_vre.catalog.engine.store import SqliteEngine
from gaia_vre.cli.catalog import catalog as command
from gaia_vre.core.errors import InvalidInput, NotFound
from tests.support.harvest_cases import QUICK, collection
from tests.support.replay import Replay, running_replay


@pytest.fixture
def replay():
    with running_replay() as one:
        yield one


@pytest.fixture
def run(tmp_path: Path, replay: Replay):
    listed = {"name": "tested", "kind": "stac-api", "url": f"{replay.url}/stac", "limits": QUICK.model_dump()}
    (tmp_path / "sources.yaml").write_text(yaml.safe_dump({"sources": [listed]}))
    (tmp_path / "settings.yaml").write_text(f"state: {tmp_path / 'state'}\n")
    (tmp_path / "state" / "data" / "catalog").mkdir(parents=True)
    (tmp_path / "state" / "data" / "catalog" / "catalog.json").write_text("{}")

    def call(name: str, *arguments: str) -> Result:
        known = ["--sources", str(tmp_path / "sources.yaml")] if name != "forget" else []
        runner = CliRunner(env={"GAIA_VRE_SETTINGS": str(tmp_path / "settings.yaml"), "GAIA_VRE_CATALOG": None})
        return runner.invoke(command, [name, *known, *arguments], catch_exceptions=False)

    return call


def offer(replay: Replay, *names: str) -> None:
    replay.routes["/stac/collections"] = {"collections": [collection(one) for one in names]}


def loaded(folder: Path) -> set[str]:
    engine = SqliteEngine(folder / "state" / "data" / "catalog" / "catalog.sqlite")
    return {one["id"] for one in engine.search("collections", Search(limit=100)).documents}


def test_a_harvest_tells_its_pages_and_its_counts_and_is_loaded(run, replay: Replay, tmp_path: Path) -> None:
    offer(replay, "a", "b")
    result = run("harvest", "tested")
    assert result.stdout == "tested: 2 added, 0 changed, 0 unchanged, 0 refused\n"
    assert result.stderr == "page 1: 2 taken, 0 refused\n"
    assert loaded(tmp_path) == {"a", "b"}


def test_a_harvest_is_json_for_programs(run, replay: Replay) -> None:
    offer(replay, "a")
    page, report = map(json.loads, run("harvest", "tested", "--json").stdout.splitlines())
    assert page == {"page": 1, "found": 1, "total": None, "refused": 0}
    assert (report["added"], report["complete"]) == (["a/collection.json"], True)


def test_what_is_refused_is_named(run, replay: Replay) -> None:
    replay.routes["/stac/collections"] = {"collections": [collection("a", keywords=3)]}
    result = run("harvest", "tested")
    assert "refused 'a': keywords" in result.stdout
    assert result.exit_code == 0


def test_an_incomplete_harvest_ends_with_status_1(run, replay: Replay) -> None:
    replay.always = "error"
    result = run("harvest", "tested")
    assert result.exit_code == 1
    assert "answers 500" in result.stdout


def test_a_harvest_may_be_left_unloaded(run, replay: Replay, tmp_path: Path) -> None:
    offer(replay, "a")
    run("harvest", "tested", "--no-load")
    assert not (tmp_path / "state" / "data" / "catalog" / "catalog.sqlite").exists()


def test_what_is_gone_can_be_forgotten(run, replay: Replay, tmp_path: Path) -> None:
    offer(replay, "a", "b")
    run("harvest", "tested")
    offer(replay, "a")
    assert "gone from the source, kept here and marked: b/collection.json" in run("harvest", "tested").stdout
    assert loaded(tmp_path) == {"a", "b"}
    assert json.loads(run("forget", "tested", "--json").stdout) == {"removed": ["b/collection.json"]}
    assert loaded(tmp_path) == {"a"}


def test_one_collection_or_everything_can_be_forgotten(run, replay: Replay, tmp_path: Path) -> None:
    offer(replay, "a", "b")
    run("harvest", "tested")
    assert "a/collection.json" in run("forget", "tested", "a").stdout
    assert run("forget", "tested", "--all").stdout == "tested: everything is removed\n"
    assert loaded(tmp_path) == set()
    with pytest.raises(NotFound, match="Nothing was harvested"):
        run("forget", "tested")


@pytest.mark.parametrize("name", ["../data", "/etc", "A"])
def test_only_names_of_sources_are_forgotten(run, name: str) -> None:
    assert run("forget", name, "--all").exit_code == 2


def test_the_sources_are_listed(run) -> None:
    assert run("sources").stdout.split()[:2] == ["tested", "stac-api"]
    assert json.loads(run("sources", "--json").stdout)["kind"] == "stac-api"


def test_an_unknown_source_is_answered_with_the_nearest(run) -> None:
    with pytest.raises(NotFound, match="tested"):
        run("harvest", "testd")


def test_an_unknown_key_in_the_file_of_sources_is_named(run, tmp_path: Path) -> None:
    (tmp_path / "sources.yaml").write_text("sources: [{name: a, kind: csw, url: 'https://x.org', uri: 3}]")
    with pytest.raises(InvalidInput, match="uri"):
        run("sources")
