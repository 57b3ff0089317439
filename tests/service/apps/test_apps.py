"""Apps over HTTP: ada owns the project, bob and eve are strangers at first."""

from __future__ import annotations

import re

import httpx2
import pytest

from gaia_vre.service.operate.maintenance import Maintenance
from tests.service.apps.conftest import API, awake, passes, published, wake, with_public
from tests.service.conftest import HOME, World, proof
from tests.service.fakes import server
from tests.service.projects.heat import lease

HOSTILE = "<img src=x onerror=alert(1)>"
PLACE = "p-heat/app-1"


# Publishing -------------------------------------------------------------------------------------


def test_an_editor_publishes_from_the_page_and_withdraws(heat: World) -> None:
    ada, page = heat.browser(), f"{HOME}projects/heat"
    fields = {"_xsrf": proof(ada.get(page).text), "path": "slide.py", "title": "Slide it", "audience": "members"}
    assert ada.post(f"{page}/publish-app", data=fields | {"listed": "true"}).headers["location"] == f"{page}#apps"
    text = ada.get(page).text
    assert "ada published the app “Slide it”" in text
    assert "Slide it" in ada.get(f"{HOME}published").text
    number = re.search(r'apps/(\d+)"', text)
    assert number
    asked = {"_xsrf": fields["_xsrf"], "number": number[1]}
    assert ada.post(f"{page}/app-audience", data=asked | {"audience": "signed-in"}).status_code == 303
    assert heat.parts.apps.all([1])[1].app.audience == "signed-in"
    assert ada.post(f"{page}/withdraw-app", data=asked).status_code == 303
    assert ada.get(f"{HOME}apps/{number[1]}").status_code == 404
    assert "ada withdrew the app" in ada.get(page).text


@pytest.mark.parametrize(
    ("path", "source", "status"),
    [
        ("../slide.py", None, 422),
        ("notes.txt", "a note", 422),
        ("", None, 422),
        ("gone.py", None, 404),
        (".hidden.py", "import panel", 422),
        ("broken.ipynb", "no notebook", 422),
    ],
    ids=["above", "no program", "nothing", "not there", "hidden", "no notebook"],
)
def test_what_cannot_be_an_app_is_refused(heat: World, path: str, source: str | None, status: int) -> None:
    if source:
        (heat.parts.folders.path("heat") / path).write_text(source)
    answer = heat.program().post(f"{API}/projects/heat/apps", json={"path": path})
    assert answer.status_code == status
    assert heat.program().get(f"{API}/projects/heat/apps").json() == []


def test_whose_program_an_app_is_is_told_shown_and_started(heat: World) -> None:
    (heat.parts.folders.path("heat") / "stream.py").write_text("import streamlit as st")
    made = heat.program().post(f"{API}/projects/heat/apps", json={"path": "stream.py", "listed": True}).json()
    assert made["kind"] == "streamlit"
    assert "A Streamlit app of" in heat.browser().get(f"{HOME}apps/1").text
    assert "Streamlit · for members" in heat.browser().get(f"{HOME}published").text
    assert "Streamlit · for members" in heat.browser().get(f"{HOME}projects/heat").text
    assert lease(heat, username="p-heat", thing="app-1").json()["app"]["kind"] == "streamlit"


def test_an_editor_says_whose_program_an_app_is_and_it_starts_anew(heat: World) -> None:
    ada, page = heat.browser(), f"{HOME}projects/heat"
    fields = {"_xsrf": proof(ada.get(page).text), "path": "slide.py", "audience": "members", "kind": "streamlit"}
    assert ada.post(f"{page}/publish-app", data=fields).status_code == 303
    awake(heat)
    changed = heat.program().patch(f"{API}/projects/heat/apps/1", json={"kind": "panel"})
    assert changed.json()["kind"] == "panel"
    assert heat.hub.servers["p-heat"] == {}


@pytest.mark.parametrize("kind", ["voila", "shiny"])
def test_a_program_is_of_no_kind_that_cannot_serve_it(heat: World, kind: str) -> None:
    answer = heat.program().post(f"{API}/projects/heat/apps", json={"path": "slide.py", "kind": kind})
    assert answer.status_code == 422
    published(heat)
    assert heat.program().patch(f"{API}/projects/heat/apps/1", json={"kind": kind}).status_code == 422


def test_the_same_program_is_one_app(heat: World) -> None:
    published(heat)
    answer = heat.program().post(f"{API}/projects/heat/apps", json={"path": "slide.py"})
    assert answer.status_code == 409
    assert answer.json()["detail"] == "'slide.py' is the app 1 of heat already: change or withdraw that"


def test_a_project_has_so_many_apps_and_no_more(heat: World) -> None:
    object.__setattr__(heat.parts.settings.projects.apps, "most", 1)
    published(heat)
    (heat.parts.folders.path("heat") / "other.py").write_text("import panel")
    answer = heat.program().post(f"{API}/projects/heat/apps", json={"path": "other.py"})
    assert answer.json()["detail"] == "heat publishes 1 apps, which is the most: withdraw one first"


def test_where_apps_are_switched_off_none_is_published_or_runs(heat: World) -> None:
    published(heat)
    object.__setattr__(heat.parts.settings.projects.apps, "enabled", False)
    answer = heat.program().post(f"{API}/projects/heat/apps", json={"path": "slide.py"})
    assert answer.status_code == 403
    assert "switched off" in heat.browser().get(f"{HOME}apps/1").text
    assert lease(heat, username="p-heat", thing="app-1").status_code == 403


def test_titles_are_inert(heat: World) -> None:
    published(heat, title=HOSTILE, listed=True)
    for path in ("apps/1", "projects/heat", "published"):
        text = heat.browser().get(f"{HOME}{path}").text
        assert HOSTILE not in text
        assert "&lt;img src=x" in text


def test_a_viewer_visits_and_publishes_nothing(heat: World) -> None:
    published(heat)
    heat.program().put(f"{API}/projects/heat/members/bob", json={"role": "viewer"})
    bob = heat.program("bob-token")
    assert [one["id"] for one in bob.get(f"{API}/projects/heat/apps").json()] == [1]
    assert bob.post(f"{API}/projects/heat/apps", json={"path": "slide.py"}).status_code == 403
    assert bob.patch(f"{API}/projects/heat/apps/1", json={"audience": "signed-in"}).status_code == 403
    assert bob.delete(f"{API}/projects/heat/apps/1").status_code == 403
    assert "publish-app" not in heat.browser(user="bob").get(f"{HOME}projects/heat").text


# Visiting ---------------------------------------------------------------------------------------


def test_loading_the_page_starts_nothing_and_its_form_wakes_the_app(heat: World) -> None:
    published(heat)
    page = heat.browser().get(f"{HOME}apps/1")
    assert "The app sleeps" in page.text
    assert heat.hub.done == []
    assert wake(heat).headers["location"] == f"{HOME}apps/1?woken=true"
    assert heat.hub.done == [("POST", "/users/p-heat/servers/app-1")]


def test_an_app_is_not_woken_without_the_proof_of_its_page(heat: World) -> None:
    published(heat)
    assert heat.browser().post(f"{HOME}apps/1/wake", data={"_xsrf": "forged"}).status_code == 403
    assert heat.hub.done == []


def test_the_page_shows_the_steps_of_the_start_and_leads_in_when_it_answers(heat: World) -> None:
    published(heat)
    steps = {"budget": True, "container": False, "lab": False}
    awake(heat, ready=False, pending="spawn", state={"steps": steps})
    text = heat.browser().get(f"{HOME}apps/1?woken=true").text
    assert '<li class="is-done"><span>Budget of the project reserved</span></li>' in text
    assert (
        '<li class="is-now" aria-current="step"><span>Process of the app, and the project’s files</span></li>' in text
    )
    awake(heat)
    answer = heat.browser().get(f"{HOME}apps/1?woken=true")
    assert (answer.status_code, answer.headers["location"]) == (303, "/user/p-heat/app-1/")


def test_a_visit_opens_this_one_server_to_the_visitor_and_no_other(heat: World) -> None:
    published(heat)
    heat.program().put(f"{API}/projects/heat/members/bob", json={"role": "viewer"})
    awake(heat)
    assert heat.browser(user="bob").get(f"{HOME}apps/1").status_code == 303
    assert heat.hub.shares == {PLACE: {"bob"}}


@pytest.mark.parametrize("audience", ["members", "signed-in"])
def test_a_stranger_visits_what_is_for_those_signed_in_alone(heat: World, audience: str) -> None:
    published(heat, audience=audience)
    awake(heat)
    allowed = audience == "signed-in"
    assert heat.browser(user="eve").get(f"{HOME}apps/1").status_code == (303 if allowed else 404)
    assert heat.hub.shares == ({PLACE: {"eve"}} if allowed else {})
    assert heat.anyone().get(f"{HOME}apps/1").headers["location"].startswith("/hub/api/oauth2/authorize")
    assert heat.anyone().post(f"{HOME}apps/1/wake").status_code == 401


def test_a_stranger_learns_of_a_private_project_its_apps_and_nothing_more(heat: World) -> None:
    published(heat, audience="signed-in", listed=True)
    text = heat.browser(user="eve").get(f"{HOME}apps/1").text
    assert "projects/heat" not in text
    told = heat.program("eve-token").get(f"{API}/apps").json()[0]
    assert (told["title"], told["path"], told["by"]) == ("slide", None, None)


def test_nothing_is_public_unless_the_operator_says_so(heat: World) -> None:
    body = {"path": "slide.py", "audience": "public"}
    assert heat.program().post(f"{API}/projects/heat/apps", json=body).status_code == 403
    published(with_public(heat, on=True), audience="public")
    assert heat.anyone().get(f"{HOME}apps/1").status_code == 200
    assert heat.anyone().post(f"{HOME}apps/1/wake").status_code == 303
    assert lease(heat, username="p-heat", thing="app-1").json()["app"]["open_to_all"] is True
    awake(heat)
    assert heat.anyone().get(f"{HOME}apps/1").headers["location"] == "/user/p-heat/app-1/"
    passes(with_public(heat, on=False))
    assert heat.hub.servers["p-heat"] == {}
    assert heat.anyone().get(f"{HOME}apps/1").headers["location"].startswith("/hub/api/oauth2/authorize")


def test_the_apps_of_a_project_that_is_over_do_not_wake(heat: World) -> None:
    published(heat)
    heat.later(days=400)
    heat.parts.registry.founding.turn(heat.time[0])
    words = "heat is archived: its apps do not run any more"
    assert words in heat.browser().get(f"{HOME}apps/1").text
    assert words in wake(heat).text
    assert lease(heat, username="p-heat", thing="app-1").status_code == 403
    assert heat.hub.done == []


def test_why_the_hub_starts_no_app_stands_on_its_page(heat: World) -> None:
    published(heat)
    heat.hub.refusal = "heat: 1 core asked, 0 left"
    answer = wake(heat)
    assert (answer.status_code, "heat: 1 core asked, 0 left" in answer.text) == (422, True)


def test_two_who_wake_an_app_at_once_both_wait_for_it(heat: World, monkeypatch: pytest.MonkeyPatch) -> None:
    published(heat)
    refusing = heat.hub._change

    def somebody_was_first(method: str, path: str) -> httpx2.Response:
        awake(heat, ready=False, pending="spawn")
        return refusing(method, path)

    heat.hub.refusal = "p-heat/app-1 is pending spawn"
    monkeypatch.setattr(heat.hub, "_change", somebody_was_first)
    assert wake(heat).headers["location"] == f"{HOME}apps/1?woken=true"


def test_no_app_wakes_during_a_maintenance(heat: World) -> None:
    published(heat)
    Maintenance(heat.parts.engine).begin("root", "new disks", heat.time[0])
    answer = lease(heat, username="p-heat", thing="app-1")
    assert answer.status_code == 409
    assert answer.json()["detail"] == "Nothing new starts during the maintenance that root began: new disks"


def test_a_start_that_failed_is_told_to_members_and_only_that_it_did_to_others(heat: World) -> None:
    published(heat, audience="signed-in")
    heat.hub.trouble = "The lab ended while it started: SyntaxError in /secret"
    assert "SyntaxError in /secret" in heat.browser().get(f"{HOME}apps/1?woken=true").text
    eve = heat.browser(user="eve").get(f"{HOME}apps/1?woken=true").text
    assert "The app did not start" in eve
    assert "/secret" not in eve


# The server -------------------------------------------------------------------------------------


def test_an_app_is_charged_to_its_project(heat: World) -> None:
    published(heat)
    told = lease(heat, username="p-heat", thing="app-1").json()
    assert told["account"] == "project:heat"
    assert told["app"] == {"number": 1, "path": "slide.py", "kind": "panel", "idle_minutes": 20, "open_to_all": False}
    assert told["folders"] == []


@pytest.mark.parametrize(
    ("username", "thing"),
    [("p-heat", "app-2"), ("p-cold", "app-1"), ("p-heat", "app-"), ("p-heat", "app-1x"), ("p-heat", "app-²")],
)
def test_a_server_that_only_looks_like_an_app_does_not_start(heat: World, username: str, thing: str) -> None:
    published(heat)
    heat.program().post(f"{API}/projects", json={"title": "Cold", "slug": "cold"})
    assert lease(heat, username=username, thing=thing).status_code == 403


def test_a_persons_server_of_such_a_name_is_their_own(heat: World) -> None:
    published(heat)
    told = lease(heat, username="bob", thing="app-1").json()
    assert (told["account"], told["app"]) == ("person:bob", None)


def test_within_a_pass_nobody_is_let_in_who_may_not_visit_any_more(heat: World) -> None:
    published(heat, audience="signed-in")
    awake(heat)
    for user in ("ada", "bob", "eve"):
        heat.program().put(f"{API}/projects/heat/members/bob", json={"role": "viewer"})
        assert heat.browser(user=user).get(f"{HOME}apps/1").status_code == 303
    assert heat.hub.shares[PLACE] == {"ada", "bob", "eve"}
    heat.program().patch(f"{API}/projects/heat/apps/1", json={"audience": "members"})
    passes(heat)
    assert heat.hub.shares[PLACE] == {"ada", "bob"}
    heat.program().delete(f"{API}/projects/heat/members/bob")
    passes(heat)
    assert heat.hub.shares[PLACE] == {"ada"}
    heat.hub.shares[PLACE].add("mallory")
    passes(heat)
    assert heat.hub.shares[PLACE] == {"ada"}


def test_the_shares_of_an_app_that_sleeps_are_forgotten_with_its_server(heat: World) -> None:
    published(heat)
    awake(heat)
    heat.browser().get(f"{HOME}apps/1")
    heat.hub.servers["p-heat"].clear()
    passes(heat)
    assert (heat.parts.apps.visitors(), heat.hub.shares) == ({}, {})
    assert ("DELETE", "/users/p-heat/servers/app-1") in heat.hub.done


def test_a_pass_where_nothing_changed_asks_once_for_each_app_that_runs(heat: World) -> None:
    published(heat)
    awake(heat)
    heat.browser().get(f"{HOME}apps/1")
    passes(heat)
    heat.hub.calls.clear()
    passes(heat)
    assert [call for call in heat.hub.calls if "app-1" in call] == ["GET /shares/p-heat/app-1"]


@pytest.mark.parametrize("how", ["withdrawn", "of another project", "of a project that is over"])
def test_within_a_pass_what_should_not_run_is_stopped(heat: World, how: str) -> None:
    published(heat)
    where = "p-heat"
    if how == "of another project":
        where = "p-cold"
    elif how == "withdrawn":
        heat.hub.refusal = "is pending spawn"  # the stop at once fails
        heat.program().delete(f"{API}/projects/heat/apps/1")
        heat.hub.refusal = None
    else:
        heat.later(days=400)
        heat.parts.registry.founding.turn(heat.time[0])
    heat.hub.servers[where] = {"app-1": server("app-1", started=heat.time[0].isoformat())}
    passes(heat)
    assert heat.hub.servers[where] == {}


def test_a_project_that_only_an_app_runs_of_has_no_visitors_of_its_server(heat: World) -> None:
    published(heat)
    awake(heat)
    heat.hub.calls.clear()
    passes(heat)
    assert "GET /shares/p-heat/" not in heat.hub.calls
