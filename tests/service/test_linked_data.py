"""Datasets as schema.org and DCAT: read by rdflib without network, checked against shapes."""

from __future__ import annotations

import html
import json
import re
import socket
from pathlib import Path

import pytest
from rdflib import DCTERMS, Graph, Literal, URIRef

from gaia_vre.catalog.curated import load_descriptions
from gaia_vre.service.catalog.linked import documents
from tests.service.catalog_samples import LONG, described, hostile, opening, plain, write_catalog
from tests.service.conftest import HOME, World

SHAPES = Path(__file__).with_name("dcat_shapes.ttl")
BASE = "http://127.0.0.1:8000/services/gaia/"
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("linked data are read without a network")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def graph_of(text: str) -> Graph:
    return Graph().parse(data=text, format="json-ld")


def problems(graph: Graph) -> str:
    from pyshacl import validate

    conforms, _, report = validate(graph, shacl_graph=Graph().parse(SHAPES), advanced=False)
    return "" if conforms else str(report)


def test_every_description_of_the_package_fits_the_shapes() -> None:
    text = "".join(documents([one.dataset for one in load_descriptions()], BASE))
    assert len(json.loads(text)["dcat:dataset"]) > 100
    assert problems(graph_of(text)) == ""


def test_the_whole_catalog_fits_the_shapes_whatever_its_texts(world: World) -> None:
    folder = world.parts.settings.state / "data" / "catalog"
    write_catalog(folder, opening(), described(), plain(), hostile())
    answer = world.anyone().get(f"{HOME}catalog.jsonld")
    assert answer.headers["content-type"] == "application/ld+json"
    graph = graph_of(answer.text)
    assert problems(graph) == ""
    title = Literal("Sea-surface temperature of the Mediterranean")
    assert (URIRef(f"{BASE}catalog/sst"), DCTERMS.title, title) in graph


def test_the_whole_catalog_is_sent_again_only_when_it_was_loaded_anew(world: World) -> None:
    folder = world.parts.settings.state / "data" / "catalog"
    write_catalog(folder, opening())
    tag = world.anyone().get(f"{HOME}catalog.jsonld").headers["etag"]
    assert world.anyone().get(f"{HOME}catalog.jsonld", headers={"If-None-Match": tag}).status_code == 304
    write_catalog(folder, opening(), plain())
    assert world.anyone().get(f"{HOME}catalog.jsonld", headers={"If-None-Match": tag}).status_code == 200


def test_shapes_refuse_what_is_wrong() -> None:
    text = "".join(documents([opening(title="")], BASE))
    assert "dct:title" in problems(graph_of(text))


def test_a_page_carries_its_dataset_and_no_text_of_it_ends_the_script(world: World) -> None:
    write_catalog(world.parts.settings.state / "data" / "catalog", hostile())
    page = world.anyone().get(f"{HOME}catalog/{LONG}", headers={"Accept": "text/html"}).text
    script = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert script
    assert json.loads(script.group(1))["name"] == hostile().title
    assert html.unescape(script.group(1)) == script.group(1)


def test_a_harvester_may_ask_for_linked_data_by_name(world: World) -> None:
    write_catalog(world.parts.settings.state / "data" / "catalog", opening())
    for asked in ({"headers": {"Accept": "application/ld+json"}}, {"params": {"format": "jsonld"}}):
        answer = world.anyone().get(f"{HOME}catalog/sst", **asked)
        assert answer.json()["@type"] == ["Dataset", "dcat:Dataset"]
