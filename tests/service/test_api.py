"""What a program can do with a token, and that it reaches nothing of somebody else."""

from __future__ import annotations

import pytest

from gaia_vre.service.model import Thing
from tests.service.conftest import HOME, World
from tests.service.fakes import NOON, SERVICE_TOKEN, cluster, server

MEMORY = {"username": "ada", "reason": "memory", "ended": "2026-11-24T11:00:00Z", "started": "2026-11-24T09:00:00Z"}


def report(world: World, token: str = SERVICE_TOKEN, **changes: str | None) -> int:
    return world.program(token).post(f"{HOME}api/endings", json=MEMORY | changes).status_code


def reasons(world: World, user: str = "ada") -> list[str]:
    return [each["reason"] for each in world.program(f"{user}-token").get(f"{HOME}api/endings").json()]


def test_my_servers_are_listed(world: World) -> None:
    world.hub.servers["ada"] = {"": server(), "two": server("two", ready=False, pending="spawn")}
    world.hub.servers["bob"] = {"": server()}
    found = world.program().get(f"{HOME}api/servers").json()
    assert [(each["name"], each["pending"]) for each in found] == [("", None), ("two", "spawn")]


def test_my_lab_starts_with_my_own_rights(world: World) -> None:
    assert world.program().post(f"{HOME}api/server").status_code == 202
    assert world.hub.done == [("POST", "/users/ada/server")]


def test_my_servers_stop(world: World) -> None:
    client = world.program()
    assert client.delete(f"{HOME}api/server").status_code == 202
    assert client.delete(f"{HOME}api/servers/two").status_code == 202
    assert world.hub.done == [("DELETE", "/users/ada/server"), ("DELETE", "/users/ada/servers/two")]


def test_a_stop_i_asked_for_is_remembered_as_such(world: World) -> None:
    world.parts.store.begin({Thing("server", "ada", ""): NOON})
    world.program().delete(f"{HOME}api/server")
    assert reasons(world) == ["asked"]
    assert world.parts.store.notice("ada") is None


def test_only_my_clusters_are_listed(world: World) -> None:
    world.gateway.clusters = [cluster(), cluster("c2", "bob")]
    assert [each["name"] for each in world.program().get(f"{HOME}api/clusters").json()] == ["c1"]


def test_a_cluster_of_somebody_else_cannot_be_stopped(world: World) -> None:
    world.gateway.clusters = [cluster(), cluster("c2", "bob")]
    client = world.program()
    assert client.delete(f"{HOME}api/clusters/c2").status_code == 404
    assert client.delete(f"{HOME}api/clusters/c1").status_code == 204
    assert world.gateway.stopped == ["c1"]


@pytest.mark.parametrize("token", ["ada-token", "root-token", "culler-token"])
def test_only_the_hub_reports_ends(world: World, token: str) -> None:
    assert report(world, token) == 403
    assert reasons(world) == []


def test_a_report_reaches_its_owner_alone(any_world: World) -> None:
    assert report(any_world) == 201
    assert reasons(any_world) == ["memory"]
    assert reasons(any_world, "bob") == []


def test_told_twice_it_is_recorded_once(any_world: World) -> None:
    for change in ({}, {"ended": "2026-11-24T11:00:07Z"}):
        report(any_world, **change)
    assert reasons(any_world) == ["memory"]


def test_without_a_start_two_reports_of_the_same_minute_are_one(any_world: World) -> None:
    for time in ("11:00:00", "11:00:30", "11:30:00"):
        report(any_world, started=None, ended=f"2026-11-24T{time}Z")
    assert reasons(any_world) == ["memory", "memory"]


def test_a_told_reason_replaces_a_guess(any_world: World) -> None:
    from datetime import datetime

    started = datetime.fromisoformat(MEMORY["started"])
    thing = Thing("server", "ada", "")
    any_world.parts.store.begin({thing: started})
    any_world.parts.store.end(thing, "lost", NOON)
    report(any_world)
    assert reasons(any_world) == ["memory"]
    report(any_world, reason="crashed")
    assert reasons(any_world) == ["memory"]


def test_a_death_soon_after_a_stop_is_no_repetition(any_world: World) -> None:
    for reason in ("asked", "memory"):
        report(any_world, reason=reason, started=None)
    assert reasons(any_world) == ["memory", "asked"]


def test_the_hub_has_forgotten_the_start_and_the_loop_has_not(any_world: World) -> None:
    from datetime import timedelta

    thing = Thing("server", "ada", "")
    any_world.parts.store.begin({thing: NOON - timedelta(hours=3)})
    report(any_world, started=None)
    assert any_world.parts.store.endings("ada")[0].started == NOON - timedelta(hours=3)
    assert any_world.parts.store.running() == {}


def test_the_end_of_an_earlier_start_leaves_the_present_one_alone(any_world: World) -> None:
    thing = Thing("server", "ada", "")
    any_world.parts.store.begin({thing: NOON})
    report(any_world)
    assert any_world.parts.store.running() == {thing: NOON}


def test_dismissing_hides_it_and_what_is_older(any_world: World) -> None:
    for hour in (8, 9, 10):
        report(any_world, ended=f"2026-11-24T{hour:02}:30:00Z", started=f"2026-11-24T{hour:02}:00:00Z")
    client = any_world.program()
    second = client.get(f"{HOME}api/endings").json()[1]["id"]
    assert client.post(f"{HOME}api/endings/{second}/dismiss").status_code == 204
    assert [each["ended"] for each in client.get(f"{HOME}api/endings").json()] == ["2026-11-24T10:30:00Z"]


@pytest.mark.parametrize("number", [0, -1, 2**31, 2**70, 9])
def test_a_notice_that_there_is_not_cannot_be_dismissed(any_world: World, number: int) -> None:
    assert any_world.program().post(f"{HOME}api/endings/{number}/dismiss").status_code in (404, 422)


def test_a_notice_of_somebody_else_stays(any_world: World) -> None:
    report(any_world)
    number = any_world.program().get(f"{HOME}api/endings").json()[0]["id"]
    assert any_world.program("bob-token").post(f"{HOME}api/endings/{number}/dismiss").status_code == 404
    assert reasons(any_world) == ["memory"]


def test_old_ends_are_forgotten(any_world: World) -> None:
    from datetime import timedelta

    report(any_world)
    assert any_world.parts.store.forget(NOON - timedelta(days=1)) == 0
    assert any_world.parts.store.forget(NOON) == 1
    assert reasons(any_world) == []
