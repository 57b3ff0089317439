"""The whole way of a person in Chromium, in both languages: from the sign-in to a plot, a cluster, and back home."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.end_to_end.test_browser import CHROMIUM, browser, shot  # noqa: F401 - `browser` is a fixture
from tests.support.environment import Environment
from tests.support.lab_client import LabClient

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="CHROMIUM IS NOT INSTALLED: nothing is tried in a browser")


@dataclass(frozen=True)
class Said:
    """What the pages say in one language."""

    locale: str
    servers: str
    start: str
    insert: str
    cluster: str
    stop_cluster: str
    stop: str


ENGLISH = Said(
    "en-GB",
    "My servers",
    "Start",
    "Insert cell: OSTIA",
    "Insert a cell that starts one",
    "Stop my Dask cluster",
    "Stop",
)
FRENCH = Said(
    "fr-FR",
    "Mes serveurs",
    "Démarrer",
    "Insérer une cellule : OSTIA",
    "Insérer une cellule qui en démarre un",
    "Arrêter mon cluster Dask",
    "Arrêter",
)


@dataclass
class Walk:
    """Somebody on the way, with a picture of every page, wide and narrow."""

    page: Page
    said: Said
    name: str

    def shots(self, place: str) -> None:
        for width, height in ((390, 844), (1440, 900)):
            self.page.set_viewport_size({"width": width, "height": height})
            shot(self.page, f"way-{place}-{self.said.locale[:2]}-{width}")


@pytest.fixture(params=[ENGLISH, FRENCH], ids=lambda said: said.locale)
def walk(browser: Browser, environment: Environment, request: pytest.FixtureRequest) -> Iterator[Walk]:  # noqa: F811
    said: Said = request.param
    context = browser.new_context(base_url=environment.url, viewport={"width": 1440, "height": 900}, locale=said.locale)
    page = context.new_page()
    page.set_default_timeout(60_000)
    name = f"way-{said.locale[:2]}"
    yield Walk(page, said, name)
    context.close()
    with LabClient(environment.url) as client:
        client.login(name, environment.password())
        client.stop_server()


def test_from_the_sign_in_to_a_plot_a_cluster_and_home_again(walk: Walk, environment: Environment) -> None:
    page = walk.page
    _sign_in(walk, environment.password())
    _start(walk)
    _plot(walk)
    _compute(walk)
    walk.shots("lab")
    page.goto("/services/gaia/usage")
    expect(page.locator("main")).to_contain_text(re.compile(r"3\s(cores|cœurs), 6"))
    walk.shots("usage")
    page.goto("/services/gaia/")
    page.get_by_role("button", name=walk.said.stop).first.click()
    expect(page.get_by_role("button", name=walk.said.start)).to_be_visible()
    walk.shots("home-stopped")


def _sign_in(walk: Walk, password: str) -> None:
    page = walk.page
    page.goto("/")
    walk.shots("login")
    page.locator("#username_input").fill(walk.name)
    page.locator("#password_input").fill(password)
    page.locator("#login_submit").click()
    expect(page.get_by_role("heading", name=walk.said.servers)).to_be_visible()
    walk.shots("home")


def _start(walk: Walk) -> None:
    page = walk.page
    page.goto("/hub/spawn")
    walk.shots("start")
    page.locator("#spawn_form button[type=submit]").click()
    page.wait_for_url(f"**/user/{walk.name}/lab**")
    page.get_by_title("Python 3 (ipykernel)").first.click()
    expect(page.get_by_text(re.compile(r"Python 3 \(ipykernel\) \| (Idle|Inactif)"))).to_be_visible()


def _plot(walk: Walk) -> None:
    page = walk.page
    page.locator('.lm-TabBar-tab[data-id="gaia-panel"]').click()
    page.get_by_role("searchbox").fill("température de surface")
    page.get_by_role("button", name=walk.said.insert).click()
    expect(page.locator(".jp-Notebook").get_by_text('gaia.open("ostia-monthly")')).to_be_visible()
    page.keyboard.press("Shift+Enter")
    expect(page.locator(".jp-OutputArea img").first).to_be_visible()


def _compute(walk: Walk) -> None:
    page = walk.page
    burn = page.locator("[data-gaia-section=usage] .gaia-summary")
    before = burn.text_content()
    page.get_by_role("button", name=walk.said.cluster).click()
    page.keyboard.press("Shift+Enter")
    expect(page.locator(".gaia-cluster").get_by_role("button", name=walk.said.stop_cluster)).to_be_visible()
    expect(burn).not_to_have_text(before or "")
    expect(page.locator("[data-gaia-section=usage] .gaia-child")).to_be_visible()
