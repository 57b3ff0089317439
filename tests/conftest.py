from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from gaia_vre.database.engine import make_engine
from tests.support.postgresql import new_database, running_postgresql

pytest_plugins = ["tests.support.prepared"]


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL of the tests' own: its address without a database name."""
    with running_postgresql(tmp_path_factory.mktemp("postgresql")) as url:
        yield url


@pytest.fixture(scope="session")
def postgis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL that knows places: its address without a database name."""
    if not list(Path("/usr/share/postgresql").glob("*/extension/postgis.control")):
        pytest.skip("POSTGIS IS NOT INSTALLED: the catalog is tried on SQLite only (Debian: postgresql-15-postgis-3)")
    with running_postgresql(tmp_path_factory.mktemp("postgis")) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An engine on a database without tables; each test runs on both kinds."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'gaia.sqlite'}"
    else:
        url = new_database(request.getfixturevalue("postgresql"))
    engine = make_engine(url)
    yield engine
    engine.dispose()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the started environment last: what is wrong with a part shows first, and sooner."""
    items.sort(key=lambda item: "end_to_end" in item.path.parts)
