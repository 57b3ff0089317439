"""The page of use, as people of several accounts read it."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest

from gaia_vre.core.amounts import MICRO
from gaia_vre.quotas.clock import Instant
from gaia_vre.quotas.deciding import Request
from gaia_vre.quotas.model import Holding
from tests.service.conftest import HOME, World, proof, with_quotas
from tests.service.fakes import NOON, cluster, server

USAGE = f"{HOME}usage"
HISTORY = f"{HOME}api/quotas/history"
LAB = Holding(cores=4 * MICRO, memory=16 * MICRO, servers=MICRO)
WORKER = Holding(cores=MICRO, memory=4 * MICRO, workers=MICRO)
ACCOUNTS: list[dict[str, Any]] = [
    {"name": "site:s"},
    {"name": "community:odatis", "parent": "site:s", "title": "ODATIS", "managers": ["cleo"]},
    {
        "name": "project:heat",
        "parent": "community:odatis",
        "title": "ocean-heat",
        "members": ["ada", "bob"],
        "managers": ["bob"],
        "credits": 100,
        "start": "2026-10-01",
        "end": "2027-01-01",
    },
]


@pytest.fixture
def shared(world: World) -> World:
    """A project of ada and bob, managed by bob; people have 40 credits in 30 days."""
    return with_quotas(world, accounts=ACCOUNTS, defaults={"person": {"credits": 40, "days": 30}})


def run(world: World, lease: str, username: str = "ada", account: str | None = "project:heat", hours: int = 2) -> None:
    """Let a lab run for some hours up to now, and go on."""
    office = world.parts.office
    now = office.clock()
    began = Instant(now.seconds - hours * 3600, now.wall - timedelta(hours=hours))
    office.admit(Request(lease, "server", username, "", LAB, account=account), at=began)
    office.ledger.settle([lease], now)


def read(world: World, user: str = "ada", language: str = "en", **query: str) -> str:
    answer = world.browser(language, user).get(USAGE, params=query)
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", answer.text.replace("\xa0", " ").replace("\u202f", " "))


def press(world: World, action: str, user: str = "ada", **fields: str) -> int:
    browser = world.browser(user=user)
    given = proof(browser.get(USAGE).text)
    return browser.post(f"{USAGE}/{action}", data=fields | {"_xsrf": given}).status_code


def ask(world: World, user: str = "ada", **changes: str) -> int:
    fields = {"limit": "credits|project:heat", "more": "50", "until": "2026-12-24", "reason": "two more runs"}
    return press(world, "ask", user, **fields | changes)


# What is held and what is left ------------------------------------------------------------------------


def test_with_nothing_held_the_page_says_so(world: World) -> None:
    text = read(world)
    assert "Nothing runs and nothing is charged" in text
    assert "Nothing was charged in the last 30 days" in text
    assert "has no budget that ends" in text


def test_what_runs_stands_with_its_price_and_a_button_that_stops_it(shared: World) -> None:
    run(shared, "s-1")
    text = read(shared)
    assert "4 cores, 16 GiB · paid by <bdi>ocean-heat</bdi>" in text
    assert "8 credits since 11:00" in text
    assert "4 an hour" in text
    shared.hub.servers["ada"] = {"": server()}
    browser = shared.browser()
    fields = {"_xsrf": proof(browser.get(USAGE).text), "name": "", "back": USAGE}
    assert browser.post(f"{HOME}servers/stop", data=fields).headers["location"] == USAGE


def test_a_cluster_stands_under_its_server_and_stops(shared: World) -> None:
    run(shared, "s-1")
    base = Holding(cores=MICRO, memory=MICRO, clusters=MICRO)
    shared.parts.office.admit(Request("c-c1", "cluster", "ada", "c1", base, WORKER, 2, parent="s-1"))
    text = read(shared)
    assert '<li class="gaia-child"><div><h3>Dask cluster, 2 workers</h3>' in text
    shared.gateway.clusters = [cluster()]
    browser = shared.browser()
    fields = {"_xsrf": proof(browser.get(USAGE).text), "name": "c1", "back": "https://elsewhere.org/"}
    assert browser.post(f"{HOME}clusters/stop", data=fields).headers["location"] == HOME


def test_what_is_left_is_a_bar_with_its_source(shared: World) -> None:
    run(shared, "s-1", hours=20)
    text = read(shared)
    assert "19.3 left of 100 credits" in text
    assert "Until Thursday 31 December. Set by the operators." in text
    assert 'class="gaia-meter is-soft" role="meter" aria-label="ocean-heat"' in text
    assert "40 left of 40 credits" in text
    assert "Rolling 30 days. Default of the site." in text


def test_a_forecast_names_the_hour(shared: World) -> None:
    run(shared, "s-1", hours=20)
    text = read(shared)
    assert "ocean-heat lasts until Tuesday 24 November, about 18:00" in text
    assert "What runs now uses 4 credits an hour" in text
    assert "To last until Thursday 31 December: 0.53 credits a day" in text


def test_the_same_in_french(shared: World) -> None:
    run(shared, "s-1", hours=20)
    text = read(shared, language="fr")
    assert "ocean-heat dure jusqu’au mardi 24 novembre, vers 18 h" in text
    assert "8" in text
    assert "Ce que j’occupe" in text
    assert "Fixé par les opérateurs." in text


# Who sees what ----------------------------------------------------------------------------------------


def test_managers_see_who_used_what_and_members_do_not(shared: World) -> None:
    run(shared, "s-1")
    assert "<bdi>ada</bdi></th>" in read(shared, "bob", account="project:heat")
    assert "by person" not in read(shared, account="project:heat")


def test_nobody_sees_an_account_of_others(shared: World) -> None:
    for name in ("person:bob", "community:odatis", "site:s", "x" * 120, "\u202e<script>"):
        assert shared.browser().get(USAGE, params={"account": name}).status_code == 404


def test_people_without_a_session_sign_in_first(shared: World) -> None:
    headers = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    for path in ("", "/ask"):
        answer = shared.anyone().get(f"{USAGE}{path}", headers=headers)
        assert answer.headers["location"].startswith("/hub/api/oauth2/authorize")


def test_hostile_names_stay_text(world: World) -> None:
    accounts = [*ACCOUNTS[:2], ACCOUNTS[2] | {"title": "<script>alert(1)</script>"}]
    shared = with_quotas(world, accounts=accounts)
    run(shared, "s-1", "<img-src=x>", account=None)
    run(shared, "s-2", "ada")
    assert "<script>alert" not in read(shared)
    shared.hub.tokens["odd-token"] = shared.hub.tokens["ada-token"] | {"name": "<img-src=x>"}
    assert "<img-src" not in read(shared, "odd")
    assert "<script>alert" not in read(shared, "bob", account="project:heat")


# The past as data -------------------------------------------------------------------------------------


def test_the_past_comes_as_json_and_csv(shared: World) -> None:
    run(shared, "s-1")
    answer = shared.program().get(HISTORY).json()
    assert (answer["since"], answer["until"]) == ("2026-10-26", "2026-11-24")
    assert answer["rows"] == [
        {
            "day": "2026-11-24",
            "account": "project:heat",
            "username": "ada",
            "core_hours": 8.0,
            "gib_hours": 32.0,
            "gpu_hours": 0.0,
            "credits": 8.0,
        }
    ]
    sent = shared.program().get(HISTORY, params={"format": "csv"})
    assert sent.headers["content-disposition"] == 'attachment; filename="usage-2026-10-26-2026-11-24.csv"'
    assert next(csv.DictReader(io.StringIO(sent.text)))["credits"] == "8.0"


def test_only_managers_get_what_others_used(shared: World) -> None:
    run(shared, "s-1")
    heat = {"account": "project:heat"}
    assert shared.program().get(HISTORY, params=heat).status_code == 403
    assert shared.program("bob-token").get(HISTORY, params=heat).json()["rows"][0]["username"] == "ada"
    assert shared.program("bob-token").get(HISTORY).json()["rows"] == []
    assert shared.program("bob-token").get(HISTORY, params={"account": "person:ada"}).status_code == 403
    assert shared.program("root-token").get(HISTORY, params={"account": "project:none"}).status_code == 404
    assert shared.program("gateway-token").get(HISTORY).status_code == 403


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"since": "2026-11-25"}, "is after until"),
        ({"since": "2020-01-01"}, "at most 400"),
        ({"since": "yesterday"}, "since"),
        ({"format": "xml"}, "format"),
        ({"accounts": "x"}, "accounts"),
        ({"account": "x" * 121}, "account"),
    ],
    ids=["the end first", "years", "no date", "another format", "an unknown word", "a long name"],
)
def test_a_bad_question_about_the_past_is_refused(shared: World, query: dict[str, str], said: str) -> None:
    answer = shared.program().get(HISTORY, params=query)
    assert answer.status_code == 422
    assert said in answer.text


def test_no_cell_is_a_formula(shared: World) -> None:
    shared.hub.tokens["odd-token"] = shared.hub.tokens["ada-token"] | {"name": "=1+1"}
    run(shared, "s-1", "=1+1", account=None)
    sent = shared.program("odd-token").get(HISTORY, params={"format": "csv"}).text
    assert ",'=1+1," in sent


# Asking for more ---------------------------------------------------------------------------------------


def test_a_request_goes_to_the_manager_and_its_grant_to_who_asked(shared: World) -> None:
    assert ask(shared) == 303
    assert "waits for an answer" in read(shared)
    home = shared.browser(user="bob").get(HOME).text
    assert "1\xa0request for more waits for you" in home
    assert "50 credits more for ocean-heat" in read(shared, "bob")
    assert press(shared, "decide", "bob", number="1", decision="grant", more="20,5", until="2026-12-10") == 303
    assert shared.parts.office.accounts.find("project:heat").limits["credits"] == 120_500_000 * 3600
    told = shared.browser().get(HOME).text.replace("\xa0", " ")
    assert "bob granted 20.5 credits more for ocean-heat" in told
    assert "It holds until Thursday 10 December." in told
    assert "Raised by bob, as ada asked." in read(shared)
    assert press(shared, "answers/dismiss", number="1") == 303
    assert "bob granted" not in shared.browser().get(HOME).text


def test_a_declined_request_is_told_with_the_sentence(shared: World) -> None:
    ask(shared)
    assert press(shared, "decide", "bob", number="1", decision="decline", answer="<b>next year</b>") == 303
    told = shared.browser().get(HOME).text.replace("\xa0", " ")
    assert "bob declined 50 credits more for ocean-heat" in told
    assert "&lt;b&gt;next year&lt;/b&gt;" in told


@pytest.mark.parametrize("user", ["ada", "root"], ids=["who asked", "an operator"])
def test_who_asked_cannot_decide_but_an_operator_can(shared: World, user: str) -> None:
    ask(shared)
    status = press(shared, "decide", user, number="1", decision="grant", more="50", until="2026-12-10")
    assert status == (404 if user == "ada" else 303)


@pytest.mark.parametrize(
    "changes",
    [
        {"limit": "credits|person:bob"},
        {"limit": "beans|project:heat"},
        {"limit": "gpus|project:heat"},
        {"more": "-1"},
        {"more": "much"},
        {"more": "1e30"},
        {"until": "2020-01-01"},
        {"until": "9999-12-31"},
        {"reason": " "},
        {"reason": "x" * 501},
    ],
    ids=["another's", "no limit", "unlimited", "negative", "a word", "absurd", "past", "far", "no reason", "a novel"],
)
def test_a_bad_request_changes_nothing(shared: World, changes: dict[str, str]) -> None:
    assert 400 <= ask(shared, **changes) < 500
    assert "My requests" not in read(shared)


def test_the_form_offers_what_is_limited(shared: World) -> None:
    text = shared.browser().get(f"{USAGE}/ask").text
    assert re.findall(r'<option value="([^"]+)"', text) == ["credits|person:ada", "credits|project:heat"]
    assert NOON.date().isoformat() < re.findall(r'type="date" name="until" value="([^"]+)"', text)[0]


def test_without_limits_there_is_nothing_to_ask(world: World) -> None:
    assert "there is nothing to ask for" in world.browser().get(f"{USAGE}/ask").text


# Splitting a budget -----------------------------------------------------------------------------------

SHARES = f"{HOME}api/quotas/shares"
PART = {"account": "project:heat", "username": "ada", "dimension": "credits", "value": "12,5"}


def test_a_manager_gives_a_member_a_share_that_the_member_reads(shared: World) -> None:
    run(shared, "s-1")
    assert press(shared, "split", "bob", **PART) == 303
    text = read(shared, "bob", account="project:heat")
    assert "12.5 of 100 credits given" in text
    assert "8 used of 12.5 credits" in text
    assert "Share set by bob." in text
    assert "My share of ocean-heat" in read(shared)
    assert "Ma part de ocean-heat" in read(shared, language="fr")


def test_an_empty_field_takes_a_share_away(shared: World) -> None:
    press(shared, "split", "bob", **PART)
    press(shared, "split", "bob", **PART | {"value": ""})
    assert "0 of 100 credits given" in read(shared, "bob", account="project:heat")


def test_programs_split_too(shared: World) -> None:
    body = {"account": "project:heat", "username": "ada", "limit": "credits", "value": 20}
    assert shared.program("bob-token").post(SHARES, json=body).status_code == 201
    found = shared.program("bob-token").get(SHARES, params={"account": "project:heat"}).json()
    assert found == [
        {
            "username": "ada",
            "limits": {"credits": 20},
            "sources": {"credits": "share of a member, by bob"},
            "used": dict.fromkeys(("core_hours", "gib_hours", "gpu_hours", "credits"), 0),
            "held": dict.fromkeys(("cores", "memory", "gpus", "servers", "clusters", "workers"), 0),
        }
    ]


def test_only_managers_split(shared: World) -> None:
    assert press(shared, "split", "ada", **PART) == 403
    assert shared.program().get(SHARES, params={"account": "project:heat"}).status_code == 403
    assert "split among members" not in read(shared, account="project:heat")
    assert shared.browser(user="bob").post(f"{USAGE}/split", data=PART).status_code == 403


@pytest.mark.parametrize(
    "changes",
    [{"value": "-1"}, {"value": "1e99"}, {"value": "some"}, {"username": "eve"}, {"dimension": "cars"}],
    ids=lambda one: "-".join(*one.items()),
)
def test_no_share_is_refused(shared: World, changes: dict[str, str]) -> None:
    assert press(shared, "split", "bob", **PART | changes) == 422
    assert "no share" in read(shared, "bob", account="project:heat")


# Ceilings ---------------------------------------------------------------------------------------------


@pytest.fixture
def capped(world: World) -> World:
    """Ada may use 100 credits in 30 days whoever pays."""
    defaults = {"person": {"credits": 400, "days": 30}, "ceiling": {"credits": 100, "days": 30}}
    return with_quotas(world, accounts=[*ACCOUNTS[:2], ACCOUNTS[2] | {"credits": 400}], defaults=defaults)


def test_a_ceiling_stands_among_the_budgets(capped: World) -> None:
    run(capped, "s-1", hours=20)
    assert "My ceiling, whoever pays" in (text := read(capped))
    assert "19.3 left of 100 credits" in text


def test_a_forecast_heeds_the_ceiling_and_says_so(capped: World) -> None:
    run(capped, "s-1", hours=20)
    text = read(capped, account="project:heat")
    assert "For you, ocean-heat lasts until Tuesday 24 November, about 18:00" in text
    assert "What ends first: My ceiling, whoever pays. ocean-heat itself lasts until Friday 27 November" in text


def test_a_forecast_heeds_the_members_share(shared: World) -> None:
    run(shared, "s-1", hours=20)
    press(shared, "split", "bob", **PART | {"value": "84"})
    text = read(shared, account="project:heat")
    assert "For you, ocean-heat lasts until Tuesday 24 November, about 14:00" in text
    assert "What ends first: My share of ocean-heat." in text
    assert "For you" not in read(shared, "bob", account="project:heat")
