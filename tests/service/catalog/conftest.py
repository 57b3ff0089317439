"""A catalog with a public dataset and some with rights, and their files."""

from __future__ import annotations

from typing import Any

import pytest

from gaia_vre.catalog.engine.load import build
from gaia_vre.core.access_settings import Access, LicenceText
from gaia_vre.core.state import StateFolder
from tests.catalog.engine.documents import COLLECTIONS
from tests.service.conftest import World

TEXT = "You may look.\n\nYou may not sell."
RIGHTS: dict[str, dict[str, Any] | None] = {
    "open-sst": None,
    "argo-early": {"groups": ["argo"], "until": "2027-01-01T00:00:00Z", "granted_by": "Zoé Argo"},
    "ocean-only": {"groups": ["ocean"], "granted_by": "Zoé Argo"},
    "spot": {"licence": "spot-terms", "granted_by": "DINAMIS"},
    "unknown-terms": {"licence": "lost-terms"},
}


def collection(name: str, rights: dict[str, Any] | None) -> dict[str, Any]:
    href = f"gaia://{name}/zarr/a.zarr" if rights else "zarr/a.zarr"
    assets = {"data": {"href": href, "type": "application/vnd.zarr", "roles": ["data"]}}
    return COLLECTIONS[0] | {"id": name, "assets": assets} | ({"gaia:rights": rights} if rights else {})


def with_access(world: World, **access: Any) -> World:
    """Set the part `access` of the settings."""
    settings = world.parts.settings.model_copy(update={"access": Access(**access)})
    object.__setattr__(world.parts, "settings", settings)
    return world


@pytest.fixture
def library(world: World) -> World:
    """Ada belongs to the group ocean, bob to none; there is one licence."""
    folder = StateFolder(world.parts.settings.state)
    folder.catalog.mkdir(parents=True)
    build(folder.catalog / "catalog.sqlite", [collection(*one) for one in RIGHTS.items()], [])
    for name in RIGHTS:
        store = folder.restricted / name / "zarr" / "a.zarr"
        store.mkdir(parents=True)
        (store / "zarr.json").write_text(f"content of {name}")
        (store / "page.html").write_text("<script>steal()</script>")
    world.hub.tokens["ada-token"]["groups"] = ["ocean"]
    return with_access(world, licences=[LicenceText(key="spot-terms", title="SPOT", text=TEXT)])
