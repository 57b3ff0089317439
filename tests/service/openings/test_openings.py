"""Datasets that are opened for a project: who may tell it, how often it is written, where it is read."""

from __future__ import annotations

from typing import Any

import pytest

from gaia_vre.service.openings import store
from tests.service.conftest import HOME, World
from tests.service.fakes import ACCESS
from tests.service.projects.heat import lease, project_client
from tests.service.projects.test_outputs import crate_of

API = "/services/gaia/api"


@pytest.fixture
def heat(world: World) -> World:
    body = {"title": "Ocean heat", "slug": "ocean-heat"}
    assert world.program().post(f"{API}/projects", json=body).status_code == 201
    world.hub.tokens["eve-token"] = {"name": "eve", "kind": "user", "admin": False, "scopes": [ACCESS]}
    world.parts.folders.make("ocean-heat")
    return world


def opens(world: World, token: str = "ada-token", *names: str, **more: Any) -> int:
    body = {"datasets": list(names) or ["ostia-monthly"], **more}
    return int(world.program(token).post(f"{API}/openings", json=body).status_code)


def used(world: World) -> list[tuple[str, int, str]]:
    found = store.Openings(world.parts.engine).of("project:ocean-heat")
    return [(one.dataset, one.count, one.by.username) for one in found]


def test_what_the_projects_own_server_opens_is_kept(heat: World) -> None:
    told = project_client(heat, "ocean-heat").post(f"{API}/openings", json={"datasets": ["ostia-monthly"]})
    assert told.status_code == 204
    assert used(heat) == [("ostia-monthly", 1, "p-ocean-heat")]
    assert "the project’s server" in heat.browser().get(f"{HOME}projects/ocean-heat").text


def test_what_an_app_opens_is_kept_as_the_apps(heat: World) -> None:
    client = project_client(heat, "ocean-heat")
    client.post(f"{API}/openings", json={"datasets": ["ostia-monthly"], "server": "app-1"})
    assert "an app of the project" in heat.browser().get(f"{HOME}projects/ocean-heat").text


def test_a_lab_of_an_editor_tells_what_it_opens_in_the_projects_folder(heat: World) -> None:
    assert opens(heat, project="ocean-heat") == 204
    assert used(heat) == [("ostia-monthly", 1, "ada")]


def test_a_lab_that_the_project_pays_for_tells_what_it_opens(heat: World) -> None:
    assert lease(heat, username="ada", account="project:ocean-heat").status_code == 201
    assert opens(heat) == 204
    assert used(heat) == [("ostia-monthly", 1, "ada")]


def test_a_lab_that_is_for_no_project_keeps_nothing(heat: World) -> None:
    assert opens(heat) == 204
    assert used(heat) == []


@pytest.mark.parametrize("role", ["viewer", None])
def test_who_may_not_write_in_a_project_tells_nothing_of_it(heat: World, role: str | None) -> None:
    if role:
        heat.program().put(f"{API}/projects/ocean-heat/members/bob", json={"role": role})
    assert opens(heat, "bob-token", project="ocean-heat") == 403
    assert opens(heat, "eve-token", project="ocean-heat") == 403
    assert used(heat) == []


def test_a_project_that_is_over_is_told_nothing(heat: World) -> None:
    heat.later(days=400)
    heat.parts.registry.founding.turn(heat.time[0])
    assert opens(heat, project="ocean-heat") == 403
    assert project_client(heat, "ocean-heat").post(f"{API}/openings", json={"datasets": ["a"]}).status_code == 204
    assert used(heat) == []


def test_who_opens_something_again_and_again_writes_now_and_then(heat: World) -> None:
    for _ in range(5):
        assert opens(heat, project="ocean-heat") == 204
    assert used(heat) == [("ostia-monthly", 1, "ada")]
    heat.later(minutes=10)
    opens(heat, project="ocean-heat")
    project_client(heat, "ocean-heat").post(f"{API}/openings", json={"datasets": ["ostia-monthly"]})
    assert used(heat) == [("ostia-monthly", 3, "p-ocean-heat")]


def test_a_project_keeps_so_many_and_no_more(heat: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST", 3)
    assert opens(heat, "ada-token", *(f"d{number}" for number in range(5)), project="ocean-heat") == 204
    assert len(used(heat)) == 3


@pytest.mark.parametrize(
    "body",
    [
        {"datasets": []},
        {"datasets": ["a"] * 101},
        {"datasets": ["<b>"]},
        {"datasets": ["a"], "project": "../x"},
        {"datasets": ["a"], "server": "a/b"},
        {"datasets": ["a"], "more": 1},
    ],
)
def test_what_cannot_be_is_refused(heat: World, body: dict[str, Any]) -> None:
    assert heat.program().post(f"{API}/openings", json=body).status_code == 422


def test_the_page_shows_members_what_was_used_by_whom_and_how_often(heat: World) -> None:
    opens(heat, "ada-token", "one", "two", project="ocean-heat")
    heat.later(minutes=10)
    opens(heat, "ada-token", "two", project="ocean-heat")
    text = heat.browser().get(f"{HOME}projects/ocean-heat").text
    assert "2\u00a0openings" in text
    assert "1\u00a0opening ·" in text
    assert text.index("catalog/two") < text.index("catalog/one")
    french = heat.browser().get(f"{HOME}projects/ocean-heat", headers={"Accept-Language": "fr"}).text
    assert "Jeux de données utilisés" in french
    assert "2\u00a0ouvertures" in french


def test_the_crate_names_what_was_opened_and_cites_what_is_cited(heat: World) -> None:
    opens(heat, "ada-token", "one", project="ocean-heat")
    heat.later(minutes=10)
    opens(heat, "ada-token", "one", project="ocean-heat")
    told = {str(one["@id"]): one for one in crate_of(heat)}
    use = told["#use-one"]
    assert (use["@type"], use["description"]) == ("UseAction", "opened 2 times")
    assert (use["object"], use["agent"]) == ({"@id": "#dataset-one"}, {"@id": "#person-ada"})
    assert told["#dataset-one"]["additionalType"] == "Dataset"
    assert {"@id": "#use-one"} in told["./"]["mentions"]  # type: ignore[operator]
    assert "citation" not in told["./"]
