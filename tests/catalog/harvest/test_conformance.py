"""What every harvester promises, run on each kind of source."""

import json
from pathlib import Path

import pystac
import pytest

from gaia_vre.catalog.harvest.contract import Report, Source
from gaia_vre.catalog.harvest.run import harvest
from gaia_vre.catalog.harvest.sources import harvester_of
from gaia_vre.core.durable import write_text
from tests.support.harvest_cases import QUICK, Case
from tests.support.replay import Replay


def run(source: Source, into: Path) -> Report:
    return harvest(source, harvester_of, into, write_text)


def written(into: Path) -> set[str]:
    folder = into / "tested"
    return {str(path.relative_to(folder)) for path in folder.rglob("*.json") if path.parent != folder}


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "harvests"


def test_everything_is_brought_in_as_valid_stac(case: Case, replay: Replay, tmp_path: Path, into: Path) -> None:
    report = run(case.source(replay, tmp_path), into)
    assert (report.stopped, report.refused) == (None, [])
    assert set(report.added) == written(into) == case.expected
    for path in [*written(into), "catalog.json"]:
        described = json.loads((into / "tested" / path).read_text())
        assert described["stac_version"] == "1.1.0"
        pystac.validation.validate_dict({**described, "stac_extensions": []})


def test_every_link_between_files_leads_somewhere(case: Case, replay: Replay, tmp_path: Path, into: Path) -> None:
    run(case.source(replay, tmp_path), into)
    for file in (into / "tested").rglob("[!.]*.json"):
        links = json.loads(file.read_text())["links"]
        assert [
            one["href"] for one in links if "://" not in one["href"] and not (file.parent / one["href"]).exists()
        ] == []


def test_a_second_run_changes_nothing(case: Case, replay: Replay, tmp_path: Path, into: Path) -> None:
    source = case.source(replay, tmp_path)
    run(source, into)
    before = {path: path.stat().st_mtime_ns for path in into.rglob("[!.]*.json")}
    report = run(source, into)
    assert (report.added, report.changed, report.unchanged, report.gone) == ([], [], len(case.expected), [])
    assert {path: path.stat().st_mtime_ns for path in into.rglob("[!.]*.json")} == before


def test_a_run_interrupted_after_any_page_goes_on(case: Case, replay: Replay, tmp_path: Path, into: Path) -> None:
    one_page = case.source(replay, tmp_path, limits=QUICK.model_copy(update={"pages": 1}))
    added: list[str] = []
    for number in range(20):
        report = run(one_page, into)
        assert report.resumed is (number > 0)
        added += report.added
        if report.complete:
            break
    assert report.complete
    assert sorted(added) == sorted(case.expected)
    assert written(into) == case.expected


def test_one_bad_record_is_refused_with_its_reason(case: Case, replay: Replay, tmp_path: Path, into: Path) -> None:
    report = run(case.source(replay, tmp_path, spoiled=True), into)
    assert report.stopped is None
    assert report.refused
    assert all(one.record and one.reason for one in report.refused)
    assert written(into) == case.expected


def test_what_the_source_no_longer_names_is_reported_and_kept(
    case: Case, replay: Replay, tmp_path: Path, into: Path
) -> None:
    source = case.source(replay, tmp_path)
    run(source, into)
    (into / "tested" / "old").mkdir()
    from gaia_vre.catalog.harvest.state import opened_state

    with opened_state(into / "tested") as state:
        state.finish_page([("old/collection.json", "x")], None, 0)
    (into / "tested" / "old" / "collection.json").write_text("{}")
    assert run(source, into).gone == ["old/collection.json"]
    assert (into / "tested" / "old" / "collection.json").exists()


@pytest.mark.parametrize("fault", ["error", "busy", "slow", "cut", "page"])
def test_a_passing_fault_is_got_over(fault: str, remote: Case, replay: Replay, tmp_path: Path, into: Path) -> None:
    source = remote.source(replay, tmp_path)
    replay.faults = [fault, fault]
    report = run(source, into)
    assert (report.stopped, report.refused) == (None, [])
    assert written(into) == remote.expected


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("error", "answers 500"),
        ("slow", "within 0.3 s"),
        ("cut", "closed"),
        ("page", "no "),
        ("huge", "larger than 300000 bytes"),
        ("away", "127.0.0.2:9"),
        ("circle", "redirects"),
        ("list", "found"),
    ],
)
def test_a_lasting_fault_ends_the_run_with_its_reason(
    fault: str, words: str, remote: Case, replay: Replay, tmp_path: Path
) -> None:
    into = tmp_path / "harvests"
    source = remote.source(replay, tmp_path)
    replay.always = fault
    report = run(source, into)
    assert words in " ".join([str(report.stopped), *(one.reason for one in report.refused)])
    assert report.stopped or report.refused
    assert written(into) == set()


def test_a_fault_in_the_middle_is_resumed_from(remote: Case, replay: Replay, tmp_path: Path, into: Path) -> None:
    source = remote.source(replay, tmp_path)
    run(remote.source(replay, tmp_path, limits=QUICK.model_copy(update={"pages": 1})), into)
    replay.faults = ["error"] * 3
    stopped = run(source, into)
    replay.faults = []
    assert run(source, into).complete
    assert stopped.resumed or stopped.complete
    assert written(into) == remote.expected


def test_unchanged_answers_are_not_sent_again(remote: Case, replay: Replay, tmp_path: Path, into: Path) -> None:
    if not remote.conditional:
        pytest.skip("asked by POST, which has no conditions")
    source = remote.source(replay, tmp_path)
    run(source, into)
    replay.statuses.clear()
    run(source, into)
    assert set(replay.statuses) == {304}


@pytest.mark.parametrize("fault", ["laughs", "entity"])
def test_entities_are_not_expanded(fault: str, xml: Case, replay: Replay, tmp_path: Path, into: Path) -> None:
    source = xml.source(replay, tmp_path)
    replay.always = fault
    report = run(source, into)
    assert "ntit" in " ".join([str(report.stopped), *(one.reason for one in report.refused)])
    assert written(into) == set()
