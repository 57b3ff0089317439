"""The administrators' pages: people, servers, who is let in, and what was done."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import insert

from gaia_vre.database.projects import MemberRow, ProjectRow, ProjectShareRow
from gaia_vre.database.quotas import AccountRow
from gaia_vre.service.model import Thing
from gaia_vre.service.operate.people import People, Wanted
from gaia_vre.service.operate.running import Running
from tests.service.conftest import HOME, World, proof
from tests.service.fakes import NOON, server

PAGE = f"{HOME}operate"
PAGES = ("/people", "/servers", "/shares", "/record", "/person?name=ada")
HOSTILE = "<img src=x onerror=alert(1)>\u202egnp"


def page(world: World, path: str, language: str = "en", user: str = "root") -> str:
    answer = world.browser(language, user=user).get(path if path.startswith("/services") else f"{PAGE}{path}")
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", answer.text.replace("\xa0", " "))


def follow(world: World) -> People:
    people = People(world.parts.engine)
    people.follow(world.parts.hub, world.parts.clock())
    return people


def stop(world: World, username: str, name: str = "", reason: str = "") -> int:
    browser = world.browser(user="root")
    form = {"username": username, "name": name, "reason": reason, "_xsrf": proof(browser.get(PAGE).text)}
    return browser.post(f"{PAGE}/stop", data=form).status_code


def project(world: World, slug: str = "heat", community: str = "community:odatis", member: str = "bob") -> None:
    times = {"starts": NOON, "ends": NOON + timedelta(days=9), "created": NOON, "changed": NOON}
    texts = {"slug": slug, "title": f"The {slug}", "description": "", "visibility": "private", "community": community}
    with world.parts.engine.begin() as connection:
        row = texts | times | {"state": "active", "created_by": "root", "amounts": {}}
        number = connection.execute(insert(ProjectRow).values(**row)).inserted_primary_key[0]
        connection.execute(
            insert(MemberRow).values(project_id=number, username=member, role="editor", since=NOON, by="root")
        )
        connection.execute(insert(ProjectShareRow).values(project_id=number, username=member, granted=True))


@pytest.mark.parametrize("path", PAGES)
def test_everybody_else_is_refused(world: World, path: str) -> None:
    assert world.browser().get(f"{PAGE}{path}").status_code == 403
    assert world.anyone().get(f"{PAGE}{path}", headers={"Accept": "text/html"}).status_code in (303, 401)


def test_people_are_found_by_name_project_community_and_group_page_by_page(world: World) -> None:
    world.hub.servers |= {f"person-{number:02}": {} for number in range(60)} | {"p-heat": {}}
    world.hub.groups["ada"] = ["ocean", "ocean-heat"]
    project(world)
    with world.parts.engine.begin() as connection:
        above = {"kind": "community", "level": 3, "title": "ODATIS", "created": NOON}
        number = connection.execute(insert(AccountRow).values(name="community:odatis", **above)).inserted_primary_key[0]
        own = {"kind": "person", "level": 1, "title": "", "created": NOON, "parent_id": number}
        connection.execute(insert(AccountRow).values(name="person:ada", **own))
    people = follow(world)
    assert people.find(Wanted(), 1)[1] == 63
    assert [one.name for one in people.find(Wanted(group="ocean"), 1)[0]] == ["ada"]
    assert people.find(Wanted(group="oce"), 1) == ([], 0)
    assert [one.name for one in people.find(Wanted(project="heat"), 1)[0]] == ["bob"]
    both = people.find(Wanted(community="community:odatis", sort="name"), 1)[0]
    assert [(one.name, one.community, one.projects) for one in both] == [("ada", "ODATIS", ()), ("bob", "", ("heat",))]
    text = page(world, "/people?q=PERSON-&page=2")
    assert "60 people match" in text
    assert "page 2 of 3" in text
    assert text.count("<bdi>person-") == 25
    assert "Nobody like that" in page(world, "/people?q=%25nobody%3Cb%3E")


def test_whoever_holds_most_comes_first(world: World) -> None:
    lease = {"id": "s-1", "kind": "server", "username": "bob", "thing": "", "cores": 4, "memory_gib": 16}
    assert world.program("service-token").post(f"{HOME}api/quotas/leases", json=lease).status_code == 201
    found, _ = follow(world).find(Wanted(sort="held"), 1)
    assert (found[0].name, found[0].servers, found[0].cores, found[0].memory_gib) == ("bob", 1, 4, 16)
    assert "4 cores, 16 GiB" in page(world, "/people?sort=held")


def test_whom_the_hub_forgot_is_gone_after_a_while(world: World) -> None:
    people = follow(world)
    del world.hub.servers["bob"]
    world.later(hours=1)
    people.follow(world.parts.hub, world.parts.clock())
    assert people.one("bob") is not None
    world.later(hours=2)
    people.follow(world.parts.hub, world.parts.clock())
    assert people.one("bob") is None
    assert people.one("ada") is not None


def test_servers_of_all_kinds_are_listed_sorted_and_filtered(world: World) -> None:
    world.hub.servers |= {
        "ada": {"": server(started="2026-11-24T08:00:00Z"), "sandbox-ab12": server("sandbox-ab12")},
        "p-heat": {"": server(started="2026-11-24T09:00:00Z")},
    }
    text = page(world, "/servers")
    assert "3 of 3 servers that run" in text
    assert text.index("Running since") < text.index("<bdi>p-heat</bdi>") < text.index("<bdi>sandbox-ab12</bdi>")
    only = page(world, "/servers?kind=project")
    assert "<bdi>p-heat</bdi>" in only
    assert "<bdi>sandbox-ab12</bdi>" not in only
    assert "None like that runs" in page(world, "/servers?site=site:elsewhere")


def test_a_server_is_stopped_with_a_reason_and_its_owner_reads_both(world: World) -> None:
    world.hub.servers["ada"] = {"": server()}
    world.parts.store.begin({Thing("server", "ada", ""): NOON})
    page(world, "/servers")
    assert stop(world, "ada", reason=HOSTILE) == 303
    assert world.hub.done == [("DELETE", "/users/ada/server")]
    assert "Stopping" in page(world, "/servers")
    home = page(world, HOME, user="ada")
    assert "an administrator stopped it" in home
    assert "<bdi>root: &lt;img" in home
    account = page(world, f"{HOME}account", user="ada")
    assert "<bdi>root</bdi> stopped your server: <bdi>&lt;img" in account
    assert "<img src=x" not in home + account + page(world, "/record") + page(world, "/person?name=ada")


def test_whoever_was_looked_at_reads_so_once_in_half_a_day(world: World) -> None:
    follow(world)
    for _ in range(2):
        page(world, "/person?name=ada")
    assert page(world, f"{HOME}account", "fr", user="ada").count("<bdi>root</bdi> a regardé ce qui est à vous") == 1
    assert "root" in str(world.program().get(f"{HOME}account/data").json()["administrators"])
    assert page(world, "/record").count("looked at what is yours") == 1


def test_nobody_is_shown_whom_the_hub_does_not_know(world: World) -> None:
    answer = world.browser(user="root").get(f"{PAGE}/person", params={"name": HOSTILE})
    assert answer.status_code == 404
    assert "<img src=x" not in answer.text


def test_who_is_let_in_is_listed_with_the_role(world: World) -> None:
    project(world)
    text = page(world, "/shares?q=bob")
    assert re.search(r"<bdi>The heat</bdi>.*<bdi>bob</bdi></td><td>Editor</td><td>never</td>", text)
    assert "Nobody is let into a server of others" in page(world, "/shares?q=carol")


def test_what_runs_is_asked_of_the_hub_once_for_many_looks(world: World) -> None:
    running = Running(world.parts.hub, world.parts.owners, world.parts.clock)
    for _ in range(5):
        running.servers()
    assert world.hub.calls.count("GET /users") == 1
    world.later(minutes=3)
    running.servers()
    assert world.hub.calls.count("GET /users") == 2


def test_sites_come_from_the_account_that_pays(world: World) -> None:
    lease = {"id": "s-1", "kind": "server", "username": "ada", "thing": "", "cores": 1, "memory_gib": 1}
    assert world.program("service-token").post(f"{HOME}api/quotas/leases", json=lease).status_code == 201
    world.hub.servers["ada"] = {"": server()}
    text = page(world, "/servers")
    site = re.search(r'<option value="(site:[^"]+)"', text)
    assert site
    assert "1 of 1 server that runs" in page(world, f"/servers?site={site[1]}")
