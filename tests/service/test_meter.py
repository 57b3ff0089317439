from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from gaia_vre.quotas.checking import differences
from gaia_vre.quotas.deciding import Office, Request
from gaia_vre.quotas.files import take
from gaia_vre.quotas.model import Holding
from gaia_vre.service.reconcile import Reconciler
from tests.service.conftest import World, with_quotas
from tests.service.fakes import cluster, server

ONE = 1_000_000
LAB = Holding(cores=4 * ONE, memory=8 * ONE, servers=ONE)
SCHEDULER = Holding(cores=ONE, memory=2 * ONE, clusters=ONE)
WORKER = Holding(cores=ONE, memory=2 * ONE, workers=ONE)


class Machine:
    """A service with its reconcile loop, and a hub and a gateway that report what a test says."""

    def __init__(self, world: World) -> None:
        self.world, self.office = world, world.parts.office
        self.loop = Reconciler(world.parts)

    def start(self, name: str = "", *, lease: str = "s-1", user: str = "ada", **changes: Any) -> None:
        """Start a lab as the hub does: first the lease, then the server."""
        self.office.admit(Request(lease, "server", user, name, LAB))
        self.show(name, lease=lease, user=user, **changes)

    def show(self, name: str = "", *, lease: str | None = "s-1", user: str = "ada", **changes: Any) -> None:
        started = (changes.pop("started", None) or self.world.time[0]).isoformat()
        changes.setdefault("last_activity", started)
        self.world.hub.servers[user][name] = server(name, started=started, state={"lease": lease}, **changes)

    def gone(self, user: str = "ada") -> None:
        self.world.hub.servers[user] = {}

    def later(self, seconds: int) -> None:
        """Let time pass, with a pass every 20 s as in life."""
        for _ in range(seconds // 20):
            self.world.later(seconds=20)
            self.loop.step()

    def restarted(self) -> None:
        """Lose what only this process knew, as after kill -9."""
        self.loop = Reconciler(self.world.parts)

    def used(self, account: str = "person:ada") -> float:
        return self.office.accounts.find(account).used.core_hours / ONE / 3600

    def held(self, account: str = "person:ada") -> float:
        return self.office.accounts.find(account).held.cores / ONE

    def steps(self) -> list[str]:
        return [one.kind for one in self.office.events.latest()]


@pytest.fixture
def machine(any_world: World) -> Iterator[Machine]:
    """On each kind of database; what was done in a test always sums up."""
    machine = Machine(any_world)
    yield machine
    assert differences(any_world.parts.engine, any_world.time[0]) == []


def hours(seconds: float, cores: float = 4) -> float:
    return pytest.approx(cores * seconds / 3600)


def test_what_runs_is_charged_every_pass(machine: Machine) -> None:
    machine.start()
    machine.later(600)
    assert machine.used() == hours(600)
    assert machine.used("site:local") == hours(600)


def test_what_only_starts_is_not_charged_yet(machine: Machine) -> None:
    machine.start(ready=False, pending="spawn")
    machine.later(100)
    assert (machine.used(), machine.held()) == (0, 4)


def test_a_start_that_never_came_is_given_back_without_charge(machine: Machine) -> None:
    machine.start()
    machine.gone()
    machine.later(60)
    assert machine.held() == 4
    machine.later(20)
    assert (machine.used(), machine.held(), machine.steps()) == (0, 0, ["unused"])


def test_a_cluster_may_take_its_time_to_appear(machine: Machine) -> None:
    machine.office.admit(Request("c-c1", "cluster", "ada", "c1", SCHEDULER, WORKER, 1))
    machine.later(160)
    assert machine.held() == 2
    machine.later(40)
    assert (machine.used(), machine.held()) == (0, 0)


def test_what_is_gone_is_charged_up_to_when_it_was_last_seen(machine: Machine) -> None:
    machine.start()
    machine.later(600)
    machine.gone()
    machine.later(120)
    assert (machine.used(), machine.held(), machine.steps()) == (hours(600), 0, ["vanished"])


def test_who_was_missed_once_keeps_the_lease(machine: Machine) -> None:
    machine.start()
    machine.later(20)
    machine.gone()
    machine.later(40)
    machine.show(started=machine.world.time[0] - timedelta(seconds=60))
    machine.later(40)
    assert (machine.used(), machine.steps()) == (hours(100), [])


def test_what_runs_without_a_lease_gets_one_once(machine: Machine) -> None:
    machine.show(lease=None)
    machine.later(60)
    machine.restarted()
    machine.later(40)
    assert (machine.used(), machine.held(), machine.steps()) == (hours(80), 4, ["adopted"])


def test_what_ends_between_being_seen_and_being_charged_holds_nothing(machine: Machine) -> None:
    machine.start()
    machine.later(60)
    machine.office.release("s-1")
    machine.loop.step()  # from a list that was read before the end
    assert (machine.held(), machine.steps()) == (0, [])


def test_what_runs_on_after_its_lease_is_charged_without_a_gap(machine: Machine) -> None:
    machine.start()
    machine.later(60)
    machine.office.release("s-1")
    machine.later(60)
    assert (machine.used(), machine.held(), machine.steps()) == (hours(120), 4, ["adopted"])


def test_an_emergency_start_is_charged_from_its_beginning_and_told_late_it_is_the_same(machine: Machine) -> None:
    machine.show(lease="s-emergency", started=machine.world.time[0] - timedelta(hours=1))
    machine.later(20)
    machine.office.admit(Request("s-emergency", "server", "ada", "", LAB), forced=True)
    machine.later(40)
    assert (machine.used(), machine.held()) == (hours(3660), 4)


@pytest.mark.parametrize("lease", ["s-bobs", "s-unknown"])
def test_the_lease_of_somebody_else_pays_for_nothing(machine: Machine, lease: str) -> None:
    machine.start(lease="s-bobs", user="bob")
    machine.show(lease=lease)
    machine.later(60)
    assert machine.used("person:bob") == hours(60)
    assert machine.used() == pytest.approx(hours(60).expected, abs=0.05)


def test_a_service_that_was_down_for_an_hour_charges_it_once(machine: Machine) -> None:
    machine.start()
    machine.later(60)
    machine.world.later(hours=1)
    machine.restarted()
    machine.later(20)
    assert machine.used() == hours(3680)


def test_a_hub_that_was_down_for_an_hour_costs_nobody_the_lease(machine: Machine) -> None:
    machine.start()
    machine.later(60)
    machine.world.hub.down = True
    machine.later(3600)
    assert (machine.used(), machine.held()) == (hours(60), 4)
    machine.world.hub.down = False
    machine.later(20)
    assert machine.used() == hours(3680)


def test_an_end_that_the_hub_tells_late_is_charged_to_its_moment(machine: Machine) -> None:
    machine.start()
    machine.later(60)
    machine.gone()
    machine.world.later(hours=1)
    machine.restarted()
    machine.loop.step()
    now = machine.office.clock()
    machine.office.release("s-1", at=type(now)(now.seconds - 1800, now.wall - timedelta(minutes=30)), ran=True)
    machine.later(120)
    assert (machine.used(), machine.held()) == (hours(60 + 1800), 0)


def test_a_gateway_that_is_silent_costs_no_cluster_its_lease(machine: Machine) -> None:
    machine.start()
    machine.office.admit(Request("c-c1", "cluster", "ada", "c1", SCHEDULER, WORKER, 2, parent="s-1"))
    machine.world.gateway.clusters = [cluster()]
    machine.later(60)
    assert machine.used() == hours(60, 4 + 3)
    machine.world.gateway.down = True
    machine.later(300)
    assert machine.held() == 7
    machine.world.gateway.down = False
    machine.world.gateway.clusters = []
    machine.later(120)
    assert machine.held() == 4


def test_more_workers_than_were_granted_are_charged_too(machine: Machine) -> None:
    machine.office.admit(Request("c-c1", "cluster", "ada", "c1", SCHEDULER, WORKER, 1))
    machine.world.gateway.clusters = [cluster(workers=5)]
    machine.later(40)
    assert machine.held() == 2  # they may be stopping
    machine.later(40)
    assert machine.held() == 6


def test_a_restarted_server_of_the_same_name_is_another_lease(machine: Machine) -> None:
    machine.start()
    machine.later(60)
    machine.start(lease="s-2")
    machine.later(120)
    assert (machine.used(), machine.held()) == (hours(180), 4)


def test_use_leaves_its_window_with_the_day(machine: Machine) -> None:
    machine.start()
    machine.later(60)
    machine.gone()
    machine.later(120)
    assert machine.used() > 0
    machine.world.later(days=31)
    machine.later(20)
    assert machine.used() == 0
    assert machine.used("site:local") > 0


def test_a_wrong_balance_is_counted_and_put_right(machine: Machine, caplog: pytest.LogCaptureFixture) -> None:
    with machine.world.parts.engine.begin() as connection:
        connection.execute(text("UPDATE account SET held_cores = 12000000 WHERE name = 'site:local'"))
    machine.later(20)
    assert machine.held("site:local") == 0
    assert "held cores of site:local is 12000000 and should be 0" in caplog.text


def test_lower_limits_of_new_settings_hold_for_who_runs(world: World) -> None:
    machine = Machine(world)
    machine.start()
    lower = Machine(with_quotas(world, defaults={"ceiling": {"cores": 1}}))
    lower.loop.step()
    assert lower.office.accounts.find("ceiling:ada").limits["cores"] == ONE


def test_trouble_with_the_ledger_leaves_no_other_repair_undone(world: World) -> None:
    machine = Machine(world)
    machine.show()
    with world.parts.engine.begin() as connection:
        connection.execute(text("ALTER TABLE lease RENAME TO lost"))
    with pytest.raises(OperationalError):
        machine.loop.step()
    assert [thing.username for thing in world.parts.store.running()] == ["ada"]


def test_an_import_is_heeded_by_the_next_pass(any_world: World, tmp_path: Path) -> None:
    world = any_world
    machine = Machine(world)
    machine.later(20)
    file = tmp_path / "given.yaml"
    accounts = [
        {"name": "site:s"},
        {"name": "community:c", "parent": "site:s"},
        {"name": "project:p", "parent": "community:c", "members": ["ada"]},
    ]
    file.write_text(yaml.safe_dump({"accounts": accounts}))
    other = Office(world.parts.engine, machine.office.rules, machine.office.clock)
    take(other, world.parts.settings.quotas, file, "root")
    assert machine.office.rules.declared("project:p") is None
    machine.later(20)
    assert machine.office.rules.declared("project:p")
    request = Request("s-9", "server", "ada", "x", LAB, account="project:p")
    assert machine.office.admit(request).account == "project:p"
