"""Projects over HTTP: the tests play ada, who makes one, bob, whom she lets in, and root, who operates."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from gaia_vre.core.settings import parse_settings
from tests.service.conftest import World, make_books

API = "/services/gaia/api/projects"


def made(client: TestClient, slug: str = "ocean-heat", **more: object) -> dict[str, Any]:
    answer = client.post(API, json={"title": "Ocean heat", "slug": slug, **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_project_is_made_with_an_account_that_its_maker_may_pay_with(any_world: World) -> None:
    ada = any_world.program()
    project = made(ada)
    assert (project["role"], project["state"], project["account"]) == ("owner", "active", "project:ocean-heat")
    assert "spend" in project["may"]
    accounts = {one["name"]: one for one in ada.get("/services/gaia/api/quotas/accounts").json()}
    assert accounts["project:ocean-heat"]["limits"]["credits"] == 500
    assert "project:ocean-heat" not in str(
        any_world.program("bob-token").get("/services/gaia/api/quotas/accounts").json()
    )


def test_a_link_lets_bob_in_and_lets_him_pay(world: World) -> None:
    ada, bob = world.program(), world.program("bob-token")
    made(ada)
    link = ada.post(f"{API}/ocean-heat/invitations", json={"role": "editor"}).json()
    assert link["address"].endswith(f"/projects/join#{link['secret']}")
    assert bob.post(f"{API}/join", json={"secret": link["secret"]}).json()["role"] == "editor"
    assert "project:ocean-heat" in str(bob.get("/services/gaia/api/quotas/accounts").json())
    assert bob.post(f"{API}/join", json={"secret": link["secret"] + "x"}).status_code == 404
    assert ada.get(f"{API}/ocean-heat/invitations").json() == []


def test_who_is_taken_out_pays_with_it_no_longer(world: World) -> None:
    ada, bob = world.program(), world.program("bob-token")
    made(ada)
    assert ada.put(f"{API}/ocean-heat/members/bob", json={"role": "editor"}).status_code == 200
    assert ada.delete(f"{API}/ocean-heat/members/bob").status_code == 204
    assert "project:ocean-heat" not in str(bob.get("/services/gaia/api/quotas/accounts").json())
    assert code(bob.get(f"{API}/ocean-heat")) == (404, "not-found")


def test_a_stranger_finds_nothing_of_a_private_project(world: World) -> None:
    made(world.program())
    bob = world.program("bob-token")
    for path in ("", "/members", "/history", "/invitations", "/requests"):
        assert code(bob.get(f"{API}/ocean-heat{path}")) == (404, "not-found"), path
    assert code(bob.patch(f"{API}/ocean-heat", json={"title": "Mine"})) == (404, "not-found")
    assert code(bob.delete(f"{API}/ocean-heat/members/ada")) == (404, "not-found")
    assert bob.get(API).json() == bob.get(f"{API}/listed").json() == []


def test_a_viewer_reads_and_changes_nothing(world: World) -> None:
    ada, bob = world.program(), world.program("bob-token")
    made(ada)
    ada.put(f"{API}/ocean-heat/members/bob", json={"role": "viewer"})
    assert bob.get(f"{API}/ocean-heat").json()["may"] == ["read"]
    assert [one["username"] for one in bob.get(f"{API}/ocean-heat/members").json()] == ["ada", "bob"]
    assert code(bob.put(f"{API}/ocean-heat/members/bob", json={"role": "owner"})) == (403, "not-allowed")
    assert code(bob.get(f"{API}/ocean-heat/invitations")) == (403, "not-allowed")
    assert "project:ocean-heat" not in str(bob.get("/services/gaia/api/quotas/accounts").json())


def test_one_asks_to_join_what_is_listed(world: World) -> None:
    ada, bob = world.program(), world.program("bob-token")
    made(ada, visibility="listed")
    assert [one["may"] for one in bob.get(f"{API}/listed").json()] == [["ask"]]
    assert bob.post(f"{API}/ocean-heat/requests", json={"text": "Heat content."}).status_code == 202
    asked = ada.get(f"{API}/ocean-heat/requests").json()
    assert ada.post(f"{API}/ocean-heat/requests/{asked[0]['id']}", json={"role": "editor"}).status_code == 204
    assert bob.get(f"{API}/ocean-heat").json()["role"] == "editor"


def test_members_read_that_an_administrator_looked(world: World) -> None:
    ada, root = world.program(), world.program("root-token")
    made(ada)
    assert root.get(f"{API}/ocean-heat").json()["role"] is None
    kinds = [(one["kind"], one["by"]) for one in ada.get(f"{API}/ocean-heat/history").json()]
    assert kinds == [("looked", "root"), ("created", "ada")]


def test_who_never_signed_in_is_invited_by_a_link(world: World) -> None:
    ada = world.program()
    made(ada)
    answer = ada.put(f"{API}/ocean-heat/members/nobody", json={"role": "editor"})
    assert code(answer) == (422, "invalid")
    assert "invite them by a link" in answer.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [
        {"title": ""},
        {"title": "x", "slug": "../etc"},
        {"title": "x" * 200},
        {"title": "Ocean", "visibility": "secret"},
        {"title": "Ocean", "community": "community:nowhere"},
        {"title": "Ocean", "ends": "2020-01-01T00:00:00Z"},
        {"title": "Ocean", "owner": "bob"},
    ],
)
def test_what_is_no_project_is_refused(world: World, body: dict[str, object]) -> None:
    answer = world.program().post(API, json=body)
    assert answer.status_code == 422
    assert world.program().get(API).json() == []


def test_a_service_is_no_person(world: World) -> None:
    assert code(world.program("gateway-token").get(API)) == (403, "not-allowed")


def test_only_those_whom_the_community_lets_make_projects(world: World) -> None:
    policy = {"communities": [{"groups": ["seniors"]}], "most_owned": 1}
    settings = parse_settings({"state": str(world.parts.settings.state), "projects": policy})
    office, registry = make_books(world.parts.engine, settings, world.time)
    object.__setattr__(world.parts, "registry", registry)
    object.__setattr__(world.parts, "office", office)
    world.hub.tokens["ada-token"]["groups"] = ["seniors"]
    assert code(world.program("bob-token").post(API, json={"title": "Ocean"})) == (403, "not-allowed")
    made(world.program())
    answer = world.program().post(API, json={"title": "Another one"})
    assert "owns 1 projects already, and 1 is the limit" in answer.json()["detail"]


def test_a_project_turns_by_its_dates_and_its_account_with_it(world: World) -> None:
    from gaia_vre.service.reconcile import Reconciler

    ada = world.program()
    made(ada, ends=(world.time[0] + timedelta(days=30)).isoformat())
    states = []
    for days in (0, 20, 15, 31):
        world.later(days=days)
        Reconciler(world.parts).step()
        states.append(ada.get(f"{API}/ocean-heat").json()["state"])
    assert states == ["active", "ending", "read-only", "archived"]
    assert "project:ocean-heat" not in str(ada.get("/services/gaia/api/quotas/accounts").json())


def test_a_project_whose_account_was_never_made_has_one_after_a_pass(world: World) -> None:
    from gaia_vre.service.reconcile import Reconciler
    from tests.projects.conftest import new

    world.parts.registry.projects.create(
        new(starts=world.time[0], ends=world.time[0] + timedelta(days=9), community="community:local"), "ada"
    )
    Reconciler(world.parts).step()
    assert world.parts.office.accounts.find("project:ocean-heat").title == "Ocean heat"
