"""Requests for more: who may ask, who decides, and what a grant does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gaia_vre.core.amounts import HOUR, MICRO
from gaia_vre.core.errors import Conflict, GaiaError, InvalidInput, NotAllowed, NotFound
from gaia_vre.core.quotas import Quotas
from gaia_vre.database.engine import make_engine
from gaia_vre.database.migrate import upgrade
from gaia_vre.quotas.clock import Instant
from gaia_vre.quotas.deciding import Office
from gaia_vre.quotas.policy import rules_of
from gaia_vre.quotas.requests import MOST_OPEN, Decision, Requests, Wish, deciders

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
CREDIT = MICRO * HOUR
ACCOUNTS = [
    {"name": "site:s", "managers": ["sam"]},
    {"name": "community:c", "parent": "site:s", "managers": ["cleo"]},
    {"name": "project:p", "parent": "community:c", "members": ["ada", "pat"], "managers": ["pat"], "credits": 100},
]
WISH = Wish("project:p", "credits", 50 * CREDIT, NOW + timedelta(days=30), "two more runs")
GRANT = Decision("pat", admin=False, more=20 * CREDIT, until=NOW + timedelta(days=10), answer="")


class Case:
    def __init__(self, folder: Path) -> None:
        self.time = [NOW]
        self.engine = make_engine(f"sqlite:///{folder / 'gaia.sqlite'}")
        upgrade(self.engine)
        settings = Quotas.model_validate({"accounts": ACCOUNTS, "defaults": {"person": {"cores": 8, "days": 30}}})
        self.office = Office(self.engine, rules_of(settings), lambda: Instant(0, self.time[0]))
        self.office.prepare()
        self.requests = Requests(self.office)

    @property
    def limit(self) -> int | None:
        self.office.holders.refresh(["project:p"], self.time[0])
        return self.office.accounts.find("project:p").limits["credits"]


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def test_a_grant_raises_the_limit_until_its_day(case: Case) -> None:
    asked = case.requests.ask("ada", WISH)
    found = case.requests.decide(asked.id, GRANT)
    assert (found.state, found.by, found.given) == ("granted", "pat", 20 * CREDIT)
    assert case.limit == 120 * CREDIT
    case.time[0] += timedelta(days=10)
    assert case.limit == 100 * CREDIT


def test_who_asked_for_a_grant_stands_beside_the_limit(case: Case) -> None:
    case.requests.decide(case.requests.ask("ada", WISH).id, GRANT)
    source = case.office.accounts.find("project:p").sources["credits"]
    assert source == "request 1 of ada, by pat until 2026-12-04"


def test_a_declined_request_changes_nothing_and_is_told(case: Case) -> None:
    asked = case.requests.ask("ada", WISH)
    case.requests.decide(asked.id, replace(GRANT, more=None, answer="next year"))
    assert case.limit == 100 * CREDIT
    unread = case.requests.unread("ada")
    assert unread is not None
    assert (unread.state, unread.answer) == ("declined", "next year")
    case.requests.put_away("ada", asked.id)
    assert case.requests.unread("ada") is None
    assert [one.state for one in case.requests.of("ada")] == ["declined"]


@pytest.mark.parametrize(
    ("account", "asking", "who"),
    [
        ("project:p", "ada", "pat"),
        ("project:p", "pat", "cleo"),
        ("community:c", "cleo", "sam"),
        ("person:ada", "ada", "cleo"),
        ("site:s", "sam", None),
    ],
    ids=["a member", "the manager", "of a community", "a person's own", "nobody is above"],
)
def test_the_nearest_manager_decides_and_never_about_a_wish_of_their_own(
    case: Case, account: str, asking: str, who: str | None
) -> None:
    assert deciders(case.office.rules, account, asking) == ((who,) if who else ())


def test_managers_see_what_waits_for_them_and_nobody_else_does(case: Case) -> None:
    case.requests.ask("ada", WISH)
    case.requests.ask("pat", WISH)
    case.requests.ask("bob", replace(WISH, account="person:bob", dimension="cores", more=4 * MICRO))

    def seen(name: str, *, admin: bool = False) -> list[str]:
        return sorted(one.username for one in case.requests.waiting_for(name, admin=admin))

    assert (seen("pat"), seen("cleo"), seen("ada"), seen("sam")) == (["ada"], ["bob", "pat"], [], [])
    assert seen("root", admin=True) == ["ada", "bob", "pat"]


@pytest.mark.parametrize("by", ["ada", "bob", "sam"], ids=["who asked", "a stranger", "not the nearest"])
def test_nobody_else_decides(case: Case, by: str) -> None:
    asked = case.requests.ask("ada", WISH)
    with pytest.raises(NotFound):
        case.requests.decide(asked.id, replace(GRANT, by=by))
    assert case.limit == 100 * CREDIT


def test_a_request_is_decided_once(case: Case) -> None:
    asked = case.requests.ask("ada", WISH)
    case.requests.decide(asked.id, GRANT)
    with pytest.raises(Conflict, match="decided already"):
        case.requests.decide(asked.id, GRANT)
    assert case.limit == 120 * CREDIT


@pytest.mark.parametrize(
    ("wish", "problem", "said"),
    [
        (replace(WISH, account="project:q"), NotAllowed, "may not ask"),
        (replace(WISH, account="community:c"), NotAllowed, "they may for person:ada, project:p"),
        (replace(WISH, dimension="gpus"), InvalidInput, "no limit"),
        (replace(WISH, dimension="beans"), InvalidInput, "no limit"),
        (replace(WISH, more=0), InvalidInput, "above 0"),
        (replace(WISH, until=NOW), InvalidInput, "2026-11-24 is past"),
        (replace(WISH, reason=" "), InvalidInput, "what it is for"),
    ],
    ids=["no account", "another's account", "nothing limits it", "no dimension", "nothing", "past", "no reason"],
)
def test_a_bad_request_is_refused(case: Case, wish: Wish, problem: type[GaiaError], said: str) -> None:
    with pytest.raises(problem, match=said):
        case.requests.ask("ada", wish)
    assert case.requests.of("ada") == []


@pytest.mark.parametrize(
    "decision",
    [replace(GRANT, more=None), replace(GRANT, more=-1), replace(GRANT, until=NOW)],
    ids=["declined without a sentence", "negative", "past"],
)
def test_a_bad_decision_leaves_the_request_open(case: Case, decision: Decision) -> None:
    asked = case.requests.ask("ada", WISH)
    with pytest.raises(InvalidInput):
        case.requests.decide(asked.id, decision)
    assert case.requests.find(asked.id).state == "open"


def test_only_some_requests_wait_at_once(case: Case) -> None:
    for _ in range(MOST_OPEN):
        case.requests.ask("ada", WISH)
    with pytest.raises(Conflict, match="wait for an answer"):
        case.requests.ask("ada", WISH)


def test_another_cannot_put_an_answer_away(case: Case) -> None:
    asked = case.requests.ask("ada", WISH)
    with pytest.raises(NotFound):
        case.requests.put_away("bob", asked.id)
