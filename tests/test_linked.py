"""Notebooks open datasets with rights through the service, of every kind, and by Intake."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import gaia_vre as gaia
from gaia_vre.catalog.curated import load_descriptions
from gaia_vre.catalog.engine.load import load
from gaia_vre.catalog.model import Dataset, Rights
from gaia_vre.catalog.reader import Catalog
from gaia_vre.catalog.stac import stac_files, write_files
from gaia_vre.client import FileLinks
from gaia_vre.core.access_settings import LicenceText
from gaia_vre.core.durable import write_text
from gaia_vre.core.errors import NotAllowed, NotSignedIn
from gaia_vre.core.state import StateFolder
from gaia_vre.database.engine import make_engine
from gaia_vre.database.migrate import upgrade
from gaia_vre.linked import LinkedFileSystem, LinkKeeper, keeper
from gaia_vre.production.convert import convert
from gaia_vre.production.plan import read_marker
from gaia_vre.service.app import create_app
from tests.service.catalog.conftest import TEXT, with_access
from tests.service.conftest import World, make_world
from tests.support.prepared import SOURCES
from tests.support.running_service import running

OCEAN = Rights(groups=("ocean",), granted_by="Zoé Argo")
RESTRICTED = {
    "e1-north-america-tas": OCEAN,
    "olinda-elevation": OCEAN,
    "ariolimax-buttoni": OCEAN,
    "tohoku-2011-tly": OCEAN,
    "geoscope-can-station": Rights(licence="spot-terms"),
}


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with five datasets with rights."""
    folder = StateFolder(tmp_path_factory.mktemp("state"))
    described = [one for one in load_descriptions() if one.id in RESTRICTED]
    datasets: list[Dataset] = []
    for one in described:
        with_rights = replace(one, dataset=replace(one.dataset, rights=RESTRICTED[one.id]))
        convert(with_rights, SOURCES, folder.data)
        marker = read_marker(folder.data, one.id)
        assert marker is not None
        datasets.append(replace(with_rights.dataset, facts=marker.facts))
    write_files(folder.catalog, stac_files(datasets), write_text)
    load(folder.catalog)
    return folder.root


@pytest.fixture
def lab(state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """This process is ada's lab; she belongs to the group ocean."""
    engine = make_engine(f"sqlite:///{tmp_path / 'gaia.sqlite'}")
    upgrade(engine)
    world = with_access(
        make_world(engine, state), licences=[LicenceText(key="spot-terms", title="SPOT terms", text=TEXT)]
    )
    world.time[0] = datetime.now(UTC)
    world.hub.tokens["ada-token"]["groups"] = ["ocean"]
    with running(create_app(world.parts, reconcile=False)) as address:
        monkeypatch.setenv("GAIA_VRE_URL", f"{address}/services/gaia")
        monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "ada-token")
        monkeypatch.setenv("GAIA_VRE_CATALOG", str(StateFolder(state).catalog))
        forget_all()
        yield world
    forget_all()
    world.close()


def forget_all() -> None:
    for name in RESTRICTED:
        keeper.forget(name)


def test_a_grid_is_read_lazily_and_whole(lab: World) -> None:
    grid = gaia.open("e1-north-america-tas")
    values = next(iter(grid.data_vars.values()))
    assert values.chunks is not None
    assert float(values.mean()) > 200


def test_an_image_a_table_and_traces_are_read(lab: World) -> None:
    assert int(gaia.open("olinda-elevation").isel(band=0).max()) > 10
    assert set(gaia.open("ariolimax-buttoni", presence=1)["presence"]) == {1}
    assert len(gaia.open("tohoku-2011-tly")) > 0


def test_a_licence_is_shown_accepted_and_then_opens(lab: World) -> None:
    with pytest.raises(NotAllowed, match=r"accepted the licence spot-terms\. gaia\.access\('geoscope-can-station'\)"):
        gaia.open("geoscope-can-station")
    shown = gaia.access("geoscope-can-station")
    assert TEXT in repr(shown)
    assert shown.accept().allowed
    assert type(gaia.open("geoscope-can-station")).__name__ == "Inventory"


def test_a_refusal_says_who_grants_access(lab: World) -> None:
    lab.hub.tokens["ada-token"]["groups"] = []
    with pytest.raises(NotAllowed, match="Zoé Argo grants access"):
        gaia.open("ariolimax-buttoni")


def test_intake_reads_them_through_the_same_links(lab: World) -> None:
    from gaia_vre.catalog.intake import GaiaCatalog

    entries = GaiaCatalog(Catalog(StateFolder(lab.parts.settings.state).catalog))
    assert len(entries["ariolimax-buttoni"].read()) > 0
    lab.hub.tokens["ada-token"]["groups"] = []
    lab.parts.login._remembered.clear()
    keeper.forget("ariolimax-buttoni")
    with pytest.raises(NotAllowed, match="Zoé Argo"):
        entries["ariolimax-buttoni"].read()


def test_a_link_that_the_service_takes_no_longer_is_never_taken_for_missing_data(lab: World) -> None:
    grid = gaia.open("e1-north-america-tas")
    lab.later(hours=2)
    with pytest.raises(NotAllowed, match="took the link no longer"):
        grid.load()


def test_a_link_travels_with_the_work(lab: World, monkeypatch: pytest.MonkeyPatch) -> None:
    grid = gaia.open("e1-north-america-tas")
    sent = pickle.dumps(grid)
    forget_all()
    monkeypatch.delenv("JUPYTERHUB_API_TOKEN")
    assert float(next(iter(pickle.loads(sent).data_vars.values())).mean()) > 200


def link(minutes: float) -> FileLinks:
    return FileLinks("sst", datetime.now(UTC) + timedelta(minutes=minutes), "http://127.0.0.1:9/x")


def test_a_link_is_asked_for_once_and_anew_shortly_before_its_end() -> None:
    given = [link(60), link(0.5), link(60)]
    links = LinkKeeper(lambda _: given.pop(0))
    assert links.link("sst") is links.link("sst")
    links.forget("sst")
    assert links.link("sst") is not links.link("sst")
    assert given == []


def test_a_worker_uses_the_link_it_has_to_its_end() -> None:
    def ask(_: str) -> FileLinks:
        raise NotSignedIn("no token here")

    links = LinkKeeper(ask)
    links.add({"sst": link(0.5)})
    assert links.link("sst") is links.known()["sst"]
    links.add({"old": link(-1)})
    with pytest.raises(NotAllowed, match="it has ended"):
        links.link("old")


def test_a_file_that_is_not_there_is_missing(lab: World) -> None:
    with pytest.raises(FileNotFoundError):
        LinkedFileSystem().cat_file("gaia://ariolimax-buttoni/tables/none.parquet")
