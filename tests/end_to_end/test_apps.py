"""An app of a project in Chromium: a slider that works, who may visit it, how it sleeps and wakes, its end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page, expect

from gaia_vre.isolation.bubblewrap import bubblewrap
from tests.end_to_end.test_browser import browser, pytestmark, shot, sign_in  # noqa: F401
from tests.end_to_end.test_together import token_of
from tests.support.environment import Environment, until
from tests.support.lab_client import LabClient

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

    def runs(self) -> bool:
        """Say whether the app's server holds anything of the project's account."""
        holds = self.ask("ada", "GET", f"/projects/{SLUG}").json()
        return bool(holds) and self._status(self.place) != 424

    def _status(self, path: str) -> int:
        return self.people["ada"].http.get(path).status_code


@pytest.fixture(scope="module")
def apps(environment: Environment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apps]:
    import shutil

    state = tmp_path_factory.mktemp("apps") / "state"
    state.mkdir(mode=0o700)
    shutil.copytree(environment.state / "data", state / "data", symlinks=True)
    own = Environment(state, settings={"projects": {"apps": {"idle_minutes": 0.5}}})
    try:
        own.start()
        people = {}
        for name in PEOPLE:
            people[name] = LabClient(own.url)
            people[name].login(name, own.password())
        found = Apps(own, people, {name: token_of(one) for name, one in people.items()})
        assert found.ask("ada", "POST", "/projects", {"title": "Slide <b>heat", "slug": SLUG}).status_code == 201
        assert found.ask("ada", "PUT", f"/projects/{SLUG}/members/bob", {"role": "viewer"}).status_code == 200
        folder = own.state / "projects" / SLUG
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "slide.py").write_text(PROGRAM)
        made = found.ask("ada", "POST", f"/projects/{SLUG}/apps", {"path": "slide.py", "title": "Slide <i>it"})
        assert made.status_code == 201, made.text
        found.number = made.json()["id"]
        yield found
        for one in people.values():
            one.close()
    finally:
        own.down()


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
    page = opened(browser, apps, "ada")
    page.goto(f"/services/gaia/projects/{SLUG}#apps")
    shot(page, "project-apps")
    page.get_by_role("link", name="Slide <i>it").click()
    expect(page.get_by_role("heading", name="The app wakes")).to_be_visible()
    shot(page, "app-wakes")
    page.wait_for_url(f"**{apps.place}slide")
    expect(page.get_by_text("twice is 6")).to_be_visible()
    if bubblewrap() is not None:
        expect(page.get_by_text("reads", exact=True)).to_be_visible()
    page.locator(".noUi-handle").press("ArrowRight")
    expect(page.get_by_text("twice is 8")).to_be_visible()
    shot(page, "app-awake")
    page.context.close()


def test_the_project_pays(apps: Apps) -> None:
    held = apps.ask("ada", "GET", "/quotas/accounts").json()
    account = next(one for one in held if one["name"] == f"project:{SLUG}")
    print(account)
