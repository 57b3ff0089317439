"""Datasets of projects in a notebook, over the real service: ada owns the project, bob is a stranger at first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

import gaia_vre as gaia
from gaia_vre import client as clients
from gaia_vre import shared, shared_data
from gaia_vre.catalog.reader import VARIABLE
from gaia_vre.cli.project import project as command
from gaia_vre.core.errors import GaiaError, InvalidInput, NotFound, Unavailable
from gaia_vre.database.engine import make_engine
from gaia_vre.database.migrate import upgrade
from tests.service.conftest import HOME, World, make_world, proof
from tests.test_client import URL, Bridge

HOSTILE = "<img src=x onerror=alert(1)>"


class Labs:
    """The labs of several people in one world; their project folders are one."""

    def __init__(self, world: World, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world, self._patch = world, monkeypatch
        monkeypatch.setenv("HOME", str(home))
        monkeypatch.setenv(clients.URL_VARIABLE, URL)
        monkeypatch.setenv(VARIABLE, str(home / "catalog"))
        self.become("ada")
        gaia.project.create("Heat", "heat")
        self.folder = world.parts.folders.make("heat")
        (home / "projects").symlink_to(self.folder.parent)

    def become(self, name: str) -> None:
        def service() -> clients.ServiceClient:
            return clients.ServiceClient(URL, f"{name}-token", transport=Bridge(self.world.anyone()))

        for module in (shared, shared_data):
            self._patch.setattr(module, "_service", service)

    def write(self, name: str = "sst.csv") -> None:
        (self.folder / name).write_text("time,lon,lat,sst\n2020-01-01,1,45,10\n2020-02-01,3,47,12\n")


@pytest.fixture
def labs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Labs]:
    engine = make_engine(f"sqlite:///{tmp_path / 'gaia.sqlite'}")
    upgrade(engine)
    world = make_world(engine, tmp_path)
    home = tmp_path / "home"
    home.mkdir()
    yield Labs(world, home, monkeypatch)
    world.close()


def test_a_table_is_described_by_what_it_holds_and_opened_by_members(labs: Labs) -> None:
    labs.write()
    made = gaia.project("heat").publish_dataset("sst.csv", title="SST", creators=["Ada L."], licence="CC-BY-4.0")
    assert (made["name"], made["version"]) == ("heat.sst", 1)
    assert made["collection"]["extent"]["spatial"]["bbox"] == [[1, 45, 3, 47]]
    assert made["item"]["properties"]["start_datetime"].startswith("2020-01-01")
    assert "Ada L." in made["citation"]
    assert "SST" in made["citation"]
    assert list(gaia.open("heat.sst")["sst"]) == [10, 12]


def test_a_netcdf_file_is_described_and_opened(labs: Labs) -> None:
    import xarray as xr

    grid = xr.Dataset({"tos": (("lat", "lon"), [[1.0, 2.0]])}, {"lat": [45.0], "lon": [1.0, 2.0]})
    grid.to_netcdf(labs.folder / "Heat flux.nc")
    made = gaia.project("heat").publish_dataset("Heat flux.nc")
    assert made["name"] == "heat.heat-flux"
    bands = made["collection"]["assets"]["data"]["bands"]
    assert bands[0]["statistics"]["maximum"] == 2.0
    assert float(gaia.open("heat.heat-flux").tos.max()) == 2.0


def test_others_find_it_when_it_is_listed_and_never_have_the_files(labs: Labs) -> None:
    labs.write()
    heat = gaia.project("heat")
    heat.publish_dataset("sst.csv")
    labs.become("bob")
    with pytest.raises((NotFound, Unavailable)):
        gaia.open("heat.sst")
    labs.become("ada")
    heat.list_dataset("heat.sst")
    labs.become("bob")
    with pytest.raises(Unavailable, match="its files are for members of the project heat"):
        gaia.open("heat.sst")
    told = shared_data._asked("/published-datasets")[0]
    assert (told["mine"], told["path"], told["collection"]["assets"]) == (False, None, {})


def test_the_command_line_publishes_lists_and_withdraws(labs: Labs) -> None:
    labs.write()
    asked = ["publish-dataset", "heat", "sst.csv", "--as", "surface", "--title", "Surface", "--listed"]
    told = CliRunner().invoke(command, asked, catch_exceptions=False)
    assert told.output.startswith("heat.surface, version 1: ")
    assert gaia.project("heat").published_datasets()[0]["listed"]
    told = CliRunner().invoke(command, ["withdraw-dataset", "heat", "heat.surface"], catch_exceptions=False)
    assert told.output == "heat publishes heat.surface no longer.\n"


@pytest.mark.parametrize(
    ("path", "error", "message"),
    [
        ("../other/sst.csv", InvalidInput, "'../other/sst.csv' is no path within the folder of heat"),
        ("gone.csv", NotFound, "There is no 'gone.csv' in "),
        ("away.csv", InvalidInput, "'away.csv' is a link that leads out of the folder of heat"),
        ("broken.nc", InvalidInput, "'broken.nc' cannot be read ("),
    ],
)
def test_what_cannot_be_described_is_said(
    labs: Labs, tmp_path: Path, path: str, error: type[GaiaError], message: str
) -> None:
    (tmp_path / "outside.csv").write_text("a\n1\n")
    (labs.folder / "away.csv").symlink_to(tmp_path / "outside.csv")
    (labs.folder / "broken.nc").write_bytes(b"nothing")
    with pytest.raises(error) as caught:
        gaia.project("heat").publish_dataset(path)
    assert message in caught.value.message


def test_editors_correct_list_and_withdraw_on_its_page(labs: Labs) -> None:
    labs.write()
    gaia.project("heat").publish_dataset("sst.csv", title=HOSTILE)
    ada, page = labs.world.browser(), f"{HOME}datasets/heat.sst"
    shown = ada.get(page).text
    assert "<img src=x" not in shown + ada.get(f"{HOME}projects/heat").text
    assert 'gaia.open("heat.sst")' in re.sub("&#34;", '"', shown)
    fields = {"_xsrf": proof(shown), "name": "heat.sst"}
    words = {"title": "Surface", "abstract": "", "creators": "Ada L.\r\nBob M.", "licence": "CC0-1.0", "doi": ""}
    assert ada.post(f"{HOME}projects/heat/dataset", data=fields | words).headers["location"] == page
    assert "Ada L." in ada.get(page).text
    assert labs.world.browser(user="bob").get(page).status_code == 404
    ada.post(f"{HOME}projects/heat/dataset-listed", data=fields | {"listed": "yes"})
    strange = labs.world.browser(user="bob").get(page).text
    assert "sst.csv" not in strange
    assert "Correct what it says" not in strange
    assert ada.post(f"{HOME}projects/heat/dataset-withdrawn", data=fields).status_code == 303
    assert ada.get(page).status_code == 404
    assert "ada withdrew the dataset heat.sst" in ada.get(f"{HOME}projects/heat").text


def test_a_search_finds_ours_before_the_catalogs(labs: Labs) -> None:
    from gaia_vre.catalog.discovery import Discovered
    from gaia_vre.catalog.reader import Results

    labs.write()
    gaia.project("heat").publish_dataset("sst.csv", title="Abyssal calibration")
    nothing = Results([], "abyssal", Discovered())
    found = shared_data.with_ours(nothing, "abyssal calibration", None, "2020", None)
    assert [one.id for one in found] == ["heat.sst"]
    assert list(found[0].open()["sst"]) == [10, 12]
    assert len(shared_data.with_ours(nothing, "abyssal", (100, 0, 110, 10), None, None)) == 0
    labs.become("bob")
    assert shared_data.with_ours(nothing, "abyssal", None, None, None) is nothing
