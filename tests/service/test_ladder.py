from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gaia_vre.messages.model import Message
from gaia_vre.quotas.deciding import Request
from gaia_vre.quotas.holders import Given
from gaia_vre.service.ladder import rungs
from gaia_vre.service.model import Thing
from tests.service.conftest import HOME, World, with_quotas
from tests.service.fakes import cluster
from tests.service.test_meter import SCHEDULER, WORKER, Machine

HOUR = 3600


@pytest.fixture
def machine(any_world: World) -> Machine:
    """Ada's lab of 4 cores on a budget of 4 core-hours: one hour, with a grace of half an hour."""
    quotas = {"defaults": {"person": {"core_hours": 4}}, "grace_minutes": 30}
    machine = Machine(with_quotas(any_world, **quotas))
    machine.start()
    return machine


def told(machine: Machine) -> list[str]:
    """Return the steps in the order in which they were taken."""
    return [f"{one.kind} {one.facts.get('percent', '')}".strip() for one in reversed(machine.office.events.latest())]


def messages(machine: Machine) -> list[Message]:
    return machine.world.parts.messages.latest("ada")


def pass_after(machine: Machine, seconds: int) -> None:
    """Do one pass after a time in which the service was busy elsewhere."""
    machine.world.later(seconds=seconds)
    machine.loop.step()


def test_each_step_is_taken_once_and_in_order(machine: Machine) -> None:
    for seconds in (0.81 * HOUR, 60, 0.15 * HOUR, 60, 0.05 * HOUR, 60):
        pass_after(machine, int(seconds))
    assert told(machine) == ["notice 80", "notice 95", "used-up 100"]
    assert machine.world.hub.done == []
    pass_after(machine, 1800)
    machine.restarted()
    pass_after(machine, 20)
    assert told(machine)[3:] == ["will-stop", "stop"]
    assert machine.world.hub.done == [("DELETE", "/users/ada/server")]


def test_the_home_page_tells_why_it_stopped(machine: Machine) -> None:
    pass_after(machine, HOUR)
    pass_after(machine, 1780)
    pass_after(machine, 20)
    machine.gone()
    machine.loop.step()
    (ending,) = machine.world.parts.store.endings("ada")
    assert (ending.reason, ending.detail) == ("budget", "ada: 6 of 4 core-hours used")
    page = machine.world.browser("fr").get(HOME).text
    assert "le budget qui la payait est épuisé" in page
    machine.world.parts.store.report(Thing("server", "ada", ""), "asked", None, machine.world.time[0])
    assert [one.reason for one in machine.world.parts.store.endings("ada")] == ["budget"]


def test_the_home_page_warns_in_both_languages_before(machine: Machine) -> None:
    pass_after(machine, int(0.9 * HOUR))
    assert "80 % of the budget of ada is used" in machine.world.browser().get(HOME).text
    pass_after(machine, int(0.1 * HOUR))
    page = machine.world.browser("fr").get(HOME).text
    assert "Le budget de ada est épuisé" in page
    assert "4 sur 4 heures-cœur" in page
    assert "s’arrête à 14" in page


def test_workers_go_first_and_nothing_new_starts(machine: Machine) -> None:
    machine.office.admit(Request("c-c1", "cluster", "ada", "c1", SCHEDULER, WORKER, 2, parent="s-1"))
    machine.world.gateway.clusters = [cluster()]
    pass_after(machine, HOUR)
    for _ in range(2):
        grown = machine.office.resize("c-c1", SCHEDULER, WORKER, 2)
        assert (grown.granted, bool(grown.refusal)) == (0, True)
    machine.world.gateway.clusters = [cluster(workers=0)]
    assert told(machine) == ["used-up 100", "shrink"]
    (shrunk,) = (one for one in messages(machine) if one.kind == "cluster-shrunk")
    assert shrunk.facts == {"account": "ada", "granted": 0, "before": 2}
    page = machine.world.browser().get(HOME).text
    assert "Your Dask cluster gave workers back: 0 of 2 are left" in page
    pass_after(machine, 1800)
    assert machine.world.gateway.stopped == ["c1"]


def test_more_budget_during_the_grace_ends_it(machine: Machine) -> None:
    pass_after(machine, HOUR)
    now = machine.office.clock().wall
    machine.office.holders.give(Given("person:ada", "core_hours", 8 * HOUR * 10**6, now, None, "more", "root"), now)
    pass_after(machine, 1800)
    assert machine.world.hub.done == []
    pass_after(machine, 1800)
    assert told(machine)[-1] == "used-up 100"
    assert machine.world.hub.done == []
    pass_after(machine, 1800)
    assert told(machine)[-1] == "will-stop"
    assert machine.world.hub.done == []
    pass_after(machine, 20)
    assert machine.world.hub.done != []


def test_a_lab_is_asked_to_save_a_minute_before_it_stops(machine: Machine) -> None:
    pass_after(machine, HOUR)
    pass_after(machine, 1739)
    assert "will-stop" not in told(machine)
    for _ in range(2):
        pass_after(machine, 20)
    (asked,) = (one for one in messages(machine) if one.kind == "will-stop")
    assert asked.facts["stops"] == machine.world.time[0] + timedelta(seconds=21)
    assert machine.world.hub.done == []


def test_without_a_grace_there_is_still_time_to_save(any_world: World) -> None:
    machine = Machine(with_quotas(any_world, grace_minutes=0, defaults={"person": {"core_hours": 4}}))
    machine.start()
    for seconds in (HOUR, 19):
        pass_after(machine, seconds)
        assert machine.world.hub.done == []
    pass_after(machine, 1)
    assert machine.world.hub.done != []


def test_each_step_is_a_message_once(machine: Machine) -> None:
    for seconds in (0.81 * HOUR, 60, 0.19 * HOUR, 60, 1740, 20):
        pass_after(machine, int(seconds))
        machine.restarted()
    machine.gone()
    machine.loop.step()
    kinds = [one.kind for one in reversed(messages(machine))]
    assert kinds == ["budget-notice", "budget-used-up", "will-stop", "ended"]
    assert machine.world.parts.messages.latest("bob") == []


def test_a_hub_that_refuses_the_stop_is_asked_again(machine: Machine) -> None:
    pass_after(machine, HOUR)
    machine.world.hub.refusal = "not now"
    pass_after(machine, 1780)
    pass_after(machine, 20)
    assert "stop" not in told(machine)
    machine.world.hub.refusal = None
    pass_after(machine, 20)
    assert told(machine)[-1] == "stop"


def test_a_clock_that_jumps_shortens_no_grace(machine: Machine) -> None:
    pass_after(machine, HOUR)
    clock = machine.office.clock
    machine.office.clock = lambda: replace(clock(), wall=clock().wall + timedelta(hours=1))
    pass_after(machine, 60)
    assert machine.world.hub.done == []


def test_observing_stops_nothing(any_world: World) -> None:
    machine = Machine(with_quotas(any_world, mode="observe", defaults={"person": {"core_hours": 1}}))
    machine.start()
    for _ in range(4):
        pass_after(machine, HOUR)
    assert machine.world.hub.done == []
    assert told(machine).count("would-stop") == 1


def test_who_shares_a_budget_is_told_each(any_world: World) -> None:
    heat = {"name": "project:heat", "parent": "community:b", "members": ["ada", "bob"], "core_hours": 8}
    accounts = [{"name": "site:a"}, {"name": "community:b", "parent": "site:a"}, heat]
    machine = Machine(with_quotas(any_world, accounts=accounts))
    for number, user in enumerate(("ada", "bob")):
        machine.office.admit(
            Request(f"s-{number}", "server", user, "", SCHEDULER + SCHEDULER * 3, account="project:heat")
        )
        machine.show(user=user, lease=f"s-{number}")
    pass_after(machine, HOUR)
    assert {one.username for one in machine.office.events.latest() if one.kind == "used-up"} == {"ada", "bob"}


def test_without_a_limit_there_is_no_step(world: World) -> None:
    machine = Machine(with_quotas(world))
    machine.start()
    pass_after(machine, 100 * HOUR)
    assert rungs([machine.office.accounts.find("person:ada")]) == []
    assert machine.office.clock().wall - machine.world.time[0] == timedelta(0)
