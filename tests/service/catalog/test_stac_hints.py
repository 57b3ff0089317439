"""STAC clients learn how files with rights are had, and never where they are kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gaia_vre.catalog.engine.load import build, load
from gaia_vre.core.errors import InvalidInput
from gaia_vre.core.state import StateFolder
from tests.catalog.engine.documents import COLLECTIONS, ITEMS
from tests.service.catalog.conftest import collection
from tests.service.conftest import HOME, World

STAC = f"{HOME}stac"


def test_assets_with_rights_point_to_the_service(library: World) -> None:
    found = library.anyone().get(f"{STAC}/collections/ocean-only").json()
    asset = found["assets"]["data"]
    assert asset["href"] == f"http://127.0.0.1:8000{HOME}files/ocean-only/zarr/a.zarr"
    assert [found["auth:schemes"][name]["type"] for name in asset["auth:refs"]] == ["http"]
    assert any("authentication" in one for one in found["stac_extensions"])
    assert str(library.parts.settings.state) not in json.dumps(found)


def test_items_say_it_too(library: World) -> None:
    folder = StateFolder(library.parts.settings.state).catalog
    assets = {"data": {"href": "gaia://ocean-only/zarr/a.zarr"}}
    item = ITEMS[0] | {"collection": "ocean-only", "assets": assets}
    build(folder / "catalog.sqlite", [collection("ocean-only", {"groups": ["ocean"]})], [item])
    found = library.anyone().get(f"{STAC}/search").json()["features"][0]
    assert found["assets"]["data"]["auth:refs"] == ["gaia"]
    assert set(found["properties"]["auth:schemes"]) == {"gaia"}


def test_open_assets_stay_as_they_are(library: World) -> None:
    found = library.anyone().get(f"{STAC}/collections/open-sst").json()
    assert found["assets"]["data"]["href"].startswith("file://")
    assert "auth:schemes" not in found


BAD = {
    "a file of the machine": {"assets": {"x": {"href": "file:///etc/passwd"}}},
    "a file outside": {"assets": {"x": {"href": "../../../../etc/passwd"}}},
    "a file of another dataset": {"assets": {"x": {"href": "gaia://other/zarr/a.zarr"}}},
    "a file above": {"assets": {"x": {"href": "gaia://sst/../other/a.zarr"}}},
    "rights that nobody understands": {"gaia:rights": {"users": ["ada"]}},
    "an embargo without end": {"gaia:rights": {"until": "some day"}},
}


@pytest.mark.parametrize("change", BAD.values(), ids=BAD)
def test_a_catalog_with_such_a_document_is_not_loaded(tmp_path: Path, change: dict) -> None:
    folder = tmp_path / "data" / "catalog"
    (folder / "sst").mkdir(parents=True)
    (folder / "catalog.json").write_text("{}")
    (folder / "sst" / "collection.json").write_text(json.dumps(COLLECTIONS[0] | {"id": "sst"} | change))
    with pytest.raises(InvalidInput, match=r"sst/collection\.json"):
        load(folder)
