"""The servers and folders of projects: the tests play ada, who owns one, and bob, whom she lets in and out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from gaia_vre.core.errors import NotAllowed, Unavailable
from gaia_vre.projects.model import Actor
from gaia_vre.service.reconcile import Reconciler
from tests.service.conftest import World, proof
from tests.service.fakes import ACCESS, SERVICE_TOKEN, cluster, server

API = "/services/gaia/api/projects"
LEASES = "/services/gaia/api/quotas/leases"
ADA = Actor("ada")


@pytest.fixture
def heat(any_world: World) -> World:
    """Ada's project, of which bob is editor."""
    ada = any_world.program()
    assert ada.post(API, json={"title": "Ocean heat", "slug": "heat"}).status_code == 201
    assert ada.put(f"{API}/heat/members/bob", json={"role": "editor"}).status_code == 200
    return any_world


def started(world: World) -> World:
    assert world.program("bob-token").post(f"{API}/heat/server", json={}).status_code == 202
    return world


def lease(world: World, number: str = "s-1", username: str = "bob", **more: Any) -> Any:
    body = {"id": number, "kind": "server", "username": username, "thing": "", "cores": 1, "memory_gib": 2, **more}
    return world.program(SERVICE_TOKEN).post(LEASES, json=body)


def project_client(world: World, slug: str = "heat") -> TestClient:
    """Return a client with the credentials of a project's server."""
    name = f"p-{slug}"
    world.hub.tokens[f"{name}-token"] = {"name": name, "kind": "user", "admin": False, "scopes": [ACCESS]}
    return world.program(f"{name}-token")


# Starting -------------------------------------------------------------------------------------------


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


# Leaving --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["removed", "viewer", "stay over", "left"])
def test_whoever_is_out_is_let_in_no_longer(heat: World, how: str) -> None:
    started(heat)
    ada, bob = heat.program(), heat.program("bob-token")
    if how == "removed":
        ada.delete(f"{API}/heat/members/bob")
    elif how == "viewer":
        ada.put(f"{API}/heat/members/bob", json={"role": "viewer"})
    elif how == "left":
        bob.delete(f"{API}/heat/members/bob")
    else:
        until = heat.time[0] + timedelta(hours=1)
        ada.put(f"{API}/heat/members/bob", json={"role": "editor", "until": until.isoformat()})
        heat.later(hours=2)
        Reconciler(heat.parts).step()
    assert heat.hub.shares == {"p-heat": {"ada"}}
    assert project_client(heat).post(f"{API}/heat/server/people").json() == ["ada"]


def test_a_member_by_group_is_let_in_when_they_come_and_out_when_the_group_is_lost(heat: World) -> None:
    ada, bob = heat.program(), heat.program("bob-token")
    ada.delete(f"{API}/heat/members/bob")
    ada.put(f"{API}/heat/groups", json={"group": "ocean", "role": "editor"})
    started_by_ada = ada.post(f"{API}/heat/server", json={})
    assert started_by_ada.status_code == 202
    heat.hub.groups["bob"], heat.hub.tokens["bob-token"]["groups"] = ["ocean"], ["ocean"]
    assert bob.post(f"{API}/heat/server/open").json() == {"url": "/user/p-heat/lab"}
    loop = Reconciler(heat.parts)
    heat.later(seconds=20)
    loop.step()
    assert heat.hub.shares == {"p-heat": {"ada", "bob"}}
    heat.hub.groups["bob"] = []
    heat.later(seconds=20)
    loop.step()
    assert heat.hub.shares == {"p-heat": {"ada"}}


def test_what_the_hub_was_told_by_others_is_put_right_while_the_server_runs(heat: World) -> None:
    started(heat)
    heat.hub.servers["p-heat"] = {"": server()}
    heat.hub.shares["p-heat"] = {"eve", "bob"}
    Reconciler(heat.parts).step()
    assert heat.hub.shares == {"p-heat": {"ada", "bob"}}


def test_a_kill_while_somebody_is_let_in_or_out_is_made_up_by_one_pass(heat: World) -> None:
    started(heat)
    project, visitors = heat.parts.registry.projects.find("heat"), heat.parts.visitors
    visitors.forget(project, "bob")
    heat.hub.shares["p-heat"].discard("bob")
    visitors.ask(project, "bob")  # killed before the hub was asked
    heat.parts.registry.people.remove("heat", "bob", ADA)
    heat.parts.registry.people.put("heat", "root", "editor", ADA)  # killed before anything was done about either
    Reconciler(heat.parts).step()
    assert heat.hub.shares == {"p-heat": {"ada", "root"}}
    assert {one.visit.username for one in visitors.told("heat")} == {"ada", "root"}
    assert all(one.granted for one in visitors.told())


def test_a_silent_hub_delays_and_changes_nothing_else(heat: World) -> None:
    started(heat)
    heat.hub.down = True
    with pytest.raises(Unavailable):
        heat.parts.hub.let_in("heat", "bob")
    heat.parts.registry.people.remove("heat", "bob", ADA)
    heat.parts.project_servers.settle("heat")
    heat.hub.down = False
    Reconciler(heat.parts).step()
    assert heat.hub.shares == {"p-heat": {"ada"}}


def test_a_pass_asks_the_hub_nothing_when_nothing_changed(heat: World) -> None:
    started(heat)
    loop = Reconciler(heat.parts)
    loop.step()
    heat.hub.calls.clear()
    loop.step()
    assert [call for call in heat.hub.calls if "share" in call] == []


def test_the_server_of_a_project_that_is_over_stops(heat: World) -> None:
    started(heat)
    lease(heat, username="p-heat")
    heat.hub.servers["p-heat"] = {"": server(state={"lease": "s-1"})}
    loop = Reconciler(heat.parts)
    loop.step()
    heat.later(days=400)
    loop.step()
    assert ("DELETE", "/users/p-heat/server") in heat.hub.done
    assert heat.hub.shares == {"p-heat": set()}


# Folders --------------------------------------------------------------------------------------------


def test_a_lab_gets_the_folders_of_its_persons_projects(heat: World) -> None:
    assert lease(heat).json()["folders"] == [{"slug": "heat", "writable": True}]
    heat.program().put(f"{API}/heat/members/bob", json={"role": "viewer"})
    assert lease(heat, "s-2").json()["folders"] == [{"slug": "heat", "writable": False}]
    heat.program().delete(f"{API}/heat/members/bob")
    assert lease(heat, "s-3").json()["folders"] == []


def test_sandboxes_and_servers_of_projects_get_no_folders_of_persons(heat: World) -> None:
    assert lease(heat, "s-1", thing="sandbox-1").json()["folders"] == []
    assert lease(heat, "s-2", "p-heat").json()["folders"] == []


def test_a_folder_is_read_only_after_the_end_and_gone_from_the_archive(heat: World) -> None:
    heat.later(days=366)
    heat.parts.registry.founding.turn(heat.time[0])
    assert lease(heat).json()["folders"] == [{"slug": "heat", "writable": False}]
    heat.later(days=60)
    heat.parts.registry.founding.turn(heat.time[0])
    assert lease(heat, "s-2").json()["folders"] == []


def with_lab(world: World, username: str = "bob") -> Reconciler:
    """Start a lab that has the folder, and look at it."""
    assert lease(world, username=username).status_code == 201
    world.hub.servers[username] = {"": server(state={"lease": "s-1"})}
    loop = Reconciler(world.parts)
    loop.step()
    return loop


def kinds(world: World, username: str = "bob") -> list[str]:
    return [one.kind for one in world.parts.messages.latest(username)]


def test_a_running_lab_is_told_and_stopped_after_the_grace(heat: World) -> None:
    loop = with_lab(heat)
    heat.program().delete(f"{API}/heat/members/bob")
    loop.step()
    loop.step()
    assert kinds(heat) == ["project-left"]
    assert heat.hub.done == []
    heat.later(minutes=10)
    loop.step()
    assert heat.hub.done == [("DELETE", "/users/bob/server")]
    ending = heat.parts.store.endings("bob")[0]
    assert (ending.reason, ending.detail) == ("left", "Ocean heat")


def test_a_lab_of_a_person_who_may_only_read_now_is_told_so(heat: World) -> None:
    loop = with_lab(heat)
    heat.program().put(f"{API}/heat/members/bob", json={"role": "viewer"})
    loop.step()
    assert kinds(heat) == ["project-reads"]


def test_a_lab_that_was_restarted_goes_on(heat: World) -> None:
    loop = with_lab(heat)
    heat.program().delete(f"{API}/heat/members/bob")
    loop.step()
    heat.program(SERVICE_TOKEN).delete(f"{LEASES}/s-1")
    assert lease(heat, "s-2").json()["folders"] == []
    heat.hub.servers["bob"] = {"": server(state={"lease": "s-2"})}
    heat.later(minutes=20)
    loop.step()
    assert heat.hub.done == []


def test_somebody_who_is_back_in_time_keeps_the_lab(heat: World) -> None:
    loop = with_lab(heat)
    heat.program().delete(f"{API}/heat/members/bob")
    loop.step()
    heat.program().put(f"{API}/heat/members/bob", json={"role": "editor"})
    loop.step()
    heat.later(minutes=20)
    loop.step()
    assert heat.hub.done == []


def test_clusters_on_the_projects_account_are_stopped_at_once(heat: World) -> None:
    one = cluster("c1", "bob", account="project:heat")
    heat.gateway.clusters = [one, cluster("c2", "bob")]
    for name, account in (("c1", "project:heat"), ("c2", None)):
        assert lease(heat, f"c-{name}", kind="cluster", thing=name, account=account).status_code == 201
    loop = Reconciler(heat.parts)
    loop.step()
    heat.program().delete(f"{API}/heat/members/bob")
    loop.step()
    assert heat.gateway.stopped == ["c1"]


# Files ----------------------------------------------------------------------------------------------


def test_members_list_files_and_nothing_behind_links(heat: World) -> None:
    folder = heat.parts.folders.make("heat")
    (folder / "run").mkdir()
    (folder / "run" / "out.nc").write_text("12345")
    (folder / "home").symlink_to(heat.parts.settings.state)
    bob = heat.program("bob-token")
    assert [one["name"] for one in bob.get(f"{API}/heat/files").json()] == ["run", "home"]
    assert bob.get(f"{API}/heat/files", params={"path": "run"}).json()[0]["size"] == 5
    for path in ("home", "../heat", "run/../home", "run\0"):
        assert bob.get(f"{API}/heat/files", params={"path": path}).status_code in (400, 404, 422), path


def test_files_of_an_open_project_are_for_members(heat: World) -> None:
    heat.program().patch(f"{API}/heat", json={"visibility": "open"})
    heat.program().delete(f"{API}/heat/members/bob")
    assert heat.program("bob-token").get(f"{API}/heat").status_code == 200
    assert heat.program("bob-token").get(f"{API}/heat/files").status_code == 403


def test_who_may_be_inside_follows_the_roles(heat: World) -> None:
    project = heat.parts.registry.projects.find("heat")
    assert heat.parts.visitors.may(project, "bob")
    heat.parts.registry.people.put("heat", "bob", "viewer", ADA)
    assert not heat.parts.visitors.may(project, "bob")
    with pytest.raises(NotAllowed):
        heat.parts.project_servers.open(replace(heat.parts.registry.projects.seen_by("heat", Actor("bob"))), "bob")


# Pages ----------------------------------------------------------------------------------------------

PAGE = "/services/gaia/projects/heat"


def press(world: World, path: str, user: str = "ada", **fields: str) -> Any:
    browser = world.browser(user=user)
    return browser.post(f"{PAGE}/{path}", data=fields | {"_xsrf": proof(browser.get(PAGE).text)})


def test_the_page_starts_opens_and_stops_the_server(heat: World) -> None:
    assert "It does not run." in heat.browser().get(PAGE).text
    assert press(heat, "server/start", size="medium").headers["location"] == f"{PAGE}#server"
    heat.hub.servers["p-heat"] = {"": server(pending="spawn", ready=False)}
    assert 'http-equiv="refresh"' in heat.browser().get(PAGE).text
    heat.hub.servers["p-heat"] = {"": server()}
    project_client(heat).post(f"{API}/heat/server/people", params={"present": ["bob", "eve"]})
    text = heat.browser().get(PAGE).text
    assert "In it: bob" in text
    assert "bob, eve" not in text
    assert press(heat, "server/open").headers["location"] == "/user/p-heat/lab"
    assert press(heat, "server/stop").status_code == 303
    assert heat.hub.done[-1] == ("DELETE", "/users/p-heat/server")


def test_the_page_gives_viewers_no_button_and_answers_a_forged_one_with_403(heat: World) -> None:
    heat.program().put(f"{API}/heat/members/bob", json={"role": "viewer"})
    text = heat.browser(user="bob").get(PAGE).text
    assert "/server/" not in text
    assert [press(heat, f"server/{act}", "bob").status_code for act in ("start", "open", "stop")] == [403] * 3
    assert heat.browser().post(f"{PAGE}/server/start").status_code == 403


def test_the_page_shows_files_as_text_and_folders_as_links(heat: World) -> None:
    folder = heat.parts.folders.make("heat")
    (folder / "<b>run").mkdir()
    (folder / "<b>run" / "deep").mkdir()
    text = heat.browser().get(PAGE).text
    assert "&lt;b&gt;run" in text
    assert "?folder=%3Cb%3Erun#files" in text
    assert "%3Cb%3Erun/deep#files" in heat.browser().get(PAGE, params={"folder": "<b>run"}).text
    assert "no such folder" in heat.browser().get(PAGE, params={"folder": "../cold"}).text


def test_a_silent_hub_leaves_the_page_whole(heat: World) -> None:
    browser = heat.browser()
    heat.hub.tokens["ada-token"]["groups"] = []
    assert browser.get(PAGE).status_code == 200
    heat.hub.down = True
    assert "The hub does not answer" in browser.get(PAGE).text
