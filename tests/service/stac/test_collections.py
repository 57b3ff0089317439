"""Collections searched, sorted, filtered and shortened, by GET and by POST."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.catalog.engine.documents import COLLECTIONS
from tests.service.stac.test_search import STAC


def named(client: TestClient, query: str) -> list[str]:
    answer = client.get(f"{STAC}/collections?{query}")
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["collections"]]


def posted(client: TestClient, **body: Any) -> dict[str, Any]:
    answer = client.post(f"{STAC}/collections", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_collections_are_sorted_and_filtered(stac: TestClient) -> None:
    assert named(stac, "sortby=-id&limit=2") == ["sst", "snow-2"]
    assert named(stac, "filter=\"gaia:pole\" = 'aeris'") == ["snow-1", "snow-2"]
    assert named(stac, "filter=\"gaia:pole\" = 'aeris'&sortby=-gaia:opens,title&limit=1") == ["snow-2"]


def test_fields_leave_out_what_was_not_asked(stac: TestClient) -> None:
    (one,) = stac.get(f"{STAC}/collections?q=temperature&fields=title,-links").json()["collections"]
    assert one.keys() == {"id", "type", "title"}


def test_a_posted_search_finds_the_same(stac: TestClient) -> None:
    pole = {"op": "=", "args": [{"property": "gaia:pole"}, "aeris"]}
    found = posted(stac, filter=pole, sortby=[{"field": "id", "direction": "desc"}], fields={"include": ["title"]})
    assert [one["id"] for one in found["collections"]] == ["snow-2", "snow-1"]
    assert "extent" not in found["collections"][0]
    assert [one["id"] for one in posted(stac, q=["temperature"])["collections"]] == ["sst"]
    assert posted(stac, bbox=[0, 0, 1, 1], datetime="2021-01-01T00:00:00Z/..")["numberMatched"] == len(COLLECTIONS)


def test_posted_pages_follow_each_other(stac: TestClient) -> None:
    body: dict[str, Any] | None = {"limit": 3}
    seen: list[str] = []
    while body is not None:
        page = posted(stac, **body)
        seen += [one["id"] for one in page["collections"]]
        body = next((link["body"] for link in page["links"] if link["rel"] == "next"), None)
    assert seen == sorted(one["id"] for one in COLLECTIONS)


@pytest.mark.parametrize(
    "body",
    [[], 1, {"bbox": [1, 2, 3]}, {"limit": 0}, {"q": "text"}, {"token": "forged"}, {"filter": {"op": "sleep"}}],
    ids=["a list", "a number", "a short box", "no limit", "no list", "a forged token", "half a filter"],
)
def test_a_bad_body_is_refused(stac: TestClient, body: Any) -> None:
    answer = stac.post(f"{STAC}/collections", json=body)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_pages_of_items_tell_how_many_there_are(stac: TestClient) -> None:
    assert stac.get(f"{STAC}/search?ids=fiji,sst-1").json()["numberMatched"] == 2
