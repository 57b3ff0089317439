from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaia_vre.quotas.allowance import Combination, Grant, Grounds, Override, Policy, allowance
from gaia_vre.quotas.model import BUDGETS, CAPS, Limit, Window
from tests.quotas.conftest import NOON

POLICY = Policy(
    defaults={"ceiling": {"cores": 4, "gpus": 0}, "project": {"cores": 40}},
    grants=(Grant("ocean", {"cores": 8}), Grant("land", {"cores": 10, "gpus": None})),
    windows={"ceiling": Window(days=30)},
)
EXTRA = Override("cores", 64, NOON, NOON + timedelta(days=7), "deadline of the report", "mlefevre")


def cores(groups: tuple[str, ...] = (), how: Combination = "max") -> Limit:
    policy = Policy(POLICY.defaults, POLICY.grants, {"cores": how}, POLICY.windows)
    return allowance(policy, "ceiling", Grounds(frozenset(groups)), NOON).limit("cores")


@pytest.mark.parametrize(
    ("groups", "how", "value", "source"),
    [
        ((), "max", 4, "default of a ceiling"),
        (("ocean",), "max", 8, "group ocean"),
        (("ocean", "land"), "max", 10, "group land"),
        (("ocean", "land"), "min", 4, "default of a ceiling"),
        (("ocean", "land"), "sum", 22, "default of a ceiling + group ocean + group land"),
        (("strangers",), "sum", 4, "default of a ceiling"),
    ],
    ids=["no group", "one group", "the largest", "the smallest", "the sum", "an unknown group"],
)
def test_grants_and_default_become_one_number(
    groups: tuple[str, ...], how: Combination, value: int, source: str
) -> None:
    assert cores(groups, how) == Limit(value, source)


@pytest.mark.parametrize(("how", "value"), [("max", None), ("sum", None), ("min", 0)])
def test_no_limit_wins_but_for_the_smallest(how: Combination, value: int | None) -> None:
    policy = Policy(POLICY.defaults, POLICY.grants, {"gpus": how})
    assert allowance(policy, "ceiling", Grounds(frozenset({"land"})), NOON).limit("gpus").value == value


def test_an_override_holds_from_its_first_to_before_its_last_instant() -> None:
    extra = Grounds(overrides=(EXTRA,))
    found = allowance(POLICY, "ceiling", extra, NOON).limit("cores")
    assert found == Limit(64, "deadline of the report, by mlefevre until 2026-06-08")
    for moment, value in ((timedelta(seconds=-1), 4), (timedelta(days=7), 4), (timedelta(days=6), 64)):
        assert allowance(POLICY, "ceiling", extra, NOON + moment).limit("cores").value == value


def test_of_two_overrides_the_later_counts() -> None:
    later = Override("cores", 2, NOON + timedelta(hours=1), None, "maintenance", "admin")
    found = allowance(POLICY, "ceiling", Grounds(overrides=(later, EXTRA)), NOON + timedelta(days=1))
    assert found.limit("cores") == Limit(2, "maintenance, by admin")


def test_bypass_leaves_no_limit_and_says_why() -> None:
    found = allowance(POLICY, "ceiling", Grounds(overrides=(EXTRA,), bypass="operations"), NOON)
    assert {found.limit(name) for name in (*CAPS, *BUDGETS)} == {Limit(None, "no limit: operations")}


def test_groups_grant_nothing_to_projects() -> None:
    grounds = Grounds(frozenset({"ocean"}))
    assert allowance(POLICY, "project", grounds, NOON).limit("cores").value == 40


def test_a_dimension_that_nobody_speaks_of_has_no_limit() -> None:
    assert allowance(POLICY, "ceiling", Grounds(), NOON).limit("workers") == Limit(None)


@given(st.lists(st.sampled_from(["ocean", "land", "other"])), st.sampled_from(["max", "sum"]))
def test_more_groups_never_allow_less(groups: list[str], how: Combination) -> None:
    fewer, more = cores(tuple(groups[:-1]), how).value, cores(tuple(groups), how).value
    assert more is None or (fewer is not None and fewer <= more)
