"""Clusters that outlive their lab."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gaia_vre.core.amounts import MICRO
from gaia_vre.quotas.deciding import Request
from gaia_vre.quotas.model import Holding
from gaia_vre.service.abandoned import PATIENCE
from gaia_vre.service.reconcile import Reconciler
from tests.service.conftest import World
from tests.service.fakes import cluster

LAB = Request("s-1", "server", "ada", "", Holding(cores=MICRO, servers=MICRO))
DASK = Request("c-c1", "cluster", "ada", "c1", Holding(cores=MICRO, clusters=MICRO), parent="s-1")


@pytest.fixture
def world_with_cluster(world: World) -> World:
    """A cluster of Ada's, whose lab has just ended."""
    world.parts.office.admit(LAB)
    world.parts.office.admit(DASK)
    world.gateway.clusters = [cluster()]
    Reconciler(world.parts).step()
    world.parts.office.release("s-1")
    return world


def later(world: World, by: timedelta) -> list[str]:
    """Return which clusters a pass stops after this time."""
    world.time[0] += by
    Reconciler(world.parts).step()
    return world.gateway.stopped


def test_a_cluster_waits_ten_minutes_for_its_owner_then_stops_with_the_reason(world_with_cluster: World) -> None:
    world = world_with_cluster
    assert later(world, PATIENCE - timedelta(seconds=1)) == []
    assert later(world, timedelta(seconds=1)) == ["c1"]
    notice = world.parts.store.notice("ada")
    assert notice is not None
    assert (notice.thing.name, notice.reason) == ("c1", "abandoned")


def test_a_kept_cluster_stops_when_that_is_over(world_with_cluster: World) -> None:
    world = world_with_cluster
    until = world.time[0] + timedelta(hours=2)
    world.gateway.clusters = [cluster(kept=until.isoformat())]
    assert later(world, timedelta(hours=1)) == []
    assert later(world, timedelta(hours=1)) == ["c1"]


def test_a_cluster_whose_lab_runs_or_that_has_none_stays(world: World) -> None:
    world.parts.office.admit(LAB)
    world.parts.office.admit(DASK)
    world.gateway.clusters = [cluster(), cluster("c2")]
    assert later(world, timedelta(days=1)) == []


def test_a_gateway_that_does_not_answer_is_asked_again(world_with_cluster: World) -> None:
    world = world_with_cluster
    world.gateway.refusing = True
    assert later(world, PATIENCE) == []
    world.gateway.refusing = False
    assert later(world, timedelta(0)) == ["c1"]


def test_a_cluster_that_began_in_silence_is_paid_by_whoever_was_to_pay_and_stops_with_its_lab(world: World) -> None:
    world.parts.office.admit(LAB)
    world.gateway.clusters = [cluster(parent="s-1", account="person:ada")]
    Reconciler(world.parts).step()
    ((_, _), (lease, payer)) = sorted(world.parts.office.held_by("ada"), key=lambda held: held[0].kind, reverse=True)
    assert (lease.parent, payer) == ("s-1", "person:ada")
