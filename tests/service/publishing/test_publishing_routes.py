"""Published notebooks over HTTP: ada owns the project, bob is a stranger at first."""

from __future__ import annotations

import json
import re

import pytest

from gaia_vre.core.state import StateFolder
from tests.service.conftest import HOME, World, proof

API = "/services/gaia/api"
HOSTILE = "<img src=x onerror=alert(1)><script>alert(1)</script>"


def write(world: World, name: str = "heat.ipynb", text: str = "# Heat") -> None:
    cell = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": text}
    found = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    (world.parts.folders.make("heat") / name).write_text(json.dumps(found))


@pytest.fixture
def heat(world: World) -> World:
    assert world.program().post(f"{API}/projects", json={"title": "Heat", "slug": "heat"}).status_code == 201
    write(world)
    return world


def published(world: World, **more: object) -> int:
    answer = world.program().post(f"{API}/projects/heat/published", json={"path": "heat.ipynb", **more})
    assert answer.status_code == 201, answer.text
    assert answer.json()["address"].endswith(f"/services/gaia/published/{answer.json()['id']}")
    return int(answer.json()["id"])


def test_an_editor_publishes_from_the_page_and_withdraws(heat: World) -> None:
    ada, page = heat.browser(), f"{HOME}projects/heat"
    fields = {"_xsrf": proof(ada.get(page).text), "path": "heat.ipynb", "title": "The heat", "audience": "members"}
    where = ada.post(f"{page}/publish", data=fields | {"listed": "true"}).headers["location"]
    assert "The heat" in ada.get(where).text
    assert "The heat" in ada.get(f"{HOME}published").text
    number = re.search(r'name="number" value="(\d+)"', ada.get(page).text)
    assert number
    assert ada.post(f"{page}/withdraw", data={"_xsrf": fields["_xsrf"], "number": number[1]}).status_code == 303
    assert ada.get(where).status_code == 404
    assert "ada withdrew the notebook" in ada.get(page).text


def test_what_is_shown_has_no_origin_and_runs_nothing(heat: World) -> None:
    write(heat, text=HOSTILE)
    number, ada = published(heat, title=HOSTILE), heat.browser()
    content = ada.get(f"{HOME}published/{number}/content")
    policy = content.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'")
    assert "script" not in policy
    assert content.headers["x-frame-options"] == "DENY"
    for text in (content.text, ada.get(f"{HOME}published/{number}").text, ada.get(f"{HOME}projects/heat").text):
        assert "<img src=x" not in text
        assert "<script>alert" not in text


def test_the_file_is_kept_and_never_shown(heat: World) -> None:
    answer = heat.browser().get(f"{HOME}published/{published(heat)}/notebook")
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''heat.ipynb"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert json.loads(answer.content)["cells"][0]["source"] == "# Heat"


@pytest.mark.parametrize("path", ["", "/content", "/notebook"])
def test_what_is_for_members_is_not_there_for_others(heat: World, path: str) -> None:
    number = published(heat)
    assert heat.browser(user="bob").get(f"{HOME}published/{number}{path}").status_code == 404
    assert heat.anyone().get(f"{HOME}published/{number}{path}").status_code in (303, 403)
    assert heat.program("bob-token").get(f"{API}/projects/heat/published").status_code == 404


def test_others_read_of_a_private_project_what_it_publishes_and_nothing_more(heat: World) -> None:
    number = published(heat, audience="signed-in", listed=True)
    bob = heat.browser(user="bob")
    text = bob.get(f"{HOME}published/{number}").text
    assert "projects/heat" not in text
    assert "published by" not in text
    told = heat.program("bob-token").get(f"{API}/published").json()[0]
    assert (told["title"], told["path"], told["by"]) == ("heat", None, None)
    assert heat.program("bob-token").get(f"{API}/projects/heat/published").status_code == 404


def test_nothing_is_public_unless_the_operator_says_so(heat: World) -> None:
    body = {"path": "heat.ipynb", "audience": "public"}
    assert heat.program().post(f"{API}/projects/heat/published", json=body).status_code == 403
    object.__setattr__(heat.parts.settings.projects, "public_results", True)
    heat.parts.__dict__.pop("publications", None)
    number = published(heat, audience="public", listed=True)
    assert heat.anyone().get(f"{HOME}published/{number}/content").status_code == 200
    assert "heat" in heat.anyone().get(f"{HOME}published").text
    assert "ada" not in heat.anyone().get(f"{HOME}published/{number}").text
    heat.parts.__dict__.pop("publications")
    object.__setattr__(heat.parts.settings.projects, "public_results", False)
    assert heat.anyone().get(f"{HOME}published/{number}/content").status_code == 403


def test_a_viewer_reads_and_publishes_nothing(heat: World) -> None:
    number = published(heat)
    heat.program().put(f"{API}/projects/heat/members/bob", json={"role": "viewer"})
    bob = heat.program("bob-token")
    assert [one["id"] for one in bob.get(f"{API}/projects/heat/published").json()] == [number]
    assert bob.post(f"{API}/projects/heat/published", json={"path": "heat.ipynb"}).status_code == 403
    assert bob.delete(f"{API}/projects/heat/published/{number}").status_code == 403
    page = heat.browser(user="bob").get(f"{HOME}projects/heat").text
    assert '/publish"' not in page
    assert "/withdraw" not in page


@pytest.mark.parametrize(
    "body",
    [
        {"path": "../a.ipynb"},
        {"path": "notes.txt"},
        {"path": ""},
        {"path": "a" * 1001},
        {"path": "heat.ipynb", "title": "a" * 121},
        {"path": "heat.ipynb", "audience": "all"},
        {"path": "heat.ipynb", "more": 1},
    ],
)
def test_what_cannot_be_published_is_refused(heat: World, body: dict[str, object]) -> None:
    assert heat.program().post(f"{API}/projects/heat/published", json=body).status_code == 422
    assert heat.program().get(f"{API}/projects/heat/published").json() == []


def test_a_form_of_another_site_publishes_and_withdraws_nothing(heat: World) -> None:
    number, ada = published(heat), heat.browser()
    assert ada.post(f"{HOME}projects/heat/publish", data={"path": "heat.ipynb"}).status_code == 403
    assert ada.post(f"{HOME}projects/heat/withdraw", data={"number": str(number)}).status_code == 403


def test_the_pages_speak_french(heat: World) -> None:
    number, ada = published(heat), heat.browser("fr")
    assert "Rien ne s’y exécute" in ada.get(f"{HOME}published/{number}").text
    assert "Notebooks publiés" in ada.get(f"{HOME}published").text
    assert "Retirer" in ada.get(f"{HOME}projects/heat").text


def test_a_published_notebook_is_tried_in_a_sandbox_as_it_was_frozen(heat: World) -> None:
    number, ada = published(heat, title="The heat"), heat.browser()
    assert f"sandbox/new?notebook={number}" in ada.get(f"{HOME}published/{number}").text
    assert "The heat" in ada.get(f"{HOME}sandbox/new?notebook={number}").text
    write(heat, text="# Changed since")
    made = heat.program().post(f"{API}/sandboxes", json={"source": {"kind": "notebook", "reference": str(number)}})
    assert made.status_code == 202, made.text
    (file,) = StateFolder(heat.parts.settings.state).sandboxes.glob("*/home/heat.ipynb")
    assert json.loads(file.read_text())["cells"][0]["source"] == "# Heat"
    assert (made.json()["title"], made.json()["source"]["revision"]) == ("The heat", "v1")


def test_a_notebook_that_somebody_may_not_read_starts_no_sandbox_of_theirs(heat: World) -> None:
    number = published(heat, audience="members")
    asked = {"source": {"kind": "notebook", "reference": str(number)}}
    assert heat.program("bob-token").post(f"{API}/sandboxes", json=asked).status_code == 404
    assert heat.browser(user="bob").get(f"{HOME}sandbox/new?notebook={number}").status_code == 404
    assert not list(StateFolder(heat.parts.settings.state).sandboxes.glob("*/home/*"))


def test_who_reads_it_is_said_anew_on_the_page_and_by_programs(heat: World) -> None:
    number, ada, page = published(heat), heat.browser(), f"{HOME}projects/heat"
    bob = heat.browser(user="bob")
    assert bob.get(f"{HOME}published/{number}").status_code == 404
    form = {"_xsrf": proof(ada.get(page).text), "number": str(number), "audience": "signed-in"}
    assert ada.post(f"{page}/audience", data=form).status_code == 303
    assert bob.get(f"{HOME}published/{number}").status_code == 200
    address = f"{API}/projects/heat/published/{number}"
    assert heat.program().patch(address, json={"audience": "members"}).json()["audience"] == "members"
    assert bob.get(f"{HOME}published/{number}").status_code == 404
    for body in ({"audience": "all"}, {"path": "other.ipynb"}, {"title": "x" * 121}):
        assert heat.program().patch(address, json=body).status_code == 422, body
    assert heat.program("bob-token").patch(address, json={"listed": True}).status_code == 404


def test_members_find_older_versions_on_its_page(heat: World) -> None:
    published(heat)
    write(heat, text="# Ice")
    number, ada = published(heat, audience="signed-in"), heat.browser()
    assert f"published/{number}?version=1" in ada.get(f"{HOME}published/{number}").text
    older = ada.get(f"{HOME}published/{number}", params={"version": 1}).text
    assert "This is an older version" in older
    assert "Heat&lt;" in older
    assert f"published/{number}/notebook?version=1" in older
    assert "# Heat" in ada.get(f"{HOME}published/{number}/notebook", params={"version": 1}).text
    for person in (ada, heat.browser(user="bob")):
        assert person.get(f"{HOME}published/{number}", params={"version": 7}).status_code == 404
    bob = heat.browser(user="bob")
    assert bob.get(f"{HOME}published/{number}").status_code == 200
    for path in ("", "/content", "/notebook"):
        assert bob.get(f"{HOME}published/{number}{path}", params={"version": 1}).status_code == 404
    told = heat.program("bob-token").get(f"{API}/published/{number}/versions").json()
    assert [(one["number"], one["by"]) for one in told] == [(2, None)]
