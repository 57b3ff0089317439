"""The pages of projects, as ada, who makes one, and bob, who comes in, use them."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient

from tests.service.conftest import HOME, World, proof

PAGE = f"{HOME}projects"


def submit(browser: TestClient, path: str, page: str, **fields: str) -> str:
    """Submit a form of a page as it stands there; return where it leads."""
    text = browser.get(page).text
    assert f'action="{PAGE}{path}"' in text
    answer = browser.post(f"{PAGE}{path}", data=fields | {"_xsrf": proof(text)})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def made(world: World) -> TestClient:
    ada = world.browser()
    assert submit(ada, "/new", f"{PAGE}/new", title="Ocean heat", visibility="listed") == f"{PAGE}/ocean-heat"
    return ada


def test_a_project_is_made_from_its_page(world: World) -> None:
    ada = world.browser()
    assert "Here stand the projects" in ada.get(PAGE).text
    made(world)
    assert "Ocean heat" in ada.get(PAGE).text
    text = ada.get(f"{PAGE}/ocean-heat").text
    assert "0 of 500 credits" in text
    assert "ada made the project" in text
    assert "/remove" not in text  # the last owner cannot leave


def test_a_link_is_shown_once_and_lets_bob_in(world: World) -> None:
    ada, bob = made(world), world.browser(user="bob")
    page = f"{PAGE}/ocean-heat"
    shown = ada.post(f"{page}/invite", data={"role": "editor", "_xsrf": proof(ada.get(page).text)})
    link = re.search(r"projects/join#([\w-]+)", shown.text)
    assert link
    assert shown.headers["cache-control"] == "no-store"
    assert link[1] not in ada.get(page).text
    assert submit(bob, "/join", f"{PAGE}/join", secret=link[0]) == page
    assert "you: Editor" in bob.get(page).text
    assert submit(bob, "/ocean-heat/remove", page, username="bob") == PAGE


def test_who_asks_is_let_in(world: World) -> None:
    ada, bob = made(world), world.browser(user="bob")
    page = f"{PAGE}/ocean-heat"
    submit(bob, "/ocean-heat/ask", page, text="<b>heat</b>")
    text = ada.get(page).text
    assert "&lt;b&gt;heat&lt;/b&gt;" in text
    number = re.search(r'name="number" value="(\d+)"', text)
    assert number
    submit(ada, "/ocean-heat/decide", page, number=number[1], role="editor")
    submit(ada, "/ocean-heat/role", page, username="bob", role="manager")
    assert "bob" in ada.get(page).text


@pytest.mark.parametrize("path", ["/new", "/join", "/ocean-heat/invite", "/ocean-heat/remove", "/ocean-heat/end"])
def test_a_form_of_another_site_changes_nothing(world: World, path: str) -> None:
    ada = made(world)
    fields = {"title": "x", "secret": "x", "role": "editor", "username": "ada", "ends": "2027-01-01"}
    assert ada.post(f"{PAGE}{path}", data=fields).status_code == 403


def test_a_stranger_sees_what_a_listed_project_is_called_and_no_more(world: World) -> None:
    made(world)
    text = world.browser(user="bob").get(f"{PAGE}/ocean-heat").text
    assert "Ask to join" in text
    for hidden in ("ada made the project", "of 500 credits", "Invite by a link", "/role"):
        assert hidden not in text


def test_the_pages_speak_french(world: World) -> None:
    made(world)
    ada = world.browser("fr")
    text = ada.get(f"{PAGE}/ocean-heat").text
    for said in ("Propriétaire", "Inviter par un lien", "Comment il se termine", "ada a créé le projet"):
        assert said in text


def test_the_end_is_moved(world: World) -> None:
    ada = made(world)
    submit(ada, "/ocean-heat/end", f"{PAGE}/ocean-heat", ends="2027-03-31")
    assert "Wednesday 31 March" in ada.get(f"{PAGE}/ocean-heat").text.replace("\xa0", " ")


@pytest.mark.parametrize("ends", ["2026-12-24T12:00:00Z", "2026-12-24T23:00:00Z", "2026-12-24T09:30:00+09:00"])
def test_a_project_and_its_budget_end_on_the_same_day(world: World, ends: str) -> None:
    body = {"title": "Ocean heat", "slug": "ocean-heat", "ends": ends}
    assert world.program().post("/services/gaia/api/projects", json=body).status_code == 201
    ada = world.browser()
    day = "Thursday 24 December"
    assert f"until {day}" in ada.get(f"{PAGE}/ocean-heat").text
    assert f"Until {day}." in ada.get("/services/gaia/usage?account=project:ocean-heat").text
