import logging
from datetime import timedelta

import pytest

from gaia_vre.service.model import Thing
from gaia_vre.service.reconcile import Reconciler
from tests.service.conftest import HOUR, NOON, World, server

LAB = Thing("server", "ada", "")
CLUSTER = Thing("cluster", "ada", "a1")


@pytest.fixture
def loop(world: World) -> Reconciler:
    limit = timedelta(seconds=120)
    return Reconciler(
        world.parts.hub, world.parts.gateway, world.store, world.parts.metrics, start_limit=limit, clock=lambda: NOON
    )


def test_what_runs_is_recorded(world: World, loop: Reconciler) -> None:
    world.hub.servers["ada"] = [server(started=NOON - HOUR)]
    world.gateway.add("ada", "a1")
    loop.step()
    loop.step()
    assert world.store.running() == {LAB: NOON - HOUR, CLUSTER: NOON}


def test_what_vanished_is_recorded_as_lost(world: World, loop: Reconciler) -> None:
    world.hub.servers["ada"] = [server()]
    loop.step()
    world.hub.servers.clear()
    loop.step()
    assert [(end.thing, end.reason) for end in world.store.endings("ada")] == [(LAB, "lost")]


def test_an_end_that_was_told_is_not_recorded_again(world: World, loop: Reconciler) -> None:
    world.hub.servers["ada"] = [server()]
    loop.step()
    world.store.report(LAB, "memory", NOON - HOUR, NOON)
    world.hub.servers.clear()
    loop.step()
    assert [end.reason for end in world.store.endings("ada")] == ["memory"]


def test_a_silent_hub_ends_nothing(world: World, loop: Reconciler) -> None:
    world.hub.servers["ada"] = [server()]
    loop.step()
    world.hub.down = True
    loop.step()
    assert LAB in world.store.running()


def test_a_silent_gateway_ends_no_cluster_but_servers_go_on(world: World, loop: Reconciler) -> None:
    world.gateway.add("ada", "a1")
    loop.step()
    world.gateway.down = True
    world.hub.servers["ada"] = [server()]
    loop.step()
    assert set(world.store.running()) == {LAB, CLUSTER}


def test_silence_is_said_once(world: World, loop: Reconciler, caplog: pytest.LogCaptureFixture) -> None:
    world.hub.down = True
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            loop.step()
    assert len(caplog.records) == 1


def test_a_server_that_starts_for_ever_is_stopped(world: World, loop: Reconciler) -> None:
    world.hub.servers["ada"] = [server(ready=False, pending="spawn", started=NOON - HOUR)]
    loop.step()
    assert ("DELETE", "/users/ada/server", "token-of-the-service") in world.hub.calls


def test_a_server_that_starts_in_time_is_left_alone(world: World, loop: Reconciler) -> None:
    world.hub.servers["ada"] = [server(ready=False, pending="spawn", started=NOON - timedelta(seconds=60))]
    loop.step()
    assert world.hub.changes() == []
