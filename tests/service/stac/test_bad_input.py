"""What nobody should send: a problem document that names value and limit, on every engine and in every way to ask."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.service.stac.test_search import STAC


def deep(levels: int) -> Any:
    found: Any = True
    for _ in range(levels):
        found = {"op": "not", "args": [found]}
    return found


EQUAL = {"op": "=", "args": [{"property": "id"}, "x"]}
NAMED: dict[str, tuple[dict[str, Any], str]] = {
    "a reversed interval": ({"datetime": "2021-01-01T00:00:00Z/2020-01-01T00:00:00Z"}, "2021-01-01T00:00:00Z"),
    "a filter too deep": ({"filter": deep(100)}, "over 20 deep"),
    "a filter too large": ({"filter": {"op": "or", "args": [EQUAL] * 600}}, "over 500 parts"),
    "an operator that is not there": ({"filter": {"op": "sleep", "args": [10]}}, "'sleep'"),
    "a forged token": ({"token": "WzEsMl0"}, "token"),
    "a box off the Earth": ({"bbox": [-200, 0, 200, 10]}, "-180"),
    "a box upside down": ({"bbox": [0, 10, 10, 0]}, "bbox"),
    "heights upside down": ({"bbox": [0, 0, 9, 1, 1, 1]}, "bbox"),
    "sorting by SQL": ({"sortby": [{"field": "id;DROP TABLE items", "direction": "asc"}]}, "DROP TABLE"),
    "long words": ({"q": ["a" * 60_000]}, "over 200 characters"),
    "many words": ({"q": ["a"] * 1000}, "1,000 values; at most 20"),
}


@pytest.mark.parametrize("place", ["search", "collections", "aggregate"])
@pytest.mark.parametrize(("body", "said"), NAMED.values(), ids=NAMED)
def test_a_posted_question_out_of_bounds_is_told_so(
    stac: TestClient, place: str, body: dict[str, Any], said: str
) -> None:
    if place == "aggregate" and body.keys() & {"token", "sortby"}:
        pytest.skip("numbers have no order and no pages")
    answer = stac.post(f"{STAC}/{place}", json=body)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.json()["detail"]


@pytest.mark.parametrize("place", ["search", "collections", "aggregate", "collections/sst/items"])
@pytest.mark.parametrize("text", ["(" * 3000, "NOT " * 2400 + "id='a'", "id='a' AND " * 900 + "id='a'", "a" * 60_000])
def test_a_bomb_of_text_is_refused(stac: TestClient, place: str, text: str) -> None:
    answer = stac.get(f"{STAC}/{place}", params={"filter": text})
    assert answer.status_code == 400
    assert "filter: " in answer.json()["detail"]


def test_ten_thousand_ids_are_too_many(stac: TestClient) -> None:
    names = [f"{n}" for n in range(10_000)]
    for answer in (stac.post(f"{STAC}/search", json={"ids": names}), stac.get(f"{STAC}/search?ids={','.join(names)}")):
        assert answer.status_code == 400
        assert "ids: 10,000 values; at most 1,000" in answer.json()["detail"]


SHAPES: list[Any] = [
    {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]},
    {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [5, 5]]]},
    {"type": "Point", "coordinates": ["a", "b"]},
    {"type": "Point", "coordinates": []},
    {"type": "Point", "coordinates": [500, 100]},
    {"type": "Circle", "coordinates": [0, 0]},
    {"type": "MultiPoint", "coordinates": [[n % 90, 1] for n in range(20_000)]},
    "Point",
    7,
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: str(shape)[:40])
@pytest.mark.parametrize("place", ["search", "aggregate"])
def test_a_geometry_that_is_none_is_refused(stac: TestClient, place: str, shape: Any) -> None:
    assert stac.post(f"{STAC}/{place}", json={"intersects": shape}).status_code == 400
    in_a_filter = {"op": "s_intersects", "args": [{"property": "geometry"}, shape]}
    assert stac.post(f"{STAC}/{place}", json={"filter": in_a_filter}).status_code == 400


def test_a_bow_tie_is_a_geometry_that_can_be_asked_for(stac: TestClient) -> None:
    tie = {"type": "Polygon", "coordinates": [[[0, 0], [5, 5], [5, 0], [0, 5], [0, 0]]]}
    assert stac.post(f"{STAC}/search", json={"intersects": tie}).status_code in (200, 400)


ODD = ("%2E%2E", "..%2F..%2Fetc%2Fpasswd", "a%2Fb", "%00", "%ED%A0%80", "%FF", "'%20OR%201=1", "x" * 5000)


@pytest.mark.parametrize("name", ODD, ids=lambda name: name[:12])
def test_an_odd_name_is_not_there(stac: TestClient, name: str) -> None:
    places = (name, f"{name}/items", f"{name}/items/x", f"{name}/queryables", f"{name}/aggregate", f"sst/items/{name}")
    for place in places:
        answer = stac.get(f"{STAC}/collections/{place}")
        assert answer.status_code in (400, 404), f"{place}: {answer.status_code} {answer.text[:200]}"
    assert stac.get(f"{STAC}/catalogs/{name}").status_code == 404


TEXTS = ["text", "", "\ud800", "\0"]
WRONG: list[Any] = [None, True, 7, -1, 1.5, 10**30, *TEXTS, [], [[]], [None], [7], {}, {"a": 1}, ["\ud800"], ["\0"]]
PARTS = (
    "ids", "collections", "bbox", "intersects", "datetime", "q", "filter", "filter-lang", "filter-crs", "sortby",
    "fields", "limit", "token", "aggregations", "datetime_frequency_interval",
)  # fmt: skip


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("place", ["search", "collections", "aggregate", "collections/sst/aggregate"])
def test_no_type_of_value_breaks_the_service(stac: TestClient, place: str, part: str) -> None:
    for value in WRONG:
        content = json.dumps({part: value})
        answer = stac.post(f"{STAC}/{place}", content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code in (200, 400), f"{content}: {answer.status_code} {answer.text[:200]}"


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 50_000, b'{"limit": NaN}', b'{"filter":' * 5000])
def test_what_is_no_json_is_refused(stac: TestClient, content: bytes) -> None:
    for place in ("search", "collections", "aggregate"):
        answer = stac.post(f"{STAC}/{place}", content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400, answer.text[:200]


@pytest.mark.parametrize("place", ["search", "aggregate"])
def test_boxes_with_heights_and_over_the_date_line_work(stac: TestClient, place: str) -> None:
    for box, count in (([179, -10, -179, 10], 1), ([0.1, 0.1, -10, 0.9, 0.9, 100], 1)):
        found = stac.post(f"{STAC}/{place}", json={"bbox": box}).json()
        assert (found.get("numberMatched") or found["aggregations"][0]["value"]) == count
