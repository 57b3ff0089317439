"""The folders of projects in the labs of their members, and on their pages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gaia_vre.core.errors import NotAllowed
from gaia_vre.core.settings import parse_settings
from gaia_vre.projects.model import Actor
from gaia_vre.quotas.storage.model import Place
from gaia_vre.service.reconcile import Reconciler
from tests.service.conftest import World
from tests.service.fakes import SERVICE_TOKEN, cluster, server
from tests.service.projects.heat import ADA, API, LEASES, lease


def test_a_lab_gets_the_folders_of_its_persons_projects(heat: World) -> None:
    assert lease(heat).json()["folders"] == [{"slug": "heat", "writable": True}]
    heat.program().put(f"{API}/heat/members/bob", json={"role": "viewer"})
    assert lease(heat, "s-2").json()["folders"] == [{"slug": "heat", "writable": False}]
    heat.program().delete(f"{API}/heat/members/bob")
    assert lease(heat, "s-3").json()["folders"] == []


def test_sandboxes_and_servers_of_projects_get_no_folders_of_persons(heat: World) -> None:
    assert not lease(heat, "s-1", thing="sandbox-1").json().get("folders")
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


def test_a_folder_that_cannot_be_made_keeps_nobody_from_their_lab(heat: World) -> None:
    root = heat.parts.settings.project_folders
    root.parent.mkdir(parents=True, exist_ok=True)
    root.write_text("no folder")
    assert lease(heat).json()["folders"] == []
    assert heat.program().post(f"{API}/heat/server", json={}).status_code == 503
    assert heat.hub.done == []


def test_a_project_beyond_its_limit_is_written_by_those_alone_who_manage_it(heat: World) -> None:
    settings = parse_settings(
        {"state": str(heat.parts.settings.state), "quotas": {"storage": {"project": {"hard_gib": 0.0001}}}}
    )
    world = replace(heat, parts=replace(heat.parts, settings=settings))
    (world.parts.folders.make("heat") / "large").write_bytes(bytes(2**20))
    world.parts.measures.scan(Place("project", "heat"), world.time[0])
    assert lease(world).json()["folders"] == [{"slug": "heat", "writable": False}]
    assert lease(world, "s-2", "ada").json()["folders"] == [{"slug": "heat", "writable": True}]


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
