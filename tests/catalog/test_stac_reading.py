import json
from dataclasses import replace
from pathlib import Path

import pytest

from gaia_vre.catalog.engine.load import load
from gaia_vre.catalog.engine.model import Search
from gaia_vre.catalog.engine.store import SqliteEngine
from gaia_vre.catalog.reader import Catalog
from gaia_vre.catalog.stac import collection as written
from gaia_vre.catalog.stac_reading import dataset_of
from tests.catalog.engine.documents import collection


def test_every_dataset_comes_back_as_it_was_written(prepared: Path, catalog: Catalog) -> None:
    engine = SqliteEngine(load(prepared / "catalog"))
    for one in catalog:
        found = dataset_of(engine.collection(one.id), engine.search("items", Search(collections=(one.id,))).documents)
        same = one.dataset
        assert replace(found, facts=same.facts, resolution=same.resolution) == same
        assert (found.facts.assets, found.facts.box) == (same.facts.assets, same.facts.box)
        assert found.facts.period == same.facts.period
        assert [v.name for v in found.facts.variables] == [v.name for v in same.facts.variables]
        assert [(d.name, d.size, d.axis) for d in found.facts.dimensions] == [
            (d.name, d.size, d.axis) for d in same.facts.dimensions if same.kind in ("grid", "image")
        ]


def test_a_collection_of_others_keeps_what_it_tells() -> None:
    found = dataset_of(
        collection(
            "theirs",
            "Theirs",
            license="CC-BY-4.0",
            contacts=[{"organization": "IPGP", "emails": [{"value": "a@example.org"}]}],
            links=[{"rel": "via", "href": "https://example.org/record"}],
            item_assets={"data": {"type": "application/x-netcdf"}},
            assets={"x": {"href": "https://example.org/x.nc"}},
        )
    )
    assert not found.opens_here
    assert found.licence is not None
    assert (found.licence.spdx, found.link, found.formats) == (
        "CC-BY-4.0",
        "https://example.org/record",
        ("application/x-netcdf",),
    )
    assert found.contact is not None
    assert found.contact.emails == ("a@example.org",)


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param({"extent": {"spatial": {"bbox": []}, "temporal": {"interval": [[]]}}}, id="empty extent"),
        pytest.param({"links": [{"rel": "via", "href": "javascript:alert(1)"}], "providers": [{}]}, id="bad link"),
        pytest.param({"cube:dimensions": {"x": {"extent": "wide"}}, "cube:variables": {"v": {}}}, id="odd cube"),
        pytest.param({"item_assets": ["x"], "cube:dimensions": ["x"], "table:columns": "x"}, id="lists for objects"),
        pytest.param({"contacts": [{"emails": None}], "keywords": None, "assets": {"a": None}}, id="nothing"),
    ],
)
def test_odd_collections_are_datasets_still(odd: dict[str, object]) -> None:
    found = dataset_of(json.loads(json.dumps(collection("odd", "Odd", **odd))))
    assert (found.title, found.link, found.providers) == ("Odd", None, ())


def test_what_has_no_copy_here_says_its_files_and_step(catalog: Catalog) -> None:
    described = replace(catalog["argo-gdac"].dataset, formats=("application/x-netcdf",), resolution=10.0)
    assert written(described)["item_assets"] == {"data": {"type": "application/x-netcdf", "roles": ["data"]}}
    assert dataset_of(written(described)).resolution == 10.0
