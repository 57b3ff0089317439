"""What another policy would have refused of what ran."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from gaia_vre.core.amounts import HOUR, MICRO
from gaia_vre.core.quotas import Quotas
from gaia_vre.quotas.allowance import Override
from gaia_vre.quotas.holders import Holders
from gaia_vre.quotas.model import Holding, Spending
from gaia_vre.quotas.policy import rules_of
from gaia_vre.quotas.recorded import what_if
from gaia_vre.quotas.replay import Outcome, Past, Replay
from tests.quotas.conftest import NOON, Bank

START = datetime(2026, 10, 1, tzinfo=UTC)
TREE: list[dict[str, Any]] = [
    {"name": "site:s"},
    {"name": "community:c", "parent": "site:s"},
    {"name": "project:p", "parent": "community:c", "groups": ["ocean"]},
]


def lab(number: int, hour: float, hours: float | None = 2, cores: int = 4, user: str = "ada", **more: Any) -> Past:
    """Return a lab of so many cores that began at some hour of the first day."""
    began = START + timedelta(hours=hour)
    ended = None if hours is None else began + timedelta(hours=hours)
    payer = more.pop("payer", f"person:{user}")
    holding = Holding(cores=cores * MICRO, memory=16 * MICRO, servers=MICRO)
    return Past(f"s-{number}", more.pop("kind", "server"), user, "", payer, holding, began, ended, **more)


def replay(*past: Past, overrides: dict[str, list[Override]] | None = None, **policy: Any) -> Outcome:
    rules = rules_of(Quotas.model_validate({"accounts": TREE, "defaults": {}} | policy))
    return Replay(rules, {"ada": frozenset({"ocean"})}, overrides or {}).run(past, START)


def refused(outcome: Outcome) -> list[tuple[datetime, str, str]]:
    return [(one.at, one.account, one.dimension) for one in outcome.refused]


def test_without_limits_nothing_is_refused() -> None:
    assert replay(lab(1, 0), lab(2, 1)) == Outcome(2, (), 0)


def test_a_cap_refuses_what_ran_at_the_same_time() -> None:
    found = replay(lab(1, 0), lab(2, 1), lab(3, 2), defaults={"ceiling": {"cores": 6}})
    assert refused(found) == [(START + timedelta(hours=1), "ceiling:ada", "cores")]
    assert (found.refused[0].asked, found.refused[0].left, found.refused[0].limit) == (4, 2, 6)


def test_recorded_leases_are_decided_again_on_each_kind_of_database(bank: Bank) -> None:
    for name in ("s-1", "s-2"):
        bank.start(name, payer="person:ada")
        bank.later(600)
        bank.ledger.settle([name], bank.now)
    settings = {"accounts": TREE, "defaults": {"ceiling": {"servers": 1}, "community": {"credits": 9}}}
    rules = rules_of(Quotas.model_validate(settings))
    found = what_if(bank.engine, Holders(bank.engine, rules), rules, NOON.date(), NOON.date() + timedelta(days=1))
    assert (found.starts, [one.account for one in found.refused]) == (2, ["ceiling:ada"])


def test_what_is_refused_leaves_room_for_the_next() -> None:
    found = replay(lab(1, 0, 4), lab(2, 1, 4), lab(3, 4.5), defaults={"ceiling": {"cores": 4}})
    assert [one.at.hour for one in found.refused] == [1]


def test_a_budget_is_used_up_by_what_ran() -> None:
    past = [lab(number, number * 3) for number in range(1, 5)]
    found = replay(*past, defaults={"person": {"core_hours": 16.5, "days": 30}})
    assert [one.at.hour for one in found.refused] == [9, 12]
    assert found.refused[0].left == 0.5


def test_use_before_the_period_counts_until_it_leaves_the_window() -> None:
    rules = rules_of(Quotas.model_validate({"accounts": TREE, "defaults": {"person": {"core_hours": 20, "days": 2}}}))
    again = Replay(rules, {}, {})
    again.spent_before("person:ada", "ada", date(2026, 9, 30), Spending(core_hours=20 * MICRO * HOUR))
    assert [one.at.hour for one in again.run([lab(1, 1), lab(2, 25)], START).refused] == [1]


def test_what_ran_when_the_period_began_is_held_and_not_refused() -> None:
    found = replay(lab(1, -5, None), lab(2, 1), defaults={"ceiling": {"cores": 4}})
    assert (found.starts, [one.at.hour for one in found.refused]) == (1, [1])


def test_a_project_bounds_all_that_pay_with_it() -> None:
    tree = [*TREE[:2], TREE[2] | {"cores": 4, "members": ["bob"]}]
    past = (lab(1, 0, payer="project:p"), lab(2, 1, user="bob", payer="project:p"), lab(3, 1, user="bob"))
    assert refused(replay(*past, accounts=tree)) == [(START + timedelta(hours=1), "project:p", "cores")]


@pytest.mark.parametrize(("user", "payer"), [("bob", "project:p"), ("ada", "project:gone")])
def test_who_could_not_pay_is_refused(user: str, payer: str) -> None:
    assert refused(replay(lab(1, 0, user=user, payer=payer))) == [(START, payer, "account")]


def test_a_cluster_falls_with_its_server() -> None:
    found = replay(lab(1, 0), lab(2, 1, kind="cluster", parent="s-1"), defaults={"ceiling": {"cores": 2}})
    assert (found.starts, len(found.refused), found.followed) == (2, 1, 1)


def test_overrides_count_from_their_hour() -> None:
    given = Override("cores", 8 * MICRO, START + timedelta(hours=3), None, "a deadline", "root")
    past = (lab(1, 0, 9), lab(2, 1, 1), lab(3, 4, 1))
    found = replay(*past, overrides={"ceiling:ada": [given]}, defaults={"ceiling": {"cores": 4}})
    assert [one.at.hour for one in found.refused] == [1]


def test_a_members_share_counts() -> None:
    given = Override("cores", 0, START, None, "share of a member", "bob")
    found = replay(lab(1, 0, payer="project:p"), overrides={"share:project:p/ada": [given]})
    assert refused(found) == [(START, "share:project:p/ada", "cores")]
