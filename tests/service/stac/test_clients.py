"""What people ask the API with: pystac-client, intake-stac, pystac's own checks; against a running service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pystac
import pytest
from pystac_client import Client

from tests.service.stac.conftest import SCENES

POLES = ["aeris", "climeri", "dinamis", "formaterre", "odatis", "others", "pndb", "theia"]


@pytest.fixture
def client(live: str) -> Client:
    return Client.open(f"{live}/")


def pages(address: str | None) -> Iterator[dict[str, Any]]:
    while address:
        page = httpx2.get(address).raise_for_status().json()
        yield page
        address = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)


def test_pystac_client_walks_from_the_landing_page_to_an_asset(client: Client) -> None:
    assert sorted(one.id for one in client.get_children()) == POLES
    odatis = next(one for one in client.get_children() if one.id == "odatis")
    below = list(odatis.get_children())
    assert len(below) > 10
    assert all(one.get_parent() is odatis for one in below)


def test_pystac_client_follows_every_page(client: Client) -> None:
    assert len({one.id for one in client.get_collections()}) == 131
    found = client.search(collections=[SCENES], limit=300)
    assert found.matched() == 1000
    assert len({one.id for one in found.items()}) == 1000


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_pystac_client_sorts_filters_and_shortens(client: Client, method: str) -> None:
    question = {"op": "<=", "args": [{"property": "eo:cloud_cover"}, 2]}
    asked: dict[str, Any] = {"filter": question if method == "POST" else "eo:cloud_cover <= 2"}
    asked["filter_lang"] = "cql2-json" if method == "POST" else "cql2-text"
    fields = {"include": ["properties.eo:cloud_cover"]} if method == "POST" else "properties.eo:cloud_cover"
    found = client.search(method=method, sortby="-eo:cloud_cover", fields=fields, limit=7, **asked)
    covers = [one["properties"]["eo:cloud_cover"] for one in found.items_as_dicts()]
    assert covers == [2] * 10 + [1] * 10


def test_pystac_client_searches_collections(client: Client) -> None:
    found = client.collection_search(q="température", limit=5)
    assert found.matched() == len(list(found.collections())) > 5
    here = client.collection_search(filter="\"gaia:pole\" = 'theia'", sortby="-id", bbox=[-180, -90, 180, 90])
    names = [one.id for one in here.collections()]
    assert names == sorted(names, reverse=True) != []


@pytest.mark.filterwarnings("ignore:pkg_resources is deprecated:UserWarning")  # intake-stac imports it
def test_intake_stac_opens_the_api(live: str) -> None:
    from intake_stac import StacCatalog

    catalog = StacCatalog(f"{live}/")
    assert sorted(catalog) == POLES
    assert len(list(catalog["odatis"])) > 10


def test_every_collection_and_item_is_valid_stac(live: str) -> None:
    checked = 0
    for address, name in ((f"{live}/collections?limit=100", "collections"), (f"{live}/search?limit=500", "features")):
        for page in pages(address):
            for one in page[name]:
                _validate(one)
                checked += 1
    assert checked > 1130


def test_the_landing_page_and_the_catalogs_are_valid_stac(live: str) -> None:
    root = httpx2.get(f"{live}/").json()
    for one in [root, *httpx2.get(f"{live}/children").json()["children"]]:
        _validate(one)


def _validate(document: dict[str, Any]) -> None:
    """Check a document against the core; schemas of extensions stand elsewhere."""
    pystac.validation.validate_dict(json.loads(json.dumps(document)) | {"stac_extensions": []})
