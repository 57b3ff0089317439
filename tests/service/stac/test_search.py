"""The STAC API over HTTP: its links, its searches, and what it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.catalog.engine.documents import ITEMS
from tests.service.conftest import HOME, World, with_settings

STAC = f"{HOME}stac"
PUBLIC = "http://127.0.0.1:8000/services/gaia/stac"


def found(client: TestClient, **parameters: Any) -> list[str]:
    answer = client.get(f"{STAC}/search", params={"limit": 100} | parameters)
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["features"]]


def test_the_landing_page_leads_to_everything(stac: TestClient) -> None:
    page = stac.get(f"{STAC}/").json()
    links = {link["rel"]: link["href"] for link in page["links"]}
    assert links["self"] == f"{PUBLIC}/"
    assert {"root", "data", "conformance", "search", "service-desc"} <= links.keys()
    for link in page["links"]:
        if link.get("method", "GET") == "GET":
            assert stac.get(link["href"].removeprefix("http://127.0.0.1:8000")).status_code == 200
    assert page["conformsTo"] == stac.get(f"{STAC}/conformance").json()["conformsTo"]


def test_a_collection_and_its_items_link_to_each_other(stac: TestClient) -> None:
    item = stac.get(f"{STAC}/collections/sst/items/sst-0").json()
    links = {link["rel"]: link["href"] for link in item["links"]}
    assert links["collection"] == f"{PUBLIC}/collections/sst"
    collection = stac.get(links["collection"].removeprefix("http://127.0.0.1:8000")).json()
    assert {"self", "root", "parent", "items"} <= {link["rel"] for link in collection["links"]}


def test_pages_follow_each_other_without_gaps(stac: TestClient) -> None:
    address, seen = f"{STAC}/search?limit=3&sortby=-eo:cloud_cover", []
    while address:
        page = stac.get(address).json()
        seen += [one["id"] for one in page["features"]]
        following = [link["href"] for link in page["links"] if link["rel"] == "next"]
        address = following[0].removeprefix("http://127.0.0.1:8000") if following else None
    assert sorted(seen) == sorted(one["id"] for one in ITEMS)


def test_posted_pages_follow_each_other_too(stac: TestClient) -> None:
    page = stac.post(f"{STAC}/search", json={"limit": 9, "collections": ["sst"]}).json()
    following = next(link for link in page["links"] if link["rel"] == "next")
    rest = stac.post(f"{STAC}/search", json=following["body"]).json()
    assert not {one["id"] for one in rest["features"]} & {one["id"] for one in page["features"]}


def test_boxes_times_words_and_filters_narrow_a_search(stac: TestClient) -> None:
    assert found(stac, bbox="0.1,0.1,0.9,0.9") == ["sst-0"]
    assert found(stac, bbox="0.1,0.1,-10,0.9,0.9,100") == ["sst-0"]
    assert found(stac, bbox="179,-10,-179,10") == ["fiji"]
    assert found(stac, datetime="2020-01-03T00:00:00Z/2020-01-05T00:00:00Z") == ["sst-2", "sst-3"]
    assert found(stac, q="îles") == ["fiji"]
    assert found(stac, filter="eo:cloud_cover BETWEEN 20 AND 30 AND collection = 'sst'") == ["sst-2", "sst-3"]
    assert found(stac, filter='{"op":"=","args":[{"property":"id"},"fiji"]}', **{"filter-lang": "cql2-json"}) == [
        "fiji"
    ]


def test_fields_keep_what_was_asked(stac: TestClient) -> None:
    one = stac.get(f"{STAC}/search?ids=fiji&fields=id,properties.datetime,-geometry").json()["features"][0]
    assert "geometry" not in one
    assert one["properties"].keys() == {"datetime"}


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({"exclude": ["properties"], "include": ["properties.datetime"]}, {"datetime"}),
        ({"exclude": ["geometry"], "include": []}, {"datetime"}),
        ({"exclude": ["geometry"]}, {"datetime", "eo:cloud_cover"}),
    ],
    ids=["included and excluded", "nothing included", "only excluded"],
)
def test_what_is_included_goes_before_what_is_excluded(stac: TestClient, fields: Any, kept: set[str]) -> None:
    (one,) = stac.post(f"{STAC}/search", json={"ids": ["sst-5"], "fields": fields}).json()["features"]
    assert one["properties"].keys() == kept


def test_collections_are_found_by_words(stac: TestClient) -> None:
    answer = stac.get(f"{STAC}/collections?q=temperature").json()
    assert [one["id"] for one in answer["collections"]] == ["sst"]


def test_words_are_known_by_their_other_names(stac: TestClient) -> None:
    answer = stac.get(f"{STAC}/collections?q=SST").json()
    assert [one["id"] for one in answer["collections"]] == ["sst"]
    assert [one["id"] for one in stac.get(f"{STAC}/collections?q=sea%20surface%20temperature").json()["collections"]]


def test_queryables_name_the_properties(stac: TestClient) -> None:
    for place in ("", "/collections/sst"):
        assert {"id", "datetime", "eo:cloud_cover"} <= stac.get(f"{STAC}{place}/queryables").json()["properties"].keys()


def deep(levels: int) -> Any:
    return {"op": "not", "args": [deep(levels - 1)]} if levels else True


BAD_QUERIES = {
    "a short box": "bbox=1,2,3",
    "a box of words": "bbox=a,b,c,d",
    "a box of nan": "bbox=nan,0,1,1",
    "an infinite box": "bbox=-inf,0,inf,1",
    "a box beyond the earth": "bbox=-200,0,200,10",
    "a box upside down": "bbox=0,10,10,0",
    "no limit": "limit=0",
    "a negative limit": "limit=-1",
    "a reversed interval": "datetime=2021-01-01T00:00:00Z/2020-01-01T00:00:00Z",
    "a doubly open interval": "datetime=../..",
    "no time": "datetime=yesterday",
    "a time before all": "datetime=0001-01-01T00:00:00%2B14:00",
    "a forged token": "token=xxxx",
    "a token of another search": "token=WzEsMl0",
    "a huge token": f"token={'A' * 9000}",
    "a sort by SQL": "sortby=id;DROP TABLE items",
    "garbage": "filter=%00((",
    "SQL": "filter=id = 'x'; DROP TABLE items",
    "a filter that stops": "filter=id =",
    "an unknown function": "filter=sleep(10)",
    "a bomb": f"filter={'(' * 3000}",
    "nots": f"filter={'NOT ' * 2000}true",
    "a long filter": f"filter={'a' * 60_000}",
    "long words": f"q={'a' * 60_000}",
    "no geometry": "intersects={}",
    "half a geometry": 'intersects={"type":"Polygon","coordinates":[[1]]}',
    "a box and a geometry": 'bbox=0,0,1,1&intersects={"type":"Point","coordinates":[0,0]}',
    "an unknown language": "filter=true&filter-lang=sql",
    "wkt of nonsense": "filter=S_INTERSECTS(geometry,POLYGON((1 2)))",
}


@pytest.mark.parametrize("query", BAD_QUERIES.values(), ids=BAD_QUERIES)
def test_a_bad_question_is_a_problem_of_the_asker(stac: TestClient, query: str) -> None:
    answer = stac.get(f"{STAC}/search?{query}")
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "invalid"


BAD_BODIES: dict[str, Any] = {
    "deep": {"filter": deep(100)},
    "wide": {"filter": {"op": "and", "args": [True] * 5000}},
    "no operator": {"filter": {"args": []}},
    "a list": [],
    "a number beyond all": {"filter": {"op": "=", "args": [{"property": "a"}, 10**30]}},
    "a strange name": {"filter": {"op": "=", "args": [{"property": 'a"]) OR 1=1 --'}, 1]}},
    "a like bomb": {"filter": {"op": "like", "args": [{"property": "id"}, "%a" * 90]}},
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
def test_a_bad_body_is_refused(stac: TestClient, body: Any) -> None:
    content = json.dumps(body)
    answer = stac.post(f"{STAC}/search", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize(
    "path", ["collections/none", "collections/a%00b", "collections/..%2F..", "collections/sst/items/x"]
)
def test_what_is_not_there_is_not_found(stac: TestClient, path: str) -> None:
    assert stac.get(f"{STAC}/{path}").status_code == 404


def test_an_enormous_limit_is_a_full_page(stac: TestClient) -> None:
    assert len(found(stac, limit=10**9)) == len(ITEMS)


def test_half_a_character_breaks_nothing(stac: TestClient) -> None:
    content = '{"q": ["\\ud800"], "ids": ["\\ud800"], "filter": {"op": "=", "args": ["\\ud800", 1]}}'
    answer = stac.post(f"{STAC}/search", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code in (200, 400)


def test_nul_in_words_finds_nothing_bad(stac: TestClient) -> None:
    assert stac.get(f"{STAC}/search?q=a%00b").status_code == 200


def test_without_a_file_it_says_what_to_do(world: World) -> None:
    answer = world.anyone().get(f"{STAC}/collections")
    assert answer.status_code == 503
    assert "catalog load" in answer.json()["detail"]


def test_where_it_is_not_public_one_must_sign_in(stac_world: World) -> None:
    closed = with_settings(stac_world, catalog_anonymous=False)
    assert closed.anyone().get(f"{STAC}/collections").status_code == 401
    assert closed.program().get(f"{STAC}/collections").status_code == 200
