import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from gaia_vre.cli.quota import quota as command
from gaia_vre.core.errors import InvalidInput, NotFound
from gaia_vre.core.settings import read_settings
from gaia_vre.database.engine import database_url, make_engine
from gaia_vre.database.migrate import upgrade

MIB = 2**20
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A state folder with two homes and a project, and the command line on it."""
    quotas = {"storage": {"home": {"hard_gib": 1 / 1024}}}
    (tmp_path / "settings.yaml").write_text(yaml.safe_dump({"state": str(tmp_path), "quotas": quotas}))
    engine = make_engine(database_url(read_settings(tmp_path / "settings.yaml")))
    upgrade(engine)
    engine.dispose()
    for folder, size in (("homes/ada", 2 * MIB), ("homes/bob", 10), ("projects/heat", 4 * MIB)):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "big.nc").write_bytes(b"x" * size)
    return lambda *arguments: CliRunner().invoke(
        command, ["storage", *arguments, "--state", str(tmp_path)], catch_exceptions=False
    )


def test_before_the_first_measure_nothing_is_known(run: Run) -> None:
    assert "Nothing was measured yet" in run("show").output


def test_what_is_due_is_measured_and_the_fullest_come_first(run: Run) -> None:
    run("scan")
    lines = run("show").output.splitlines()
    assert [line.split()[0] for line in lines] == ["project:heat", "person:ada", "person:bob"]
    assert lines[1].endswith("FULL")
    assert run("scan", "--json").output == "[]\n"


def test_one_account_is_shown_with_its_largest_files(run: Run) -> None:
    assert "2.0 MiB  big.nc" in run("scan", "person:ada").output
    (found,) = json.loads(run("show", "person:ada", "--json").output)
    assert (found["level"], found["files"], found["source"]) == ("hard", 2, "default of a home")


def test_all_is_measured_again_where_that_is_asked(run: Run, tmp_path: Path) -> None:
    run("scan")
    (tmp_path / "homes" / "ada" / "big.nc").unlink()
    found = {one["account"]: one["level"] for one in json.loads(run("scan", "--all", "--json").output)}
    assert found == {"person:ada": "free", "person:bob": "free", "project:heat": "free"}


@pytest.mark.parametrize("account", ["person:nobody", "person:../../etc", "home:ada", ""])
def test_an_account_without_a_folder_is_named(run: Run, account: str) -> None:
    with pytest.raises(NotFound, match=account.replace(".", r"\.") or "''"):
        run("scan", account)


def test_accounts_and_all_at_once_are_refused(run: Run) -> None:
    with pytest.raises(InvalidInput, match="not both"):
        run("scan", "person:ada", "--all")


def test_names_of_no_encoding_are_printed_escaped(run: Run, tmp_path: Path) -> None:
    Path(os.fsdecode(bytes(tmp_path) + b"/homes/ada/\xff\n.nc")).write_bytes(b"x" * 3 * MIB)
    assert "\\xff\\n.nc" in run("scan", "person:ada").output
