from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from gaia_vre.catalog.engine.load import build
from gaia_vre.catalog.engine.pgstac.load import load
from gaia_vre.core.state import StateFolder
from tests.catalog.engine.documents import COLLECTIONS, ITEMS
from tests.service.conftest import World, with_settings
from tests.support.postgresql import new_database


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
