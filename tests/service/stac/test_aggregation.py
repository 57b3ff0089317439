"""What is asked of many items taken together, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from gaia_vre.catalog.engine.aggregating import NAMES
from tests.service.stac.test_search import STAC


def asked(client: TestClient, query: str, place: str = "") -> list[dict[str, Any]]:
    answer = client.get(f"{STAC}{place}/aggregate?{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["aggregations"]
    return found


def test_items_are_counted_where_nothing_else_is_asked(stac: TestClient) -> None:
    assert asked(stac, "") == [{"name": "total_count", "data_type": "integer", "value": 11}]
    assert asked(stac, "", "/collections/sst")[0]["value"] == 10
    assert asked(stac, "filter=eo:cloud_cover BETWEEN 20 AND 30")[0]["value"] == 2


def test_instants_and_years_are_written_as_instants(stac: TestClient) -> None:
    first, years = asked(stac, "aggregations=datetime_min,datetime_frequency&datetime_frequency_interval=year")
    assert first["value"] == "2020-01-01T12:00:00Z"
    assert years["buckets"] == [{"key": "2020-01-01T00:00:00Z", "data_type": "datetime", "frequency": 11}]


def test_collections_and_months_come_with_their_numbers(stac: TestClient) -> None:
    collections, months = asked(stac, "aggregations=collection_frequency,datetime_frequency")
    assert {one["key"]: one["frequency"] for one in collections["buckets"]} == {"sst": 10, "islands": 1}
    assert months["buckets"][0]["key"] == "2020-01-01T00:00:00Z"


def test_a_posted_question_finds_the_same(stac: TestClient) -> None:
    body = {"aggregations": ["total_count"], "filter": {"op": "=", "args": [{"property": "id"}, "sst-3"]}}
    for place in ("", "/collections/sst"):
        assert stac.post(f"{STAC}{place}/aggregate", json=body).json()["aggregations"][0]["value"] == 1


@pytest.mark.parametrize("place", ["", "/collections/sst"])
def test_what_can_be_asked_is_listed(stac: TestClient, place: str) -> None:
    for ask in (stac.get, stac.post):
        assert [one["name"] for one in ask(f"{STAC}{place}/aggregations").json()["aggregations"]] == list(NAMES)


@pytest.mark.parametrize("query", ["aggregations=sum", "datetime_frequency_interval=day", "aggregations=,,,"])
def test_an_aggregation_that_is_not_there_is_refused(stac: TestClient, query: str) -> None:
    assert stac.get(f"{STAC}/aggregate?{query}").status_code == 400


def test_a_collection_that_is_not_there_has_no_items_to_count(stac: TestClient) -> None:
    for place in ("aggregate", "aggregations"):
        assert stac.get(f"{STAC}/collections/none/{place}").status_code == 404
