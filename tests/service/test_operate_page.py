"""The operators' page: who and what runs, the search among all people, maintenance."""

from __future__ import annotations

import re

import pytest
from sqlalchemy.orm import Session

from gaia_vre.core.amounts import MICRO
from gaia_vre.database.quotas import AccountRow
from gaia_vre.service.operate.sites import sites_of
from tests.service.conftest import HOME, World, proof
from tests.service.fakes import NOON, server

PAGE = f"{HOME}operate"
LEASE = {"id": "s-1", "kind": "server", "username": "ada", "thing": "", "cores": 1, "memory_gib": 1}


def page(world: World, query: str = "", language: str = "en") -> str:
    answer = world.browser(language, user="root").get(f"{PAGE}{query}")
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.text.replace("\xa0", " "))


def press(world: World, action: str, **fields: str) -> int:
    browser = world.browser(user="root")
    form = fields | {"_xsrf": proof(browser.get(PAGE).text)}
    return browser.post(f"{PAGE}{action}", data=form).status_code


def test_only_administrators_see_it_or_press_its_buttons(world: World) -> None:
    browser = world.browser()
    assert browser.get(PAGE).status_code == 403
    form = {"username": "bob", "_xsrf": proof(browser.get(HOME).text)}
    for action in ("/stop", "/maintenance", "/maintenance/end"):
        assert browser.post(f"{PAGE}{action}", data=form).status_code == 403
    assert world.hub.done == []


def test_it_tells_what_runs_and_whether_the_parts_answer(world: World) -> None:
    world.hub.servers["ada"] = {"": server(), "batch": server("batch")}
    world.gateway.down = True
    text = page(world)
    assert "2 servers run" in text
    assert re.search(r"<dt>Dask gateway</dt><dd>[^/]*silent", text)
    assert re.search(r"<dt>Hub</dt><dd>[^/]*answers", text)


def test_during_maintenance_only_administrators_start(world: World) -> None:
    assert press(world, "/maintenance", said="New <disks>") == 303
    gate = world.program("gateway-token")
    refused = gate.post(f"{HOME}api/quotas/leases", json=LEASE)
    assert refused.status_code == 409
    assert "maintenance that root began: New <disks>" in refused.json()["detail"]
    assert gate.post(f"{HOME}api/quotas/leases", json=LEASE | {"username": "admin", "id": "s-2"}).status_code == 201
    assert "New &lt;disks&gt;" in world.browser().get(HOME).text
    assert press(world, "/maintenance/end") == 303
    assert gate.post(f"{HOME}api/quotas/leases", json=LEASE).status_code == 201


@pytest.mark.parametrize(
    "query",
    [
        "?q=" + "x" * 101,
        "/people?page=0",
        "/people?sort=<b>",
        "/servers?kind=else",
        "/servers?page=100001",
        "/record?page=x",
        "/person?name=",
    ],
)
def test_bad_questions_are_named(world: World, query: str) -> None:
    assert world.browser(user="root").get(f"{PAGE}{query}").status_code == 422


def test_the_budgets_nearest_to_their_end_come_first_and_are_found_by_name(world: World) -> None:
    budgets = {f"account-{number:02}": (number, 20) for number in range(12)} | {"<b>full</b>": (0, 0)}
    with Session(world.parts.engine) as session, session.begin():
        for name, (used, limit) in budgets.items():
            row = AccountRow(name=f"project:{name}", kind="project", level=2, title=name, created=NOON)
            row.used_credits, row.limit_credits = used * 3600 * MICRO, limit * 3600 * MICRO
            session.add(row)
    text = page(world)
    assert text.index("<bdi>&lt;b&gt;full&lt;/b&gt;</bdi>") < text.index("<bdi>account-11</bdi>")
    assert "11 used, 0 held, of 20 credits" in text
    assert "<bdi>account-02</bdi>" not in text
    assert "<bdi>account-02</bdi>" in page(world, "?q=ACCOUNT-02")
    assert "No budget of this name" in page(world, "?q=%25")


def test_sites_tell_what_is_held_there_each_with_its_communities(world: World) -> None:
    leased = world.program("service-token").post(f"{HOME}api/quotas/leases", json=LEASE | {"cores": 4})
    assert leased.status_code == 201, leased.text
    found = sites_of(world.parts.engine)
    assert [(one.site, one.servers, one.cores) for one in found] == [(True, 1, 4), (False, 1, 4)]
    text = page(world)
    assert re.search(r'id="sites">Sites<.*?<td class="gaia-num">4</td>', text)
    assert "Sites" in page(world, language="fr")
