"""Heir, environment, transfer, deletion and citations over HTTP."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from gaia_vre.core.settings import Environment
from gaia_vre.service.projects.pinning import digest_of
from tests.catalog.engine.documents import COLLECTIONS
from tests.service.catalog.test_search_api import with_catalog
from tests.service.conftest import HOME, World
from tests.service.projects.test_endings import a_pass, project, with_projects

API = f"{HOME}api/projects/ocean-heat"


def test_an_owner_names_an_heir_who_is_a_member(world: World) -> None:
    project(world, bob="editor")
    ada, bob = world.program(), world.program("bob-token")
    assert ada.put(f"{API}/heir", json={"username": "root"}).status_code == 422
    assert bob.put(f"{API}/heir", json={"username": "bob"}).status_code == 403
    assert ada.put(f"{API}/heir", json={"username": "bob"}).status_code == 204
    assert bob.get(f"{API}/life").json()["heir"] == "bob"


def test_a_project_is_given_to_somebody_else(world: World) -> None:
    project(world)
    ada = world.program()
    assert ada.post(f"{API}/transfer", json={"username": "nobody"}).status_code == 422
    assert ada.post(f"{API}/transfer", json={"username": "bob"}).status_code == 204
    roles = {one["username"]: one["role"] for one in ada.get(f"{API}/members").json()}
    assert roles == {"bob": "owner", "ada": "manager"}
    assert ada.post(f"{API}/transfer", json={"username": "ada"}).status_code == 403


def test_deleting_asks_for_the_name_and_keeps_an_archive(world: World) -> None:
    project(world, bob="manager")
    ada = world.program()
    assert ada.post(f"{API}/delete", json={"slug": "ocean"}).json()["detail"].startswith("Type ocean-heat to delete it")
    assert world.program("bob-token").post(f"{API}/delete", json={"slug": "ocean-heat"}).status_code == 403
    assert ada.post(f"{API}/delete", json={"slug": "ocean-heat"}).json()["state"] == "archived"
    a_pass(world)
    a_pass(world)
    life = ada.get(f"{API}/life").json()
    assert Path(life["archive_where"], "data/files/sst.txt").exists()
    assert life["purged"]
    assert not world.parts.registry.folder("ocean-heat").exists()
    assert ada.get(f"{API}/bag.zip").status_code == 409
    assert ada.post(f"{API}/delete", json={"slug": "ocean-heat"}).status_code == 409
    assert ada.get(f"{API}/history").json()[0]["kind"] == "purged"


@pytest.mark.parametrize(
    ("policy", "who"), [("owners", ("ada",)), ("managers", ("ada", "bob")), ("community", ())], ids=str
)
def test_the_end_is_moved_by_whom_the_settings_say(world: World, policy: str, who: tuple[str, ...]) -> None:
    world = with_projects(world, extended_by=policy)
    project(world, bob="manager")
    later = (world.time[0] + timedelta(days=300)).isoformat()
    answers = {
        one: world.program(f"{one}-token").patch(API, json={"ends": later}).status_code for one in ("ada", "bob")
    }
    assert answers == {one: 200 if one in who else 403 for one in ("ada", "bob")}


def test_a_project_in_its_grace_lives_again_when_its_end_is_moved_and_an_archived_one_does_not(world: World) -> None:
    project(world, days=1)
    ada = world.program()
    world.later(days=2)
    a_pass(world)
    assert ada.get(API).json()["state"] == "read-only"
    later = (world.time[0] + timedelta(days=100)).isoformat()
    assert ada.patch(API, json={"ends": later}).json()["state"] == "active"
    world.later(days=140)
    a_pass(world)
    assert ada.patch(API, json={"ends": (world.time[0] + timedelta(days=9)).isoformat()}).status_code == 409


def test_an_end_in_the_past_is_refused(world: World) -> None:
    project(world)
    answer = world.program().patch(API, json={"ends": (world.time[0] - timedelta(hours=1)).isoformat()})
    assert answer.status_code == 422


def test_an_environment_is_pinned_by_what_it_has(world: World) -> None:
    project(world, bob="editor")
    ada = world.program()
    assert world.program("bob-token").put(f"{API}/environment", json={"name": "pangeo"}).status_code == 403
    assert "did you mean 'pangeo'" in ada.put(f"{API}/environment", json={"name": "pange"}).json()["detail"]
    assert ada.put(f"{API}/environment", json={"name": "pangeo"}).status_code == 204
    assert ada.get(f"{API}/life").json()["environment_digest"].startswith("sha256:")


def test_a_digest_tells_environments_apart(tmp_path: Path) -> None:
    packages = tmp_path / "lib" / "python3.12" / "site-packages"
    (packages / "xarray-1.dist-info").mkdir(parents=True)
    here = Environment(name="here", title="Here", prefix=tmp_path)
    first = digest_of(here, pods=False)
    (packages / "dask-2.dist-info").mkdir()
    assert digest_of(here, pods=False) != first
    pinned = Environment(name="there", title="There", image="registry.example/lab@sha256:0123")
    assert digest_of(pinned, pods=True) == "sha256:0123"
    assert digest_of(Environment(name="x", title="X", image="lab:1"), pods=True) == "tag:lab:1"


def test_a_project_without_owners_gets_one_from_administrators_alone(world: World) -> None:
    project(world, bob="editor")
    root = world.program("root-token")
    assert root.put(f"{API}/owner", json={"username": "bob"}).status_code == 409
    del world.hub.servers["ada"]
    a_pass(world)
    assert world.program("bob-token").put(f"{API}/owner", json={"username": "bob"}).status_code == 403
    assert root.put(f"{API}/owner", json={"username": "bob"}).status_code == 204
    assert world.program("bob-token").get(API).json()["role"] == "owner"


def test_datasets_of_the_catalog_are_cited_once(world: World) -> None:
    project(world, bob="viewer")
    with_catalog(world, COLLECTIONS[0])
    ada, name = world.program(), COLLECTIONS[0]["id"]
    assert ada.post(f"{API}/datasets", json={"datasets": ["nothing"]}).status_code == 404
    for _ in range(2):
        assert ada.post(f"{API}/datasets", json={"datasets": [name, name]}).status_code == 204
    assert world.program("bob-token").post(f"{API}/datasets", json={"datasets": [name]}).status_code == 403
    assert [(one["dataset"], bool(one["citation"])) for one in ada.get(f"{API}/datasets").json()] == [(name, True)]
    assert [one["id"] for one in ada.get(f"{API}/facts").json()["datasets"]] == [name]


@pytest.mark.parametrize("path", ["life", "pending", "datasets"])
def test_a_stranger_learns_nothing(world: World, path: str) -> None:
    project(world)
    assert world.program("bob-token").get(f"{API}/{path}").status_code == 404
