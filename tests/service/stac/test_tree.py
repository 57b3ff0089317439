"""The catalog as a tree: landing page, catalogs of the poles, collections."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient

from tests.catalog.engine.documents import COLLECTIONS
from tests.service.stac.test_search import STAC

HOST = "http://127.0.0.1:8000"


def linked(client: TestClient, page: dict[str, Any], rel: str) -> list[dict[str, Any]]:
    addresses = [link["href"].removeprefix(HOST) for link in page["links"] if link["rel"] == rel]
    return [client.get(address).json() for address in addresses]


def test_every_collection_is_reached_from_the_landing_page(stac: TestClient) -> None:
    poles = linked(stac, stac.get(f"{STAC}/").json(), "child")
    assert [one["id"] for one in poles] == ["aeris", "pndb", "theia", "others"]
    reached = [one["id"] for pole in poles for one in linked(stac, pole, "child")]
    assert sorted(reached) == sorted(one["id"] for one in COLLECTIONS)


def test_children_are_the_catalogs_that_the_landing_page_leads_to(stac: TestClient) -> None:
    answer = stac.get(f"{STAC}/children").json()
    assert answer["children"] == linked(stac, stac.get(f"{STAC}/").json(), "child")


def test_a_collection_leads_back_to_its_pole(stac: TestClient) -> None:
    (pole,) = linked(stac, stac.get(f"{STAC}/collections/snow-1").json(), "parent")
    assert (pole["id"], pole["title"]) == ("aeris", "AERIS")


def test_a_catalog_that_is_not_there_names_those_that_are(stac: TestClient) -> None:
    answer = stac.get(f"{STAC}/catalogs/atlantis")
    assert answer.status_code == 404
    assert "there are aeris, pndb, theia, others" in answer.json()["detail"]
