"""The catalog's pages find and sort alike on every engine."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient

from tests.service.conftest import HOME

HTML = {"Accept": "text/html"}


def shown(client: TestClient, query: str) -> list[str]:
    answer = client.get(f"{HOME}catalog?{query}", headers=HTML)
    assert answer.status_code == 200, answer.text
    return list(dict.fromkeys(re.findall(r'href="[^"]*/catalog/([a-z0-9-]+)["?]', answer.text)))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=snow", ["snow-2", "snow-1", "glacier-words"]),
        ("q=snow&sort=title", ["glacier-words", "snow-1", "snow-2"]),
        ("pole=theia&sort=newest", ["glacier-keyword", "glacier-title"]),
        ("pole=aeris", ["snow-2", "snow-1"]),
        ("north=1&south=0&west=179&east=-179&pole=pndb", ["glacier-words"]),
    ],
    ids=["best first", "by title", "newest first", "what opens first", "a box over the date line"],
)
def test_a_search_shows_the_same_in_the_same_order(stac: TestClient, query: str, expected: list[str]) -> None:
    assert shown(stac, query) == expected


def test_a_dataset_and_the_whole_catalog_have_their_pages(stac: TestClient) -> None:
    assert "Température de surface de la mer" in stac.get(f"{HOME}catalog/sst", headers=HTML).text
    assert stac.get(f"{HOME}catalog.jsonld").status_code == 200
