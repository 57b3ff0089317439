"""The loop that compares what is recorded with what runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from gaia_vre.service.gateway import Cluster
from gaia_vre.service.hub import Server
from gaia_vre.service.model import Thing
from gaia_vre.service.reconcile import Reconciler
from gaia_vre.service.rules import decide, ownerless, unexplained
from tests.service.conftest import World
from tests.service.fakes import NOON, cluster, server

LAB = Thing("server", "ada", "")
LIMIT = timedelta(minutes=2)


def lab(**changes: Any) -> Server:
    model = {"ready": True, "pending": None, "url": "/user/ada/", "started": NOON, "last_activity": NOON}
    return Server(username="ada", name="", **model | changes)


# Decisions ------------------------------------------------------------------------------------------


def test_what_runs_unrecorded_has_begun() -> None:
    assert decide({}, [lab()], [], NOON, LIMIT).begun == {LAB: NOON}


def test_what_is_recorded_and_runs_needs_nothing() -> None:
    plan = decide({LAB: NOON}, [lab()], [], NOON, LIMIT)
    assert (plan.begun, plan.ended, plan.stuck) == ({}, (), ())


def test_what_is_recorded_and_gone_has_ended() -> None:
    assert decide({LAB: NOON}, [], [], NOON, LIMIT).ended == (LAB,)


def test_a_restart_between_two_looks_is_an_end_and_a_beginning() -> None:
    again = NOON + timedelta(seconds=30)
    plan = decide({LAB: NOON}, [lab(started=again)], [], again, LIMIT)
    assert (plan.begun, plan.ended) == ({LAB: again}, (LAB,))


def test_what_is_stopping_is_not_taken_up_again() -> None:
    assert decide({}, [lab(pending="stop")], [], NOON, LIMIT).begun == {}
    assert decide({LAB: NOON}, [lab(pending="stop")], [], NOON, LIMIT).ended == ()


def test_a_silent_gateway_says_nothing_about_clusters() -> None:
    thing = Thing("cluster", "ada", "c1")
    assert decide({thing: NOON}, [], None, NOON, LIMIT).ended == ()
    assert decide({thing: NOON}, [], [], NOON, LIMIT).ended == (thing,)


@pytest.mark.parametrize(("minutes", "stuck"), [(3, ()), (6.9, ()), (8, (LAB,))])
def test_a_start_is_given_up_long_after_the_hubs_own_limit(minutes: float, stuck: tuple[Thing, ...]) -> None:
    now = NOON + timedelta(minutes=minutes)
    assert decide({LAB: NOON}, [lab(ready=False, pending="spawn")], [], now, LIMIT).stuck == stuck


@pytest.mark.parametrize(("quiet", "reason"), [(30, "lost"), (58, "lost"), (59, "idle"), (90, "idle"), (None, "lost")])
def test_what_was_quiet_for_long_was_culled(quiet: int | None, reason: str) -> None:
    last = NOON - timedelta(minutes=quiet) if quiet is not None else None
    assert unexplained(last, NOON, timedelta(hours=1)) == reason


def test_the_hub_is_asked_only_about_owners_of_nothing_else() -> None:
    clusters = [Cluster(name, f"of-{name}", "running", NOON, 1, 1, 1) for name in ("ada", "gone", "service:batch")]
    assert list(ownerless(clusters, {"ada"})) == ["gone"]


# Passes ---------------------------------------------------------------------------------------------


@pytest.fixture
def loop(any_world: World) -> Reconciler:
    return Reconciler(any_world.parts)


def reasons(world: World, user: str = "ada") -> list[str]:
    return [each.reason for each in world.parts.store.endings(user)]


def test_a_server_is_recorded_and_its_end_has_a_reason(any_world: World, loop: Reconciler) -> None:
    any_world.hub.servers["ada"] = {"": server()}
    loop.step()
    assert list(any_world.parts.store.running()) == [LAB]
    any_world.hub.servers["ada"] = {}
    loop.step()
    assert any_world.parts.store.running() == {}
    assert reasons(any_world) == ["lost"]


def test_passes_without_change_change_nothing(any_world: World, loop: Reconciler) -> None:
    any_world.hub.servers["ada"] = {"": server(), "two": server("two")}
    any_world.gateway.clusters = [cluster()]
    for _ in range(3):
        loop.step()
    assert len(any_world.parts.store.running()) == 3
    assert reasons(any_world) == []


def test_a_culled_server_ended_for_being_idle(any_world: World, loop: Reconciler) -> None:
    any_world.hub.servers["ada"] = {"": server(last_activity="2026-11-24T11:00:00Z")}
    loop.step()
    any_world.hub.servers["ada"] = {}
    loop.step()
    assert reasons(any_world) == ["idle"]


def test_an_end_that_was_told_is_not_told_again(any_world: World, loop: Reconciler) -> None:
    any_world.hub.servers["ada"] = {"": server()}
    loop.step()
    any_world.parts.store.report(LAB, "memory", datetime.fromisoformat("2026-11-24T10:00:00Z"), NOON)
    any_world.hub.servers["ada"] = {}
    loop.step()
    assert reasons(any_world) == ["memory"]


def test_a_stop_that_takes_long_is_one_end(any_world: World, loop: Reconciler) -> None:
    any_world.hub.servers["ada"] = {"": server()}
    loop.step()
    any_world.program().delete("/services/gaia/api/server")
    any_world.hub.servers["ada"] = {"": server(pending="stop")}
    for servers in ({"": server(pending="stop")}, {}):
        any_world.hub.servers["ada"] = servers
        loop.step()
    assert reasons(any_world) == ["asked"]


def test_who_was_missed_between_two_pages_has_not_ended(
    any_world: World, loop: Reconciler, monkeypatch: pytest.MonkeyPatch
) -> None:
    any_world.hub.servers["ada"] = {"": server()}
    loop.step()
    with monkeypatch.context() as patch:
        patch.setattr(loop.hub, "active_servers", lambda: iter(()))
        loop.step()
    assert reasons(any_world) == []
    assert list(any_world.parts.store.running()) == [LAB]


def test_without_the_hub_nothing_is_decided_and_it_is_said_once(
    any_world: World, loop: Reconciler, caplog: pytest.LogCaptureFixture
) -> None:
    any_world.hub.servers["ada"] = {"": server()}
    loop.step()
    any_world.hub.down = True
    for _ in range(3):
        loop.step()
    assert reasons(any_world) == []
    assert caplog.text.count("does not answer") == 1
    any_world.hub.down = False
    loop.step()
    assert "The hub answers again" in caplog.text


def test_a_stuck_start_is_stopped_and_said_once(any_world: World, loop: Reconciler) -> None:
    any_world.hub.servers["ada"] = {"": server(ready=False, pending="spawn", started="2026-11-24T11:59:00Z")}
    loop.step()
    any_world.later(minutes=10)
    for _ in range(3):
        loop.step()
    assert ("DELETE", "/users/ada/server") in any_world.hub.done
    assert reasons(any_world) == ["stuck"]


def test_a_refused_repair_does_not_end_the_pass(any_world: World, loop: Reconciler) -> None:
    any_world.hub.refusal = "no"
    any_world.hub.servers["ada"] = {"": server(ready=False, pending="spawn", started="2026-11-24T10:00:00Z")}
    any_world.hub.servers["bob"] = {"": server()}
    loop.step()
    assert Thing("server", "bob", "") in any_world.parts.store.running()


def test_the_cluster_of_somebody_the_hub_does_not_know_is_stopped(any_world: World, loop: Reconciler) -> None:
    any_world.gateway.clusters = [cluster(), cluster("c2", "removed"), cluster("c3", "service:batch")]
    loop.step()
    assert any_world.gateway.stopped == ["c2"]


def test_a_cluster_is_recorded_and_its_end_has_a_reason(any_world: World, loop: Reconciler) -> None:
    any_world.gateway.clusters = [cluster()]
    loop.step()
    any_world.gateway.clusters = []
    loop.step()
    assert [each.thing.name for each in any_world.parts.store.endings("ada")] == ["c1"]


def test_the_list_is_read_to_its_end(world: World) -> None:
    world.hub.servers = {f"user{number}": {"": server()} for number in range(450)}
    Reconciler(world.parts).step()
    assert len(world.parts.store.running()) == 450
    assert world.hub.calls.count("GET /users") == 3 + 3  # what runs, and a slice of who there is


def test_the_cost_follows_what_runs(world: World) -> None:
    world.hub.servers = {f"user{number}": {} for number in range(15_000)} | {"ada": {"": server()}}
    Reconciler(world.parts).step()
    assert world.hub.calls == ["GET /users"] * 4


def test_the_loop_goes_on_after_an_error_and_stops_when_asked(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    loop, stop = Reconciler(world.parts), threading.Event()
    passes = 0

    def step() -> None:
        nonlocal passes
        passes += 1
        if passes == 1:
            raise RuntimeError("a mistake")
        stop.set()

    monkeypatch.setattr(loop, "step", step)
    loop.run(timedelta(milliseconds=1), stop)
    assert passes == 2
    assert "A reconcile pass failed" in caplog.text


def test_who_is_first_of_two_records_the_end(any_world: World) -> None:
    any_world.parts.store.begin({LAB: NOON})
    outcomes: list[bool] = []

    def end() -> None:
        outcomes.append(any_world.parts.store.end(LAB, "lost", NOON))

    _at_once(end, 6)
    assert sorted(outcomes) == [False] * 5 + [True]
    assert reasons(any_world) == ["lost"]


def _at_once(act: Callable[[], None], times: int) -> None:
    threads = [threading.Thread(target=act) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
