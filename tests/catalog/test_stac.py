"""What is written is valid STAC 1.1.

The core schemas come with pystac. Those of the extensions would be fetched, so they are left out.
"""

import json
from pathlib import Path

import pystac
import pytest
from pystac.validation import stac_validator

from gaia_vre.catalog.model import Dataset, Facts, from_json, to_json
from gaia_vre.catalog.stac import has_item, item, stac_files


def core_only(described: dict) -> dict:
    return {**described, "stac_extensions": []}


@pytest.fixture
def written(prepared: Path) -> dict[str, dict]:
    folder = prepared / "catalog"
    return {
        str(path.relative_to(folder)): json.loads(path.read_text())
        for path in sorted(folder.rglob("*.json"))
        if path.name != "index.json"
    }


def test_every_file_is_valid(written: dict[str, dict]) -> None:
    assert isinstance(pystac.validation.RegisteredValidator.get_validator(), stac_validator.STACValidator)
    for described in written.values():
        pystac.validation.validate_dict(core_only(described))


def test_every_link_and_file_is_there(prepared: Path, written: dict[str, dict]) -> None:
    for name, described in written.items():
        folder = (prepared / "catalog" / name).parent
        targets = [link["href"] for link in described["links"] if not link["href"].startswith("https:")]
        targets += [asset["href"] for asset in described.get("assets", {}).values()]
        assert [href for href in targets if not (folder / href).exists()] == []


def test_pystac_walks_the_catalog(prepared: Path) -> None:
    root = pystac.Catalog.from_file(str(prepared / "catalog" / "catalog.json"))
    ids = {child.id for child in root.get_children()}
    assert {"ostia-monthly", "argo-gdac", "olinda-landsat7"} <= ids
    assert [one.id for one in root.get_child("ostia-monthly").get_items()] == ["ostia-monthly"]


def test_grids_carry_a_datacube(written: dict[str, dict]) -> None:
    properties = written["ostia-monthly/ostia-monthly.json"]["properties"]
    assert properties["cube:variables"]["surface_temperature"]["dimensions"] == ["time", "latitude", "longitude"]
    assert properties["cube:dimensions"]["latitude"]["axis"] == "y"


def test_images_carry_their_projection(written: dict[str, dict]) -> None:
    described = written["olinda-landsat7/collection.json"]
    assert described["proj:code"] == "EPSG:31985"
    assert described["proj:shape"] == [352, 349]


def test_what_nobody_knows_is_named(written: dict[str, dict]) -> None:
    assert written["olinda-landsat7/collection.json"]["gaia:unknown"] == ["extent.temporal"]
    assert set(written["THEIA_OSO_RASTER_L3B/collection.json"]["gaia:unknown"]) == {"extent.spatial", "license"}


def test_both_licences_of_the_cmip6_file_are_shown(written: dict[str, dict]) -> None:
    licence = written["cmip6-ipsl-cm6a-lr-historical-ta/collection.json"]["gaia:licence"]
    assert "CC BY 4.0" in licence
    assert "CC BY-NC-SA 4.0" in licence


def test_a_wrong_licence_of_a_source_list_is_not_taken_over(written: dict[str, dict]) -> None:
    assert written["FLATSIM_TIMESERIE/collection.json"]["license"] == "CC-BY-NC-4.0"
    assert written["THEIA_OSO_RASTER_L3B/collection.json"]["license"] == "other"


def test_a_box_over_the_date_line_becomes_two_polygons(catalog) -> None:
    known = catalog["ostia-monthly"].dataset
    fiji = Dataset(
        "fiji",
        "Fiji",
        "Islands.",
        facts=Facts((176.0, -20.0, -178.0, -16.0), known.facts.period, assets=known.facts.assets),
    )
    assert has_item(fiji)
    assert item(fiji)["geometry"]["type"] == "MultiPolygon"
    pystac.validation.validate_dict(core_only(item(fiji)))


def test_the_index_keeps_every_field(catalog) -> None:
    for one in catalog:
        assert from_json(Dataset, json.loads(json.dumps(to_json(one.dataset)))) == one.dataset


def test_the_index_comes_last(catalog) -> None:
    assert list(stac_files([catalog["argo-gdac"].dataset]))[-1] == "index.json"
