from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gaia_vre.core.settings import parse_settings
from gaia_vre.sandboxes.folders import Folders
from gaia_vre.service.reconcile import Reconciler
from tests.service.conftest import World
from tests.service.fakes import ACCESS, server

API = "/services/gaia/api/sandboxes"


def with_policy(world: World, **policy: Any) -> World:
    settings = parse_settings({"state": str(world.parts.settings.state), "sandboxes": policy})
    return replace(world, parts=replace(world.parts, settings=settings))


def make(world: World, **body: Any) -> dict[str, Any]:
    answer = world.program().post(API, json=body)
    assert answer.status_code == 202, answer.text
    made: dict[str, Any] = answer.json()
    runs = server(made["server"], last_activity=world.time[0].isoformat())
    world.hub.servers.setdefault(made["server"], {})[made["server"]] = runs
    return made


def look(world: World, made: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = world.program().get(f"{API}/{made['id']}").json()
    return found


def busy(world: World, made: dict[str, Any]) -> None:
    world.hub.servers[made["server"]][made["server"]]["last_activity"] = world.time[0].isoformat()


def folders(world: World) -> Folders:
    return Folders(Path(world.parts.settings.state) / "sandboxes")


def admit(world: World, name: str, username: str | None = None) -> Any:
    body = {"id": f"s-{name}", "kind": "server", "username": username or name, "groups": ["gaia-sandboxes"]}
    body |= {"thing": name, "cores": 2, "memory_gib": 4}
    return world.program("service-token").post("/services/gaia/api/quotas/leases", json=body)


# Made --------------------------------------------------------------------------------------------


def test_a_sandbox_is_made_started_and_counted_down(world: World) -> None:
    made = make(world, title="Try it")
    assert (made["state"], made["seconds_left"], made["extensions_left"]) == ("running", 7200, 2)
    assert world.hub.shares[f"{made['server']}/{made['server']}"] == {"ada"}
    assert ("POST", f"/users/{made['server']}/servers/{made['server']}") in world.hub.done
    assert folders(world).home(made["id"]).is_dir()


def test_its_server_is_admitted_and_the_pool_pays(world: World) -> None:
    world.parts.office.holders.ensure("ada", frozenset({"course"}), world.time[0])
    answer = admit(world, make(world)["server"])
    assert answer.status_code == 201
    assert answer.json()["account"] == "community:sandboxes"
    assert answer.json()["person"] == "ada"
    ((lease, _),) = world.parts.office.held_by("ada")
    assert lease.thing == f"sandbox-{answer.json()['sandbox']}"
    assert world.parts.office.holders.groups("ada") == {"course"}, "those of the hub's user are not hers"


@pytest.mark.parametrize("name", ["sandbox-evil", "sandbox-", "sandbox-00000000"])
def test_a_server_that_only_looks_like_a_sandbox_is_refused(world: World, name: str) -> None:
    answer = admit(world, name)
    assert answer.status_code == 403
    assert "which the service makes" in answer.json()["detail"]


def test_the_sandbox_of_somebody_else_is_refused(world: World) -> None:
    mine, other = make(world)["server"], make(world)["server"]
    for username in ("bob", "ada", other):
        assert admit(world, mine, username).status_code == 403


def test_nobody_pays_with_the_pool_otherwise(world: World) -> None:
    admit(world, make(world)["server"])
    body = {"id": "s-1", "kind": "server", "username": "ada", "thing": "", "cores": 1, "memory_gib": 1}
    asked = world.program("service-token").post(
        "/services/gaia/api/quotas/leases", json=body | {"account": "community:sandboxes"}
    )
    assert asked.status_code == 403


def test_what_the_pool_cannot_bear_is_refused(world: World) -> None:
    world.hub.refusal = "4 cores asked, 2 left of Sandboxes. Nothing was started and nothing was charged"
    made = world.program().post(API, json={}).json()
    assert (made["state"], made["why"]) == ("destroying", "failed")
    assert "2 left of Sandboxes" in made["problem"]
    assert world.program().get(API).json() == []
    world.hub.refusal = None
    Reconciler(world.parts).step()
    assert list(folders(world).numbers()) == []


def test_nothing_slow_is_done_before_the_answer(world: World) -> None:
    later: list[Callable[[], None]] = []
    world = replace(world, parts=replace(world.parts, behind=later.append))
    answer = world.program().post(API, json={"title": "Try it"})
    made = answer.json()
    assert (answer.status_code, made["state"], made["problem"]) == (202, "making", "")
    assert (world.hub.done, list(folders(world).numbers())) == ([], [])
    later.pop()()
    assert look(world, made)["state"] == "running"
    assert world.hub.done == [("POST", f"/users/{made['server']}/servers/{made['server']}")]


def test_one_that_is_destroyed_before_it_is_begun_stays_destroyed(world: World) -> None:
    later: list[Callable[[], None]] = []
    world = replace(world, parts=replace(world.parts, behind=later.append))
    made = world.program().post(API, json={}).json()
    world.program().delete(f"{API}/{made['id']}")
    later.pop()()
    assert (look(world, made)["state"], list(folders(world).numbers())) == ("destroyed", [])
    assert ("POST", f"/users/{made['server']}/servers/{made['server']}") not in world.hub.done


def test_what_is_not_there_is_refused_at_once(world: World) -> None:
    for source in ({"kind": "project", "reference": "not-there"}, {"kind": "notebook", "reference": "7"}):
        assert world.program().post(API, json={"source": source}).status_code == 404
    assert world.program().get(f"{API}/history").json() == []


def test_two_at_once_are_the_limit(any_world: World) -> None:
    world = any_world
    make(world), make(world)
    answer = world.program().post(API, json={})
    assert answer.status_code == 409
    assert "2 is the limit" in answer.json()["detail"]
    assert len(world.program().get(API).json()) == 2


def test_a_group_may_have_more(world: World) -> None:
    world = with_policy(world, most=1, grants=[{"group": "course", "most": 2}])
    world.hub.tokens["ada-token"]["groups"] = ["course"]
    make(world), make(world)
    assert world.program().post(API, json={}).status_code == 409


def test_without_sandboxes_none_is_made(world: World) -> None:
    answer = with_policy(world, enabled=False).program().post(API, json={})
    assert answer.status_code == 403
    assert "sandboxes.enabled" in answer.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [
        {"source": {"kind": "magic"}},
        {"title": "x" * 121},
        {"title": "a\x00b"},
        {"id": "x"},
        {"source": {"path": "x" * 501}},
    ],
    ids=["an unknown kind", "a title too long", "a control character", "an unknown key", "a path too long"],
)
def test_a_wish_that_is_none_is_refused(world: World, body: dict[str, Any]) -> None:
    assert world.program().post(API, json=body).status_code == 422
    assert world.program().get(API).json() == []


def test_a_project_has_no_sandbox(world: World) -> None:
    world.hub.tokens["project"] = {"name": "p-heat", "kind": "user", "admin": False, "scopes": [ACCESS]}
    assert world.program("project").post(API, json={}).status_code == 403


# Its life ----------------------------------------------------------------------------------------


def test_a_life_is_made_longer_twice(world: World) -> None:
    made = make(world)
    for left in (1, 0):
        assert world.program().post(f"{API}/{made['id']}/extend").json()["extensions_left"] == left
    answer = world.program().post(f"{API}/{made['id']}/extend")
    assert answer.status_code == 409
    assert "2 times, which is the limit" in answer.json()["detail"]
    assert look(world, made)["seconds_left"] == 4 * 3600


def test_its_person_is_warned_30_and_10_minutes_before(world: World) -> None:
    made, reconciler = make(world), Reconciler(world.parts)
    for minutes in (85, 6, 1, 18, 1):
        world.later(minutes=minutes)
        busy(world, made)
        reconciler.step()
    told = [one for one in world.parts.messages.unread("ada", world.time[0]) if one.kind == "sandbox-ends"]
    assert sorted(one.severity for one in told) == ["bad", "warn"]


def test_at_its_deadline_it_is_stopped_and_frozen(world: World) -> None:
    made = make(world)
    world.later(hours=2)
    busy(world, made)
    Reconciler(world.parts).step()
    found = look(world, made)
    assert (found["state"], found["why"], found["seconds_left"]) == ("frozen", "deadline", 24 * 3600)
    assert ("DELETE", f"/users/{made['server']}/servers/{made['server']}") in world.hub.done
    assert folders(world).home(made["id"]).is_dir()
    assert "sandbox-ended" in [one.kind for one in world.parts.messages.unread("ada", world.time[0])]


def test_without_activity_it_ends(world: World) -> None:
    made = make(world)
    world.later(minutes=30)
    Reconciler(world.parts).step()
    assert look(world, made)["why"] == "idle"


def test_what_its_keeper_says_is_the_reason(world: World) -> None:
    made = make(world)
    world.hub.servers[made["server"]].clear()
    folders(world).end(made["id"], "disk")
    Reconciler(world.parts).step()
    assert look(world, made)["why"] == "disk"


def test_one_whose_service_was_killed_while_it_was_made_is_destroyed(world: World) -> None:
    made = make(world)
    world.hub.servers[made["server"]].clear()
    with world.parts.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE sandbox SET state = 'making'")
    world.later(minutes=5)
    Reconciler(world.parts).step()
    assert (look(world, made)["state"], look(world, made)["why"]) == ("destroyed", "failed")


def test_what_a_killed_service_was_making_is_taken_away_when_another_begins(world: World) -> None:
    later: list[Callable[[], None]] = []
    world = replace(world, parts=replace(world.parts, behind=later.append))
    made = world.program().post(API, json={}).json()
    folders(world).make(made["id"])
    Reconciler(world.parts).step()
    world.later(seconds=1)
    Reconciler(world.parts).step()
    assert look(world, made)["state"] == "making"
    another = replace(world, parts=replace(world.parts))
    Reconciler(another.parts).step()
    told = look(another, made)
    assert (told["state"], told["why"]) == ("destroyed", "failed")
    assert "make it anew" in told["problem"]
    assert list(folders(world).numbers()) == []


# Whose it is, which the hub does not know ----------------------------------------------------------


def test_it_is_among_the_servers_of_its_person_alone(world: World) -> None:
    made = make(world)
    assert [one["name"] for one in world.program().get("/services/gaia/api/servers").json()] == [made["server"]]
    assert world.program("bob-token").get("/services/gaia/api/servers").json() == []
    assert world.program("bob-token").delete(f"/services/gaia/api/servers/{made['server']}").status_code == 404
    assert world.program().delete(f"/services/gaia/api/servers/{made['server']}").status_code == 202
    assert (look(world, made)["state"], look(world, made)["why"]) == ("frozen", "asked")


def test_what_is_told_of_it_is_told_of_its_person(world: World) -> None:
    made = make(world)
    admit(world, made["server"])
    reconciler = Reconciler(world.parts)
    reconciler.step()
    (running,) = world.parts.store.running()
    assert (running.username, running.name) == ("ada", made["server"])
    assert [one.username for one in world.parts.running.servers()[1]] == ["ada"]
    service = world.program("service-token")
    start = {"username": made["server"], "name": made["server"], "steps": {"lab": 1.5}}
    assert service.post("/services/gaia/api/starts", json=start).status_code == 201
    assert [one["name"] for one in world.program().get("/services/gaia/api/starts").json()] == [made["server"]]
    end = {"username": made["server"], "name": made["server"], "reason": "memory", "ended": world.time[0].isoformat()}
    assert service.post("/services/gaia/api/endings", json=end).status_code == 201
    assert [one["reason"] for one in world.program().get("/services/gaia/api/endings").json()] == ["memory"]


def test_the_hub_user_of_a_sandbox_that_nobody_made_is_nobody(world: World) -> None:
    scopes = [ACCESS, "access:servers!server=sandbox-0123abcd/sandbox-0123abcd"]
    world.hub.tokens["inside"] = {"name": "sandbox-0123abcd", "kind": "user", "admin": False, "scopes": scopes}
    assert world.program("inside").get(f"{API}/0123abcd").status_code == 403


# Its end -----------------------------------------------------------------------------------------


def test_a_day_after_its_end_nothing_is_left(world: World) -> None:
    made, reconciler = make(world), Reconciler(world.parts)
    admit(world, made["server"])
    world.later(hours=2)
    reconciler.step()
    world.hub.servers[made["server"]].clear()
    world.later(hours=24)
    reconciler.step()
    assert look(world, made)["state"] == "destroyed"
    assert list(folders(world).numbers()) == []
    assert world.parts.office.held_by("ada") == []
    assert [one["id"] for one in world.program().get(f"{API}/history").json()] == [made["id"]]


def test_one_that_is_not_wanted_goes_at_once(world: World) -> None:
    made = make(world)
    assert world.program().delete(f"{API}/{made['id']}").status_code == 202
    assert look(world, made)["state"] == "destroyed"
    assert list(folders(world).numbers()) == []


def test_what_the_hub_does_not_do_now_is_done_later(world: World) -> None:
    made = make(world)
    world.hub.refusal = "ada:sandbox is pending spawn"
    world.program().delete(f"{API}/{made['id']}")
    assert look(world, made)["state"] == "destroying"
    assert folders(world).ended(made["id"]) == "asked"
    world.hub.refusal = None
    Reconciler(world.parts).step()
    assert look(world, made)["state"] == "destroyed"


def test_what_belongs_to_no_sandbox_is_taken_away(world: World) -> None:
    folders(world).make("0123abcd")
    world.hub.servers["bob"]["sandbox-0123abcd"] = server("sandbox-0123abcd")
    Reconciler(world.parts).step()
    assert list(folders(world).numbers()) == []
    assert ("DELETE", "/users/bob/servers/sandbox-0123abcd") in world.hub.done


def test_one_that_ended_is_not_started_again(world: World) -> None:
    made = make(world)
    world.later(hours=2)
    Reconciler(world.parts).step()
    answer = admit(world, made["server"])
    assert answer.status_code == 403
    assert "has ended" in answer.json()["detail"]


def test_what_is_nested_deeper_than_anything_is_removed(tmp_path: Path) -> None:
    made = Folders(tmp_path)
    home = made.make("0123abcd")
    script = "import os\nfor _ in range(3000):\n os.mkdir('d'); os.chdir('d')\nos.chmod('.', 0)"
    subprocess.run([sys.executable, "-c", script], cwd=home, check=True)
    made.remove("0123abcd")
    assert list(made.numbers()) == []


# Who may -----------------------------------------------------------------------------------------


def test_others_do_not_know_of_it(world: World) -> None:
    made = make(world)
    bob = world.program("bob-token")
    assert bob.get(f"{API}/{made['id']}").status_code == 404
    assert bob.post(f"{API}/{made['id']}/extend").status_code == 404
    assert bob.delete(f"{API}/{made['id']}").status_code == 404
    assert bob.get(f"{API}/all").status_code == 403


def test_an_administrator_sees_all_and_stops(world: World) -> None:
    made = make(world)
    root = world.program("root-token")
    assert root.get(f"{API}/all").json()["totals"]["running"] == 1
    assert root.delete(f"{API}/{made['id']}").status_code == 202
    assert look(world, made)["why"] == "operator"


def test_from_inside_it_reaches_its_countdown_and_the_catalog_alone(world: World) -> None:
    made, other = make(world), make(world)
    scopes = [ACCESS, f"access:servers!server={made['server']}/{made['server']}"]
    world.hub.tokens["inside"] = {"name": made["server"], "kind": "user", "admin": False, "scopes": scopes}
    inside = world.program("inside")
    assert inside.get(f"{API}/{made['id']}").json()["state"] == "running"
    assert inside.post(f"{API}/{made['id']}/extend").status_code == 200
    assert inside.get("/services/gaia/api/me").json()["name"] == "ada"
    for method, path in (
        ("GET", API),
        ("POST", API),
        ("GET", f"{API}/{other['id']}"),
        ("POST", f"{API}/{made['id']}/keep"),
        ("GET", "/services/gaia/api/quotas/usage"),
        ("GET", "/services/gaia/api/projects"),
        ("POST", "/services/gaia/api/catalog/links"),
        ("DELETE", "/services/gaia/api/server"),
        ("GET", "/services/gaia/api/servers"),
        ("GET", "/services/gaia/api/messages"),
        ("GET", "/services/gaia/api/events"),
    ):
        assert inside.request(method, path, json={}).status_code == 403, path
