"""Shares: what each member may of a project, as its managers split it; on each kind of database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Engine, text

from gaia_vre.core.amounts import HOUR, MICRO
from gaia_vre.core.errors import DoesNotFit, GaiaError, InvalidInput, NotAllowed, NotFound
from gaia_vre.database.migrate import upgrade
from gaia_vre.quotas.checking import differences, recount
from gaia_vre.quotas.shares import Shares, Split
from tests.quotas.test_deciding import WORKER, Desk, make_desk, wants

CREDIT = MICRO * HOUR
PROJECT = "project:heat"
SHARE = "share:project:heat/ada"
ACCOUNTS = [
    {"name": "site:s", "managers": ["sam"]},
    {"name": "community:c", "parent": "site:s", "managers": ["cleo"]},
    {"name": PROJECT, "title": "Ocean heat", "parent": "community:c", "members": ["ada", "bob"], "managers": ["bob"]},
]
TEN = Split(PROJECT, "ada", "credits", 10 * CREDIT, "bob")


@pytest.fixture
def desk(empty_database: Engine) -> Iterator[Desk]:
    upgrade(empty_database)
    desk = make_desk(empty_database, accounts=[*ACCOUNTS[:2], ACCOUNTS[2] | {"credits": 100, "days": 30}])
    yield desk
    assert differences(desk.office.engine, desk.now.wall) == []


def split(desk: Desk, **changes: object) -> None:
    Shares(desk.office).give(replace(TEN, **changes))  # type: ignore[arg-type]


def run(desk: Desk, lease: str, hours: int, user: str = "ada") -> None:
    desk.office.admit(wants(lease, user=user, account=PROJECT))
    desk.seconds += hours * HOUR
    desk.office.release(lease, ran=True)


def used(desk: Desk, account: str) -> float:
    return desk.office.accounts.find(account).used.credits / CREDIT


def test_a_member_spends_up_to_the_share_and_others_go_on(desk: Desk) -> None:
    split(desk, value=2 * CREDIT)
    run(desk, "s-1", hours=1)
    run(desk, "s-2", hours=1)
    with pytest.raises(DoesNotFit, match=r"Ocean heat, share of ada: .* of 2 left \(share of a member, by bob\)"):
        desk.office.admit(wants("s-3", account=PROJECT))
    run(desk, "s-4", hours=4, user="bob")


def test_a_refusal_by_a_share_names_the_projects_managers(desk: Desk) -> None:
    split(desk, value=0)
    request = wants(account=PROJECT)
    with pytest.raises(DoesNotFit) as caught:
        desk.office.admit(request)
    assert desk.office.refused(request, caught.value, {}).facts["ask"] == ["bob"]


def test_what_was_used_in_the_period_counts(desk: Desk) -> None:
    run(desk, "s-1", hours=2)
    split(desk)
    assert used(desk, SHARE) == 3
    assert desk.office.offers("ada", None, {})[1].left["credits"] == 7


def test_what_runs_already_is_charged_to_the_new_share(desk: Desk) -> None:
    desk.office.admit(wants(account=PROJECT))
    desk.seconds += HOUR
    split(desk)
    assert desk.held(SHARE) == 2
    desk.seconds += HOUR
    desk.office.release("s-1", ran=True)
    assert used(desk, SHARE) == 3
    assert desk.held(SHARE) == 0


def test_a_share_bounds_the_workers_of_a_member(desk: Desk) -> None:
    split(desk, dimension="cores", value=6 * MICRO)
    found = desk.office.admit(wants("c-1", kind="cluster", each=WORKER, workers=40, account=PROJECT))
    assert 0 < found.workers < 40
    assert desk.held(SHARE) <= 6


def test_a_higher_share_holds_at_once_and_none_leaves_the_budget_alone(desk: Desk) -> None:
    split(desk, value=0)
    split(desk, value=None)
    run(desk, "s-1", hours=1)
    assert desk.office.accounts.find(SHARE).limits["credits"] is None


def test_every_change_is_kept_with_who_made_it_and_the_same_again_is_none(desk: Desk) -> None:
    for value, by in ((10, "bob"), (10, "bob"), (20, "cleo")):
        split(desk, value=value * CREDIT, by=by)
    kept = [(one.value, one.by) for one in desk.office.holders.overrides(SHARE)]
    assert kept == [(20 * CREDIT, "cleo"), (10 * CREDIT, "bob")]


def test_a_start_that_missed_its_share_joins_it_at_the_next_pass(desk: Desk) -> None:
    split(desk)
    desk.office.admit(wants(account=PROJECT))
    without = [number for number in desk.office.ledger.live()[0].chain if number != desk.office.accounts.find(SHARE).id]
    with desk.office.engine.begin() as connection:
        connection.execute(text("UPDATE lease SET chain = :chain"), {"chain": str(without)})
    recount(desk.office.engine, desk.now.wall)
    assert desk.held(SHARE) == 0
    assert Shares(desk.office).join(desk.office.ledger.live()) == 1
    assert desk.held(SHARE) == 2
    assert Shares(desk.office).join(desk.office.ledger.live()) == 0


def test_a_share_follows_the_window_of_its_project(desk: Desk) -> None:
    run(desk, "s-1", hours=2)
    split(desk)
    desk.seconds += 31 * 24 * HOUR
    recount(desk.office.engine, desk.now.wall)
    assert used(desk, SHARE) == 0


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"by": "ada"}, NotAllowed, "ada may not split project:heat"),
        ({"username": "eve"}, InvalidInput, "eve may not pay with project:heat"),
        ({"username": "a/b"}, InvalidInput, "is no key of an account"),
        ({"username": "x" * 101}, InvalidInput, "is no key of an account"),
        ({"dimension": "cars"}, InvalidInput, "There is no limit 'cars'"),
        ({"account": "project:gone"}, NotFound, "There is no account 'project:gone'"),
        ({"account": "community:c", "by": "cleo"}, InvalidInput, "is a community"),
        ({"account": SHARE}, NotFound, "There is no account"),
    ],
    ids=["no manager", "no member", "slash", "long", "limit", "unknown", "community", "share of a share"],
)
def test_what_cannot_be_split_is_refused(
    desk: Desk, changes: dict[str, str], error: type[GaiaError], message: str
) -> None:
    with pytest.raises(error, match=message):
        split(desk, **changes)
    assert Shares(desk.office).of(PROJECT) == []
