"""Datasets that editors publish: what is taken, what is refused and who finds them; bob edits, eve is a stranger."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from gaia_vre.core.errors import Conflict, GaiaError, InvalidInput, NotAllowed, NotFound
from gaia_vre.projects.dataset_words import Words
from gaia_vre.projects.datasets import Described, PublishedDataset, PublishedDatasets
from gaia_vre.projects.folders import Folders
from gaia_vre.projects.model import Actor
from tests.projects.conftest import ADA, BOB, EVE, Desk

NAME = "ocean-heat.sst"
COLLECTION: dict[str, Any] = {
    "type": "Collection",
    "stac_version": "1.1.0",
    "id": "whatever",
    "title": "SST",
    "description": "Sea surface temperature",
    "license": "other",
    "extent": {"spatial": {"bbox": [[0, 0, 1, 1]]}, "temporal": {"interval": [[None, None]]}},
    "links": [],
    "assets": {"data": {"href": "/etc/passwd", "type": "text/csv", "roles": ["data"]}},
}


class Shop:
    """The datasets of a project with one file."""

    def __init__(self, desk: Desk, root: Path) -> None:
        self.desk, folders = desk, Folders(root)
        self.folder = folders.make("ocean-heat")
        (self.folder / "sst.csv").write_text("lon,lat,sst\n1,2,3\n")
        self.datasets = PublishedDatasets(desk.projects, folders, lambda name: name == "ocean-heat.taken")

    def publish(self, path: str = "sst.csv", key: str = "sst", by: Actor = BOB, **said: Any) -> PublishedDataset:
        collection = {**COLLECTION, **said.pop("collection", {})}
        return self.datasets.publish("ocean-heat", Described(path, key, collection, None, Words(**said)), by)


@pytest.fixture
def shop(desk: Desk, tmp_path: Path) -> Shop:
    desk.project(bob="editor", cleo="viewer")
    return Shop(desk, tmp_path / "projects")


def test_a_dataset_is_for_members_until_it_is_listed(shop: Shop) -> None:
    shop.publish()
    assert shop.datasets.find(NAME, Actor("cleo")).collection["id"] == NAME
    with pytest.raises(NotFound, match=r"No project publishes a dataset 'ocean-heat\.sst'"):
        shop.datasets.find(NAME, EVE)
    assert shop.datasets.seen_by(EVE) == []
    shop.datasets.set_listed("ocean-heat", NAME, BOB, listed=True)
    assert shop.datasets.find(NAME, EVE).role is None
    assert [one.name for one in shop.datasets.seen_by(EVE)] == [NAME]


def test_its_only_file_is_the_one_that_was_published(shop: Shop) -> None:
    made = shop.publish(collection={"gaia:rights": {"groups": ["x"]}, "gaia:example": ["import os"]})
    assert made.collection["assets"]["data"]["href"] == "sst.csv"
    assert not {"gaia:rights", "gaia:example"} & set(made.collection)


def test_again_is_a_new_version_and_so_is_a_correction(shop: Shop) -> None:
    shop.publish()
    assert shop.publish().version == 2
    words = Words("Heat", "All of it", "CC-BY-4.0", ("Ada L.", " "), "10.5281/zenodo.1")
    made = shop.datasets.correct("ocean-heat", NAME, words, BOB)
    assert (made.version, made.collection["version"]) == (3, "3")
    said = made.collection
    assert (said["title"], said["license"], said["sci:doi"]) == ("Heat", "CC-BY-4.0", "10.5281/zenodo.1")
    assert said["providers"] == [{"name": "Ada L.", "roles": ["producer"]}]
    assert [number for number, _, _ in shop.datasets.versions(made)] == [3, 2, 1]


def test_a_withdrawn_dataset_is_gone_and_its_file_stays(shop: Shop) -> None:
    shop.publish()
    shop.datasets.withdraw("ocean-heat", NAME, ADA)
    with pytest.raises(NotFound):
        shop.datasets.find(NAME, ADA)
    assert (shop.folder / "sst.csv").exists()
    kinds = [one.kind for one in shop.desk.projects.history("ocean-heat")[:2]]
    assert kinds == ["dataset-withdrawn", "dataset-published"]


@pytest.mark.parametrize("who", [Actor("cleo"), EVE], ids=["a viewer", "a stranger"])
def test_only_editors_publish(shop: Shop, who: Actor) -> None:
    message = "this is for editors, managers and owners; you are viewer" if who != EVE else "ocean-heat"
    with pytest.raises((NotAllowed, NotFound), match=message):
        shop.publish(by=who)
    shop.publish()
    with pytest.raises((NotAllowed, NotFound), match=message):
        shop.datasets.correct("ocean-heat", NAME, Words("Mine"), who)
    with pytest.raises((NotAllowed, NotFound), match=message):
        shop.datasets.withdraw("ocean-heat", NAME, who)


@pytest.mark.parametrize(
    ("path", "error", "message"),
    [
        ("../ocean/sst.csv", InvalidInput, "'../ocean/sst.csv' is no folder of a project"),
        ("/etc/passwd.csv", InvalidInput, "'/etc/passwd.csv' is no file of a project"),
        ("none.csv", NotFound, "There is no file 'none.csv' in ocean-heat"),
        ("link.csv", NotFound, "There is no file 'link.csv' that belongs to ocean-heat alone"),
        ("hard.csv", NotFound, "There is no file 'hard.csv' that belongs to ocean-heat alone"),
        ("away/sst.csv", NotFound, "There is no folder 'away'"),
        ("notes.txt", InvalidInput, "'notes.txt' is no dataset: its name ends in none of .zarr"),
    ],
)
def test_what_leaves_the_project_is_refused(
    shop: Shop, tmp_path: Path, path: str, error: type[GaiaError], message: str
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "sst.csv").write_text("a\n1\n")
    (shop.folder / "link.csv").symlink_to(outside / "sst.csv")
    (shop.folder / "away").symlink_to(outside)
    os.link(outside / "sst.csv", shop.folder / "hard.csv")
    with pytest.raises(error) as caught:
        shop.publish(path)
    assert message in caught.value.message


def test_an_id_belongs_to_one_file(shop: Shop) -> None:
    shop.publish()
    (shop.folder / "other.csv").write_text("a\n1\n")
    with pytest.raises(Conflict, match=r"ocean-heat\.sst is the dataset of another file"):
        shop.publish("other.csv")
    with pytest.raises(Conflict, match=r"The catalog has a dataset ocean-heat\.taken"):
        shop.publish(key="taken")


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"title": "x" * 121}, "The title has 121 characters; it takes 1 to 120"),
        ({"title": "a\u202eb"}, "The title has a character that cannot be shown"),
        ({"doi": "<script>"}, "'<script>' is no DOI, as 10.5281/zenodo.1234 is"),
        ({"licence": "a\nb"}, "The licence 'a\\nb' has over 200 characters, or some that cannot be shown"),
        ({"creators": ("x",) * 51}, "51 creators are named; a dataset takes at most 50"),
        ({"key": "../x"}, "'../x' is no name of a dataset"),
        ({"collection": {"type": "Catalog"}}, "The description of 'sst.csv' cannot be taken: type: 'Collection'"),
        ({"collection": {"extent": 1}}, "The description of 'sst.csv' cannot be taken: extent: an object expected"),
    ],
)
def test_what_cannot_be_said_is_refused(shop: Shop, said: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        shop.publish(**said)
    assert message in caught.value.message
