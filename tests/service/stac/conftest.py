from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from gaia_vre.catalog.engine.load import build, documents
from gaia_vre.catalog.engine.pgstac.load import load
from gaia_vre.core.state import StateFolder
from gaia_vre.database.engine import make_engine
from gaia_vre.database.migrate import upgrade
from gaia_vre.service.app import create_app
from tests.catalog.engine.documents import COLLECTIONS, ITEMS, collection, item
from tests.service.conftest import HOME, World, make_world, with_settings
from tests.support.environment import free_port
from tests.support.postgresql import new_database
from tests.support.running_service import running


@pytest.fixture(scope="session")
def loaded_pgstac(postgis: str) -> str:
    """The address of a database that holds the small catalog."""
    address = new_database(postgis)
    load(address.replace("+psycopg", ""), COLLECTIONS, ITEMS)
    return address


@pytest.fixture(params=["sqlite", "pgstac"])
def stac_world(request: pytest.FixtureRequest, world: World) -> World:
    """The service with the small catalog, in each engine."""
    if request.param == "pgstac":
        return with_settings(world, database_url=request.getfixturevalue("loaded_pgstac"))
    folder = StateFolder(world.parts.settings.state).catalog
    folder.mkdir(parents=True)
    build(folder / "catalog.sqlite", COLLECTIONS, ITEMS)
    return world


@pytest.fixture
def stac(stac_world: World) -> TestClient:
    return stac_world.anyone()


SCENES = "0-scenes"
"""Validators take the first items that they find."""


def thousand_items() -> Iterator[dict[str, Any]]:
    for n in range(1000):
        west, south = n % 40 * 9 - 180, n // 40 % 20 * 9 - 90
        one = item(
            f"scene-{n:04}", SCENES, [west, south, west + 8, south + 8], n % 28 + 1, **{"eo:cloud_cover": n % 100 + 1}
        )
        yield one | {"assets": {"data": {"href": f"zarr/scene-{n}.zarr", "roles": ["data"]}}}


@pytest.fixture(scope="session", params=["sqlite", "pgstac"])
def live(request: pytest.FixtureRequest, prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the API of a running service: the sample catalog and a thousand items more."""
    state = tmp_path_factory.mktemp("live")
    described, items = documents(prepared / "catalog")
    loaded = [*described, collection(SCENES, "Scenes")], [*items, *thousand_items()]
    engine = make_engine(f"sqlite:///{state / 'gaia.sqlite'}")
    upgrade(engine)
    world, port = make_world(engine, state), free_port()
    if request.param == "pgstac":
        address = new_database(request.getfixturevalue("postgis"))
        load(address.replace("+psycopg", ""), *loaded)
        world = with_settings(world, database_url=address)
    else:
        StateFolder(state).catalog.mkdir(parents=True)
        build(StateFolder(state).catalog / "catalog.sqlite", *loaded)
    addresses = world.parts.settings.addresses.model_copy(update={"public": f"http://127.0.0.1:{port}"})
    settings = world.parts.settings.model_copy(update={"addresses": addresses})
    world.parts = replace(world.parts, settings=settings)
    with running(create_app(world.parts, reconcile=False), port) as root:
        yield f"{root}{HOME}stac"
    world.close()
    engine.dispose()
