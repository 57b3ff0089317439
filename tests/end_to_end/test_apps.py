"""An app of a project in Chromium: a slider that works, who may visit it, how it sleeps and wakes, its end."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import nbformat
import pytest
import websocket
from playwright.sync_api import Page, expect

from gaia_vre.isolation.bubblewrap import bubblewrap
from tests.end_to_end.test_browser import browser, pytestmark, shot, sign_in  # noqa: F401
from tests.end_to_end.test_together import token_of
from tests.support.environment import Environment, until
from tests.support.lab_client import LabClient
from tests.support.site import Reached

SLUG = "slide-heat"
PEOPLE = ("ada", "bob", "eve")
PROGRAM = """
from pathlib import Path
import panel as pn
pn.extension()
depth = pn.widgets.IntSlider(name="Depth", start=0, end=10, value=3)
try:
    Path(__file__).with_name("written.txt").write_text("by the app")
    wrote = "writes"
except OSError:
    wrote = "reads"
pn.Column(depth, pn.pane.Str(pn.bind(lambda number: f"twice is {2 * number}", depth)), wrote).servable(title="Slide")
"""


STREAMLIT = """
from pathlib import Path
import streamlit as st
import gaia_vre as gaia
gaia.open("ostia-monthly")
depth = st.slider("Depth", 0, 10, 3)
st.write(f"twice is {2 * depth}")
try:
    Path(__file__).with_name("written.txt").write_text("by the app")
    st.write("writes")
except OSError:
    st.write("reads")
"""
VOILA = """
from pathlib import Path
import ipywidgets as widgets
from IPython.display import display
depth = widgets.IntSlider(description="Depth", min=0, max=10, value=3)
said = widgets.Label("twice is 6")
depth.observe(lambda change: setattr(said, "value", f"twice is {2 * change.new}"), names="value")
try:
    Path("written.txt").write_text("by the app")
    wrote = "writes"
except OSError:
    wrote = "reads"
display(widgets.VBox([depth, said, widgets.Label(wrote)]))
"""
OTHERS = {"streamlit": "stream.py", "voila": "page.ipynb"}


@dataclass
class Apps:
    """A project of ada's with one app for its members; bob is viewer, eve a stranger."""

    environment: Environment
    people: dict[str, LabClient]
    tokens: dict[str, str]
    number: int = 0

    def ask(self, name: str, method: str, path: str, body: Any = None) -> httpx2.Response:
        headers = {"Authorization": f"token {self.tokens[name]}"}
        url = f"{self.environment.url}/services/gaia/api{path}"
        return httpx2.request(method, url, headers=headers, json=body, timeout=60, trust_env=False)

    @property
    def place(self) -> str:
        return f"/user/p-{SLUG}/app-{self.number}/"

    def held(self) -> float:
        """Return how many servers the project's account pays now."""
        found = self.ask("ada", "GET", "/quotas/accounts").json()
        return float(next(one for one in found if one["name"] == f"project:{SLUG}")["held"]["servers"])

    def used(self) -> list[tuple[str, str]]:
        """Return the datasets that were opened for the project, and by whom last."""
        found = self.ask("ada", "GET", f"/projects/{SLUG}/facts").json()["datasets"]
        return [(one["id"], one["last_by"]) for one in found if one["opened"]]

    def knock(self, name: str | None) -> int:
        """Return how the app's websocket answers to somebody's browser, or to one that nobody has signed in with."""
        cookies = self.people[name].cookies(self.place) if name else None
        url = f"{self.environment.url.replace('http', 'ws', 1)}{self.place}slide/ws"
        with pytest.raises(websocket.WebSocketBadStatusException) as refused:
            websocket.create_connection(url, cookie=cookies, origin=self.environment.url, timeout=30)
        return int(refused.value.status_code)


@pytest.fixture(scope="module")
def place(environment: Environment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """An environment whose apps sleep soon; a site elsewhere has the same settings."""
    if isinstance(environment, Reached):
        yield environment
        return
    state = tmp_path_factory.mktemp("apps") / "state"
    state.mkdir(mode=0o700)
    shutil.copytree(environment.state / "data", state / "data", symlinks=True)
    own = Environment(state, settings={"projects": {"public_results": True, "apps": {"idle_minutes": 0.5}}})
    try:
        yield own.start()
    finally:
        own.down()


@pytest.fixture(scope="module")
def apps(place: Environment) -> Iterator[Apps]:
    people = {}
    for name in PEOPLE:
        people[name] = LabClient(place.url)
        people[name].login(name, place.password())
    found = Apps(place, people, {name: token_of(one) for name, one in people.items()})
    made = found.ask("ada", "POST", "/projects", {"title": "Slide <b>heat", "slug": SLUG})
    assert made.status_code in (201, 409), made.text  # a site that is kept has it from before
    assert found.ask("ada", "PUT", f"/projects/{SLUG}/members/bob", {"role": "viewer"}).status_code == 200
    page = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(VOILA)])
    for name, text in {"slide.py": PROGRAM, "stream.py": STREAMLIT, "page.ipynb": nbformat.writes(page)}.items():
        place.write_to_project(SLUG, name, text)
    made = found.ask("ada", "POST", f"/projects/{SLUG}/apps", {"path": "slide.py", "title": "Slide <i>it"})
    assert made.status_code == 201, made.text
    found.number = made.json()["id"]
    yield found
    for one in people.values():
        one.close()


def opened(browser: Any, apps: Apps, name: str) -> Page:  # noqa: F811
    context = browser.new_context(
        base_url=apps.environment.url, viewport={"width": 1200, "height": 800}, locale="en-GB"
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    sign_in(page, apps.environment, name)
    page.wait_for_url("**/services/gaia/**")
    return page


def test_a_visit_wakes_the_app_and_its_slider_works(browser: Any, apps: Apps) -> None:  # noqa: F811
    assert apps.held() == 0
    page = opened(browser, apps, "ada")
    page.goto(f"/services/gaia/projects/{SLUG}")
    page.locator("#apps").scroll_into_view_if_needed()
    shot(page, "project-apps")
    page.get_by_role("link", name="Slide <i>it").click()
    slide(page, apps, 3)
    assert apps.held() == 1
    if bubblewrap() is not None:
        expect(page.get_by_text("reads", exact=True)).to_be_visible()
    shot(page, "app-awake")
    page.context.close()


def slide(page: Page, apps: Apps, number: int) -> None:
    """Move the slider of the app by one, and see the number change that the program computes of it."""
    page.wait_for_url(f"**{apps.place}slide")
    expect(page.get_by_text(f"twice is {2 * number}")).to_be_visible()
    page.locator(".noUi-handle").press("ArrowRight")
    expect(page.get_by_text(f"twice is {2 * number + 2}")).to_be_visible()


def test_a_viewer_visits_the_app_and_no_other_server(browser: Any, apps: Apps) -> None:  # noqa: F811
    page = opened(browser, apps, "bob")
    page.goto(f"/services/gaia/apps/{apps.number}")
    slide(page, apps, 3)
    assert page.goto(f"/user/p-{SLUG}/lab").status in (403, 404)
    page.context.close()


def test_a_stranger_is_refused_at_every_door(browser: Any, apps: Apps) -> None:  # noqa: F811
    page = opened(browser, apps, "eve")
    assert page.goto(f"/services/gaia/apps/{apps.number}").status == 404
    page.context.close()
    apps.people["ada"].http.get(f"/services/gaia/apps/{apps.number}")
    assert apps.people["eve"].http.get(apps.place).status_code == 403
    assert apps.knock("eve") == 403
    assert apps.knock(None) == 403


def test_who_is_removed_is_cut_off_while_the_app_runs_on(browser: Any, apps: Apps) -> None:  # noqa: F811
    page = opened(browser, apps, "bob")
    closed: list[bool] = []
    page.on("websocket", lambda one: one.on("close", lambda _: closed.append(True)))
    page.goto(f"/services/gaia/apps/{apps.number}")
    slide(page, apps, 3)
    assert apps.ask("ada", "DELETE", f"/projects/{SLUG}/members/bob").status_code == 204

    def cut() -> bool:
        page.locator(".noUi-handle").press("ArrowLeft")  # so that it does not fall asleep
        page.wait_for_timeout(500)
        return bool(closed)

    until(cut, 90, "his connection is cut")
    assert apps.held() == 1
    assert page.goto(f"/services/gaia/apps/{apps.number}").status == 404
    page.goto("/services/gaia/")
    assert page.goto(apps.place).status == 403
    page.context.close()


def test_an_app_that_nobody_uses_sleeps_and_wakes_at_a_visit(browser: Any, apps: Apps) -> None:  # noqa: F811
    until(lambda: apps.held() == 0, 120, "it sleeps and holds nothing")
    page = opened(browser, apps, "ada")
    page.goto(f"{apps.place}slide")  # as a bookmark does
    slide(page, apps, 3)
    assert apps.held() == 1
    page.context.close()


def test_what_is_public_is_open_to_all_until_it_is_for_members_again(browser: Any, apps: Apps) -> None:  # noqa: F811
    change = f"/projects/{SLUG}/apps/{apps.number}"
    assert apps.ask("ada", "PATCH", change, {"audience": "public"}).status_code == 200
    anybody = browser.new_context(base_url=apps.environment.url, locale="en-GB")
    page = anybody.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"/services/gaia/apps/{apps.number}")
    slide(page, apps, 3)
    assert page.goto(f"/user/p-{SLUG}/lab").status in (403, 404) or "/hub/login" in page.url
    assert apps.ask("ada", "PATCH", change, {"audience": "members"}).status_code == 200
    until(lambda: apps.held() == 0, 60, "it is stopped")
    page.goto(apps.place)
    assert "/hub/login" in page.url
    anybody.close()


def moved(page: Page, kind: str, number: int) -> None:
    """Move the slider of an app by one, and see the number change that its program computes of it."""
    expect(page.get_by_text(f"twice is {2 * number}")).to_be_visible()
    handle = page.locator(".noUi-handle") if kind == "voila" else page.get_by_role("slider")
    handle.press("ArrowRight")
    expect(page.get_by_text(f"twice is {2 * number + 2}")).to_be_visible()


@pytest.mark.parametrize("kind", OTHERS)
def test_an_app_of_another_kind_wakes_works_cuts_off_and_sleeps(browser: Any, apps: Apps, kind: str) -> None:  # noqa: F811
    assert apps.ask("ada", "PUT", f"/projects/{SLUG}/members/bob", {"role": "viewer"}).status_code == 200
    made = apps.ask("ada", "POST", f"/projects/{SLUG}/apps", {"path": OTHERS[kind]}).json()
    assert made["kind"] == kind
    place = f"/user/p-{SLUG}/app-{made['id']}/"
    page, closed = opened(browser, apps, "bob"), []
    page.on("websocket", lambda one: one.on("close", lambda _: closed.append(one.url)))
    page.goto(f"/services/gaia/apps/{made['id']}")
    page.wait_for_url(f"**{place}**")
    moved(page, kind, 3)
    assert apps.held() == 1
    if bubblewrap() is not None:
        expect(page.get_by_text("reads", exact=True)).to_be_visible()
    shot(page, f"app-{kind}")
    if kind == "streamlit":
        until(lambda: ("ostia-monthly", f"p-{SLUG}") in apps.used(), 30, "the project knows what its app opened")
    assert apps.people["eve"].http.get(place).status_code == 403
    assert apps.ask("ada", "DELETE", f"/projects/{SLUG}/members/bob").status_code == 204

    def cut() -> bool:
        page.get_by_role("slider").first.press("ArrowLeft")  # so that it does not fall asleep
        page.wait_for_timeout(500)
        return bool(closed)

    until(cut, 90, "his connection is cut")
    page.context.close()
    until(lambda: apps.held() == 0, 120, "it sleeps and holds nothing")
    assert apps.ask("ada", "DELETE", f"/projects/{SLUG}/apps/{made['id']}").status_code == 204


def test_what_is_withdrawn_is_gone(browser: Any, apps: Apps) -> None:  # noqa: F811
    assert apps.ask("ada", "DELETE", f"/projects/{SLUG}/apps/{apps.number}").status_code == 204
    until(lambda: apps.held() == 0, 60, "it is stopped")
    page = opened(browser, apps, "ada")
    assert page.goto(f"/services/gaia/apps/{apps.number}").status == 404
    shot(page, "app-gone")
    assert apps.ask("ada", "GET", f"/projects/{SLUG}/apps").json() == []
    page.context.close()
