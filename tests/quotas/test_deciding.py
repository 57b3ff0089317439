from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from gaia_vre.core.amounts import micro
from gaia_vre.core.errors import Conflict, DoesNotFit, InvalidInput, NotAllowed, NotFound
from gaia_vre.core.settings import parse_settings
from gaia_vre.database.migrate import upgrade
from gaia_vre.quotas.checking import differences
from gaia_vre.quotas.clock import Instant
from gaia_vre.quotas.deciding import Office, Request
from gaia_vre.quotas.holders import Given
from gaia_vre.quotas.model import Holding, LeaseKind
from gaia_vre.quotas.policy import rules_of
from tests.quotas.conftest import NOON

ONE = 1_000_000
WORKER = Holding(cores=2 * ONE, memory=4 * ONE, workers=ONE)
SCHEDULER = Holding(cores=ONE, memory=2 * ONE, clusters=ONE)
SETTINGS: dict[str, Any] = {
    "defaults": {"ceiling": {"cores": 16}, "person": {"credits": 100, "days": 30}},
    "grants": [{"group": "ocean", "cores": 64}],
    "accounts": [
        {"name": "site:toulouse", "cores": 100},
        {"name": "community:odatis", "parent": "site:toulouse", "managers": ["snguyen"]},
        {
            "name": "project:heat",
            "title": "Ocean heat",
            "parent": "community:odatis",
            "groups": ["ocean"],
            "members": ["bob"],
            "cores": 40,
        },
    ],
}


@dataclass
class Desk:
    """An office with a clock that a test sets."""

    office: Office
    seconds: int = 0

    @property
    def now(self) -> Instant:
        return Instant(self.seconds, NOON + timedelta(seconds=self.seconds))

    def held(self, account: str, dimension: str = "cores") -> float:
        return float(getattr(self.office.accounts.find(account).held, dimension)) / ONE

    def used(self, account: str) -> float:
        return self.office.accounts.find(account).used.core_hours / ONE / 3600


def make_desk(engine: Engine, **changes: Any) -> Desk:
    settings = parse_settings({"quotas": SETTINGS | changes}).quotas
    desk = Desk(Office(engine, rules_of(settings), lambda: desk.now))
    desk.office.prepare()
    return desk


@pytest.fixture
def open_desk(empty_database: Engine) -> Iterator[Callable[..., Desk]]:
    """On each kind of database; what was done in a test always sums up."""
    upgrade(empty_database)
    desks: list[Desk] = []

    def make(**changes: Any) -> Desk:
        desks.append(make_desk(empty_database, **changes))
        return desks[-1]

    yield make
    assert differences(empty_database, desks[-1].now.wall) == []


@pytest.fixture
def desk(open_desk: Callable[..., Desk]) -> Desk:
    return open_desk()


def wants(name: str = "s-1", cores: float = 2, user: str = "ada", kind: LeaseKind = "server", **more: Any) -> Request:
    base = Holding(cores=micro("cores", cores), memory=4 * ONE, servers=ONE)
    return Request(name, kind, user, name, SCHEDULER if kind == "cluster" else base, **more)


def test_everybody_pays_from_an_own_account_when_nothing_is_said(desk: Desk) -> None:
    assert desk.office.admit(wants()).account == "person:ada"
    assert [desk.held(name) for name in ("person:ada", "ceiling:ada", "community:odatis", "site:toulouse")] == [2] * 4


@pytest.mark.parametrize(
    ("user", "groups"), [("ada", frozenset({"ocean"})), ("bob", frozenset())], ids=["by group", "by name"]
)
def test_who_may_pay_with_a_project_chooses_it(desk: Desk, user: str, groups: frozenset[str]) -> None:
    lease = desk.office.admit(wants(user=user, groups=groups, account="project:heat"))
    assert lease.account == "project:heat"
    assert desk.held("project:heat") == 2
    assert desk.held(f"ceiling:{user}") == 2


def test_the_account_of_others_is_refused_by_name(desk: Desk) -> None:
    with pytest.raises(NotAllowed, match="ada may not pay with project:heat; with person:ada they may"):
        desk.office.admit(wants(account="project:heat"))


@pytest.mark.parametrize("account", ["project:haet", "person:bob", "ceiling:bob", "x" * 500, "project:\0"])
def test_an_unknown_account_is_refused(desk: Desk, account: str) -> None:
    with pytest.raises(NotFound, match="There is no account") as refusal:
        desk.office.admit(wants(user="bob" if account == "project:haet" else "ada", account=account))
    assert len(refusal.value.message) < 300


def test_the_nearest_account_is_named(desk: Desk) -> None:
    with pytest.raises(NotFound, match="did you mean 'project:heat'"):
        desk.office.admit(wants(user="bob", account="project:haet"))


def test_groups_that_were_told_are_remembered(desk: Desk) -> None:
    desk.office.admit(wants(cores=20, groups=frozenset({"ocean"})))
    desk.office.admit(wants("s-2", cores=20))
    with pytest.raises(DoesNotFit, match="default of a ceiling"):
        desk.office.admit(wants("s-3", groups=frozenset()))


def test_a_cluster_pays_with_the_account_of_its_server(desk: Desk) -> None:
    lab = desk.office.admit(wants(user="bob", account="project:heat"))
    found = desk.office.admit(wants("c-1", user="bob", kind="cluster", each=WORKER, workers=2, parent=lab.lease.id))
    assert (found.account, found.workers, found.lease.parent) == ("project:heat", 2, "s-1")


@pytest.mark.parametrize("parent", ["s-bobs", "s-unknown", "c-own"])
def test_a_forged_parent_counts_for_nothing(desk: Desk, parent: str) -> None:
    desk.office.admit(wants("s-bobs", user="bob", account="project:heat"))
    desk.office.admit(wants("c-own", kind="cluster"))
    found = desk.office.admit(wants("c-1", kind="cluster", each=WORKER, workers=1, parent=parent))
    assert (found.account, found.lease.parent) == ("person:ada", None)


def test_as_many_workers_as_fit_are_granted_and_it_is_said(desk: Desk) -> None:
    found = desk.office.admit(wants("c-1", kind="cluster", each=WORKER, workers=40))
    assert found.workers == 7
    assert found.refusal
    assert found.refusal.message.startswith("7 of 40 workers: ada: 66 cores asked, 1 of 16 left (default of a ceiling)")


def test_a_start_asked_twice_is_one_lease(desk: Desk) -> None:
    for _ in range(2):
        desk.office.admit(wants("c-1", kind="cluster", each=WORKER, workers=3))
    assert (desk.held("person:ada"), desk.held("person:ada", "workers")) == (7, 3)


def test_a_refusal_tells_what_fits_and_whom_to_ask(desk: Desk) -> None:
    small, large = wants().base, wants(cores=32).base
    request = wants(cores=32, user="bob")
    with pytest.raises(DoesNotFit) as caught:
        desk.office.admit(request)
    facts = desk.office.refused(request, caught.value, {"small": small, "large": large}).facts
    assert {(one["account"], one["size"]) for one in facts["fitting"]} == {
        ("person:bob", "small"),
        ("project:heat", "small"),
    }
    assert facts["ask"] == ["snguyen"]
    assert [one.kind for one in desk.office.events.latest("bob")] == ["refused"]


def test_observing_refuses_nothing_and_records_what_would_be(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk(mode="observe")
    found = desk.office.admit(wants("c-1", kind="cluster", each=WORKER, workers=40))
    assert found.workers == 40
    assert desk.office.admit(wants(cores=99)).refusal
    assert {one.kind for one in desk.office.events.latest()} == {"would-refuse"}


def test_what_never_ran_costs_nothing_and_what_ran_is_charged(desk: Desk) -> None:
    for name, ran in (("s-1", False), ("s-2", True)):
        desk.office.admit(wants(name))
        desk.seconds += 1800
        assert desk.office.release(name, ran=ran)
        assert not desk.office.release(name, ran=ran)
    assert desk.used("person:ada") == 1


def test_what_began_and_ended_unseen_is_charged_for_its_time(desk: Desk) -> None:
    began, ended = desk.now, Instant(1800, NOON + timedelta(seconds=1800))
    desk.seconds = 7200
    desk.office.admit(wants(), forced=True, at=began)
    desk.office.release("s-1", at=ended, ran=True)
    assert desk.used("person:ada") == 1


def test_a_forced_lease_is_taken_where_nothing_is_left(desk: Desk) -> None:
    desk.office.admit(wants(cores=99, account="project:heat"), forced=True)
    assert desk.held("person:ada") == 99


def give(desk: Desk, account: str, value: float | None, days: int | None = 7, dimension: str = "cores") -> None:
    until = None if days is None else NOON + timedelta(days=days)
    amount = None if value is None else micro("cores", value)
    desk.office.holders.give(Given(account, dimension, amount, NOON, until, "a deadline", "root"), desk.now.wall)


def test_an_override_holds_at_once_and_until_its_end(desk: Desk) -> None:
    give(desk, "ceiling:ada", 20)
    desk.office.admit(wants(cores=18))
    desk.seconds = 8 * 86400
    with pytest.raises(DoesNotFit, match="default of a ceiling"):
        desk.office.admit(wants("s-2"))


def test_the_pass_finds_overrides_that_ended(desk: Desk) -> None:
    give(desk, "project:heat", 90)
    assert desk.office.accounts.find("project:heat").limits["cores"] == 90 * ONE
    desk.seconds = 7 * 86400
    names = desk.office.holders.dated(desk.now.wall - timedelta(minutes=1), desk.now.wall)
    desk.office.holders.refresh(names, desk.now.wall)
    assert desk.office.accounts.find("project:heat").limits["cores"] == 40 * ONE


@pytest.mark.parametrize(
    ("account", "days", "dimension", "error"),
    [
        ("project:gone", 7, "cores", NotFound),
        ("project:heat", -1, "cores", InvalidInput),
        ("project:heat", 7, "cars", InvalidInput),
        ("person:a b", 7, "cores", InvalidInput),
    ],
    ids=["unknown account", "end before start", "unknown limit", "no name of a person"],
)
def test_an_override_that_cannot_be_is_refused(
    desk: Desk, account: str, days: int, dimension: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        give(desk, account, 1, days, dimension)
    assert desk.office.holders.overrides() == []


def test_nothing_is_left_after_the_period(open_desk: Callable[..., Desk]) -> None:
    heat = SETTINGS["accounts"][2] | {"start": "2026-01-01", "end": "2026-06-01", "credits": 10}
    desk = open_desk(accounts=[*SETTINGS["accounts"][:2], heat])
    with pytest.raises(DoesNotFit, match="its period ended on 2026-06-01"):
        desk.office.admit(wants(user="bob", account="project:heat"))


def test_the_bypass_of_the_settings_limits_nothing(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk(bypass=["ceiling:root", "person:root"])
    desk.office.admit(wants(cores=90, user="root"))


def test_offers_tell_price_what_is_left_and_how_long(desk: Desk) -> None:
    own, project = desk.office.offers("bob", None, {"small": wants().base, "large": wants(cores=32).base})
    assert own.sizes["small"].credits_per_hour == 1.5
    assert own.sizes["small"].hours == pytest.approx(100 / 1.5)
    assert own.sizes["large"].why == "16 of 16 cores left on bob"
    assert project.facts["limits"] == {"cores": 40}
    assert project.left["cores"] == 16  # the ceiling is less than the project has


def test_a_lease_of_somebody_else_is_not_given_again(desk: Desk) -> None:
    desk.office.admit(wants())
    with pytest.raises(Conflict):
        desk.office.admit(replace(wants(), username="bob"))


def test_of_many_at_once_exactly_those_that_fit_are_admitted(desk: Desk) -> None:
    desk.office.holders.ensure("bob", None, desk.now.wall)
    outcomes: list[bool] = []

    def start(number: int) -> None:
        try:
            desk.office.admit(wants(f"s-{number}", cores=3, user="bob", account="project:heat"))
            outcomes.append(True)
        except DoesNotFit:
            outcomes.append(False)

    threads = [threading.Thread(target=start, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False] * 7 + [True] * 5
