"""Accounts and overrides as files: out and in again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from sqlalchemy import Engine

from gaia_vre.cli.quota import quota as command
from gaia_vre.core.errors import Conflict, GaiaError, InvalidInput
from gaia_vre.core.settings import read_settings
from gaia_vre.database.engine import database_url, make_engine
from gaia_vre.database.migrate import upgrade
from gaia_vre.quotas.clock import LedgerClock
from gaia_vre.quotas.deciding import Office
from gaia_vre.quotas.imported import rules_in_force

SETTINGS = [{"name": "site:s"}, {"name": "community:c", "parent": "site:s"}]
HEAT = {"name": "project:heat", "parent": "community:c", "members": ["ada"], "managers": ["bob"], "credits": 100.0}
RAISED = {
    "account": "project:heat",
    "limit": "credits",
    "value": 150.0,
    "start": "2026-10-01T00:00:00+00:00",
    "until": "2036-11-01T00:00:00+00:00",
    "reason": "a review",
    "by": "cleo",
}
MEMORY = {"account": "ceiling:ada", "limit": "memory_gib", "value": "unlimited", "reason": "a deadline", "by": "cleo"}
MEMORY |= {"start": "2026-10-01T00:00:00+00:00"}
SHARE = RAISED | {"account": "share:project:heat/ada", "value": 40.0, "reason": "share of a member", "by": "bob"}
WHOLE = {"accounts": [HEAT], "overrides": [RAISED, MEMORY, SHARE]}


class Folder:
    """A state folder with its database, and the command line on it."""

    def __init__(self, path: Path) -> None:
        path.mkdir(exist_ok=True)
        self.path = path
        (path / "settings.yaml").write_text(yaml.safe_dump({"state": str(path), "quotas": {"accounts": SETTINGS}}))
        self.settings = read_settings(path / "settings.yaml")
        self.engine: Engine = make_engine(database_url(self.settings))
        upgrade(self.engine)
        self.office.prepare()

    @property
    def office(self) -> Office:
        return Office(self.engine, rules_in_force(self.engine, self.settings.quotas), LedgerClock(self.engine).now)

    def call(self, *arguments: str) -> str:
        runner = CliRunner()
        return runner.invoke(command, [*arguments, "--state", str(self.path)], catch_exceptions=False).output

    def take(self, document: object) -> str:
        file = self.path / "given.yaml"
        file.write_text(document if isinstance(document, str) else yaml.safe_dump(document))
        return self.call("import", str(file))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    folder = Folder(tmp_path / "one")
    yield folder
    folder.engine.dispose()


def test_an_import_is_in_force_and_twice_is_as_once(folder: Folder) -> None:
    assert "1 accounts and 3 overrides are new; 0 stood" in folder.take(WHOLE)
    assert "0 accounts and 0 overrides are new; 4 stood" in folder.take(WHOLE)
    shown = json.loads(folder.call("show", "project:heat", "--json"))
    assert shown["limits"] == {"credits": 150}
    assert [one.name for one in folder.office.rules.open_to("ada", frozenset())] == ["project:heat"]
    assert json.loads(folder.call("shares", "project:heat", "--json"))[0]["limits"] == {"credits": 40}


def test_what_goes_out_comes_in_elsewhere(folder: Folder, tmp_path: Path) -> None:
    folder.take(WHOLE)
    other = Folder(tmp_path / "two")
    out = folder.call("export")
    other.take(out)
    assert other.call("export") == out
    assert yaml.safe_load(out)["overrides"] == WHOLE["overrides"]
    assert json.loads(folder.call("export", "--json"))["accounts"][-1] == HEAT
    other.engine.dispose()


def test_a_changed_account_is_taken_over(folder: Folder) -> None:
    folder.take({"accounts": [HEAT]})
    assert "1 accounts and 0" in folder.take({"accounts": [HEAT | {"credits": 70}]})
    assert json.loads(folder.call("show", "project:heat", "--json"))["limits"] == {"credits": 70}


def test_an_empty_file_changes_nothing(folder: Folder) -> None:
    assert "0 accounts and 0 overrides are new; 0" in folder.take("")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"accounts": [{"name": "project:a", "parent": "project:b"}, {"name": "project:b", "parent": "project:a"}]},
         "given.yaml: accounts: .*cycle: project:a > project:b > project:a"),
        ({"accounts": [HEAT | {"parent": "community:gone"}]}, "given.yaml: .*below community:gone, which is not"),
        ({"accounts": [HEAT | {"credits": -1}]}, r"given.yaml: accounts.0.credits.*must be from 0"),
        ({"accounts": [HEAT | {"colour": 1}]}, r"given.yaml: accounts.0.colour"),
        ({"accounts": [HEAT, HEAT]}, "given.yaml: accounts: .*project:heat stands twice"),
        ({"overrides": [RAISED]}, "given.yaml: overrides.0.account: there is no account 'project:heat'"),
        ({"accounts": [HEAT], "overrides": [RAISED, RAISED | {"limit": "cars"}]}, r"given.yaml: overrides.1.limit"),
        ({"overrides": [MEMORY | {"until": "2020-01-01T00:00:00Z"}]}, r"overrides.0.until: .* is not after"),
        ({"overrides": [MEMORY | {"start": "2026-10-01T00:00:00"}]}, r"given.yaml: overrides.0.start: .*timezone"),
        ({"overrides": [MEMORY | {"account": "person:a/b"}]}, "given.yaml: .*is no key of an account"),
        ({"overrides": [MEMORY | {"value": 1e99}]}, "given.yaml: overrides.0.value"),
        ("a: [", "given.yaml: is not YAML"),
        ("[1, 2]", "given.yaml: the file: "),
        ("accounts: !!python/object/apply:os.system [ls]", "given.yaml: is not YAML"),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_whole_with_path_and_rule(folder: Folder, document: object, message: str) -> None:
    before = folder.call("export")
    with pytest.raises(InvalidInput, match=message):
        folder.take(document)
    assert folder.call("export") == before


def test_what_the_settings_declare_is_not_imported_otherwise(folder: Folder) -> None:
    folder.take({"accounts": SETTINGS})
    with pytest.raises(Conflict, match=r"given.yaml: community:c stands in the settings otherwise"):
        folder.take({"accounts": [SETTINGS[0], SETTINGS[1] | {"cores": 4}]})


def test_an_account_does_not_move(folder: Folder) -> None:
    folder.take({"accounts": [HEAT, {"name": "community:d", "parent": "site:s"}]})
    with pytest.raises(Conflict, match="project:heat stands below community:c, not below community:d"):
        folder.take({"accounts": [HEAT | {"parent": "community:d"}]})


def test_a_file_that_is_not_there_is_named(folder: Folder) -> None:
    with pytest.raises(GaiaError, match=r"gone.yaml: cannot be read"):
        folder.call("import", str(folder.path / "gone.yaml"))
