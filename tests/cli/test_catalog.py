import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gaia_vre.cli.catalog import catalog as command
from gaia_vre.cli.catalog import packaged_sources


@pytest.fixture
def run(prepared: Path):
    def call(*arguments: str) -> Result:
        folder = str(prepared / "catalog")
        return CliRunner(env={"GAIA_VRE_CATALOG": folder}).invoke(command, arguments, catch_exceptions=False)

    return call


def test_the_list_tells_what_opens(run) -> None:
    lines = run("list").output.splitlines()
    assert len(lines) == 130
    assert sum("opens here" in line for line in lines) == 17


def test_the_list_is_json_for_programs(run) -> None:
    datasets = json.loads(run("list", "--json").output)
    assert {"id", "title", "pole", "licence", "facts"} <= datasets[0].keys()


def test_a_search_finds_the_best_first(run) -> None:
    result = run("search", "sea-surface temperature", "--pole", "ODATIS", "--json")
    assert "Also searched: température de surface de la mer" in result.stderr
    assert {one["id"] for one in json.loads(result.stdout)} == {"nemo-tos-2015", "oisst-1981-12-31", "ostia-monthly"}


def test_the_sample_files_are_found(run) -> None:
    assert (packaged_sources() / "ATTRIBUTION.md").is_file()
