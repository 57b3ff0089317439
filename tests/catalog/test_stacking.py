"""Images of a collection on one grid."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pystac
import pytest
import rasterio
import rasterio.warp

import gaia_vre as gaia
from gaia_vre.catalog import session
from gaia_vre.core.errors import InvalidInput, NotFound
from tests.support.stores import web_of


@pytest.fixture(autouse=True)
def own_catalog(catalog_environment):
    session.forget()
    yield
    session.forget()


def items(file: Path, days: int = 2, **properties) -> list[pystac.Item]:
    """Return one item a day, each with the same real image."""
    with rasterio.open(file) as image:
        facts = {
            "proj:code": "EPSG:32725",
            "proj:shape": list(image.shape),
            "proj:transform": list(image.transform)[:6],
            "sci:doi": "10.1/x",
        }
        west, south, east, north = rasterio.warp.transform_bounds(image.crs, "EPSG:4326", *image.bounds)
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    made = []
    for day in range(1, days + 1):
        when = datetime(2020, 1, day, tzinfo=UTC)
        shape = {"type": "Polygon", "coordinates": [ring]}
        one = pystac.Item(
            f"i{day}", shape, [west, south, east, north], when, {**facts, **properties}, collection="spot"
        )
        one.add_asset("elevation", pystac.Asset(str(file), media_type=pystac.MediaType.COG, roles=["data"]))
        one.add_asset("preview", pystac.Asset("https://x/y.png", media_type="image/png", roles=["thumbnail"]))
        made.append(one)
    return made


@pytest.fixture
def file(prepared: Path) -> Path:
    return prepared / "cog" / "olinda-elevation.tif"


def test_images_are_stacked_lazily_with_their_values(file: Path) -> None:
    stacked = gaia.stack(items(file))
    assert dict(stacked.sizes)["time"] == 2
    assert stacked["elevation"].chunks
    assert stacked.attrs["grid"].startswith("EPSG:32725, ")
    with rasterio.open(file) as image:
        np.testing.assert_array_equal(stacked["elevation"][0], image.read(1))


def test_a_grid_can_be_chosen(file: Path) -> None:
    stacked = gaia.stack(items(file), crs="EPSG:4326", resolution=0.001)
    assert {"latitude", "longitude"} <= set(stacked.dims)


def test_json_of_an_api_is_stacked_as_items_are(file: Path) -> None:
    stacked = gaia.stack([one.to_dict() for one in items(file)], variables="elevation")
    assert list(stacked.data_vars) == ["elevation"]


def test_a_box_leaves_out_what_is_elsewhere(file: Path) -> None:
    west, south, east, north = items(file)[0].bbox
    part = gaia.stack(items(file), bbox=(west, south, (west + east) / 2, north))
    whole = gaia.stack(items(file))
    assert 0 < part.sizes["x"] < whole.sizes["x"]
    with pytest.raises(InvalidInput, match="none of the 2 items reaches 0° to 1°N"):
        gaia.stack(items(file), bbox=(0, 0, 1, 1))


def test_remote_addresses_are_signed(file: Path) -> None:
    with web_of(file.parent) as web:
        given = items(file, 1)
        given[0].assets["elevation"].href = f"{web.url}/{file.name}"
        stacked = gaia.stack(given, sign=lambda href: f"{href}?signature=1")
        assert float(stacked["elevation"].max()) > 0
        assert any("?signature=1" in one for one in web.asked)
    assert given[0].assets["elevation"].href.endswith(".tif")


def test_a_copy_is_read_when_the_file_is_gone(file: Path) -> None:
    with web_of(file.parent) as web:
        given = items(file, 1)
        asset = given[0].assets["elevation"]
        asset.href = str(file.with_name("lost.tif"))
        with pytest.raises(NotFound, match=r"lost\.tif is gone"):
            gaia.stack(given)
        asset.extra_fields["alternate"] = {"toulouse": {"href": f"{web.url}/{file.name}"}}
        assert float(gaia.stack(given)["elevation"].max()) > 0


@pytest.mark.parametrize("href", ["file:///etc/passwd", "/etc/passwd", "../../../etc/passwd", "ftp://x/y.tif"])
def test_an_address_outside_the_data_is_refused(file: Path, href: str) -> None:
    given = items(file, 1)
    given[0].assets["elevation"].href = href
    with pytest.raises(InvalidInput, match="i1/elevation: its address"):
        gaia.stack(given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (lambda _: [], "0 items"),
        (lambda _: ["x"], "str is no STAC item"),
        (lambda _: [{"id": "x"}], "'x' is no STAC item"),
        (
            lambda file: items(file) + items(file, **{"proj:code": "EPSG:4326"}),
            "are in EPSG:32725, EPSG:4326; give crs",
        ),
        (lambda file: items(file, **{"proj:code": None}), "are in unknown; give crs"),
        (lambda _: [gaia.catalog()["olinda-landsat7"]], "unknown time; gaia.open"),
        (lambda _: [gaia.catalog()["ostia-monthly"]], "has no image"),
    ],
    ids=["nothing", "text", "no item", "two projections", "no projection", "no time", "no image"],
)
def test_what_cannot_be_stacked_says_why(file: Path, given, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        gaia.stack(given(file))


def test_an_unknown_image_is_named(file: Path) -> None:
    with pytest.raises(InvalidInput, match="no item has the image 'red'; they have elevation"):
        gaia.stack(items(file), variables="red")


def test_what_was_stacked_is_cited(file: Path) -> None:
    gaia.stack(items(file), variables="elevation")
    assert "10.1/x" in gaia.cited().bibtex
    assert "variables elevation" in gaia.cited().text
