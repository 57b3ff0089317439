"""The servers of projects: the tests play ada, who owns one, and bob, whom she lets in."""

from __future__ import annotations

from typing import Any

import pytest

from tests.service.conftest import World
from tests.service.fakes import ACCESS
from tests.service.projects.heat import API, lease, project_client, started


def test_an_editor_starts_the_server_and_all_editors_are_let_in(heat: World) -> None:
    started(heat)
    assert heat.hub.shares == {"p-heat": {"ada", "bob"}}
    assert ("POST", "/users/p-heat/server") in heat.hub.done
    assert (heat.parts.settings.project_folders / "heat").is_dir()


def test_a_viewer_neither_starts_nor_enters_the_server(heat: World) -> None:
    heat.program().put(f"{API}/heat/members/bob", json={"role": "viewer"})
    bob = heat.program("bob-token")
    for method, path in (("POST", "server"), ("POST", "server/open"), ("DELETE", "server")):
        body = {"json": {}} if path == "server" and method == "POST" else {}
        assert bob.request(method, f"{API}/heat/{path}", **body).status_code == 403
    started_by_ada = heat.program().post(f"{API}/heat/server", json={"size": "medium"})
    assert started_by_ada.status_code == 202
    assert heat.hub.shares == {"p-heat": {"ada"}}


@pytest.mark.parametrize(
    "body",
    [{"size": "huge"}, {"size": "x" * 50}, {"username": "ada"}, {"size": 3}],
    ids=["no such size", "a long name", "an unknown key", "no text"],
)
def test_a_start_of_what_cannot_be_is_refused(heat: World, body: dict[str, Any]) -> None:
    assert heat.program().post(f"{API}/heat/server", json=body).status_code == 422
    assert heat.hub.done == []


def test_nobody_starts_the_server_of_a_project_that_is_over(heat: World) -> None:
    heat.later(days=400)
    heat.parts.registry.founding.turn(heat.time[0])
    answer = heat.program().post(f"{API}/heat/server", json={})
    assert answer.status_code == 403
    assert lease(heat, username="p-heat").status_code == 403


def test_a_stranger_learns_nothing_of_the_server(heat: World) -> None:
    root = heat.program("weak-token")
    heat.hub.tokens["eve-token"] = {"name": "eve", "kind": "user", "admin": False, "scopes": [ACCESS]}
    eve = heat.program("eve-token")
    assert [eve.get(f"{API}/heat/{path}").status_code for path in ("server", "files", "server/people")] == [
        404,
        404,
        405,
    ]
    assert eve.post(f"{API}/heat/server", json={}).status_code == 404
    assert root.get(f"{API}/heat/files").status_code == 403


def test_the_server_is_charged_to_its_project_and_to_nobody_else(heat: World) -> None:
    assert lease(heat, username="p-heat").json()["account"] == "project:heat"
    assert lease(heat, "s-2", "p-heat", account="person:ada").status_code in (403, 404)
    assert lease(heat, "c-3", "p-heat", kind="cluster", thing="one").json()["account"] == "project:heat"
    assert lease(heat, "s-4", "p-cold").status_code == 403


def test_a_projects_server_acts_as_no_person(heat: World) -> None:
    client = project_client(heat)
    assert client.post(API, json={"title": "Mine", "slug": "mine"}).status_code == 403
    assert client.get(API).status_code == 403
    assert client.put(f"{API}/heat/members/eve", json={"role": "editor"}).status_code == 403
    assert heat.program().put(f"{API}/heat/members/p-heat", json={"role": "editor"}).status_code == 422


def test_a_server_learns_who_may_be_in_it_and_in_no_other(heat: World) -> None:
    heat.program("bob-token").post(API, json={"title": "Cold", "slug": "cold"})
    started(heat)
    assert project_client(heat).post(f"{API}/heat/server/people").json() == ["ada", "bob"]
    assert project_client(heat).post(f"{API}/cold/server/people").status_code == 403
    assert heat.program().post(f"{API}/heat/server/people").status_code == 403
