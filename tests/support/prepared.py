"""The sample data prepared once per session, and a catalog that reads it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gaia_vre.catalog.reader import Catalog
from gaia_vre.production.prepare import prepare

SOURCES = Path(__file__).parents[2] / "example-notebooks" / "data"


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder; made once, nobody writes into it."""
    data = tmp_path_factory.mktemp("prepared") / "data"
    problems = prepare(data, SOURCES, lambda _: None)
    assert problems == []
    return data


@pytest.fixture
def catalog(prepared: Path) -> Catalog:
    return Catalog(prepared / "catalog")


@pytest.fixture
def catalog_environment(prepared: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a lab: this process has it too."""
    monkeypatch.setenv("GAIA_VRE_CATALOG", str(prepared / "catalog"))
    return dict(os.environ)
