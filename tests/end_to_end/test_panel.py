"""The GAIA panel in JupyterLab, in a real browser: from a search to a plot, a cluster and back."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Response, Route, expect

from tests.end_to_end.test_browser import CHROMIUM, browser, shot  # noqa: F401 - `browser` is a fixture
from tests.support.axe import findings
from tests.support.environment import Environment
from tests.support.lab_client import LabClient

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="CHROMIUM IS NOT INSTALLED: nothing is tried in a browser")

LABELS = {
    "fr-FR": ("Insérer une cellule : OSTIA", "Insérer une cellule qui en démarre un", "Arrêter mon cluster Dask"),
    "en-GB": ("Insert cell: OSTIA", "Insert a cell that starts one", "Stop my Dask cluster"),
}


@pytest.fixture
def page(browser: Browser, environment: Environment, request: pytest.FixtureRequest) -> Iterator[Page]:  # noqa: F811
    """A page of a browser in English, or in the language that a test asks for."""
    context = browser.new_context(
        base_url=environment.url,
        viewport={"width": 1440, "height": 900},
        locale=getattr(request, "param", "en-GB"),
        permissions=["clipboard-read", "clipboard-write"],
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    yield page
    context.close()


@pytest.fixture
def lab(page: Page, environment: Environment, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A new notebook in a new person's lab, the panel beside it."""
    name = f"panel-{zlib.crc32(request.node.name.encode()):x}"
    page.goto("/hub/login")
    page.locator("#username_input").fill(name)
    page.locator("#password_input").fill(environment.password())
    page.locator("#login_submit").click()
    page.wait_for_url("**/services/gaia/**")
    page.goto("/hub/spawn")
    page.locator("form [type=submit]").last.click()
    page.wait_for_url(f"**/user/{name}/lab**")
    page.get_by_title("Python 3 (ipykernel)").first.click()
    expect(page.get_by_text(re.compile(r"Python 3 \(ipykernel\) \| (Idle|Inactif)"))).to_be_visible()
    page.locator('.lm-TabBar-tab[data-id="gaia-panel"]').click()
    expect(page.locator(".gaia-list li").first).to_be_visible()
    yield page
    client = LabClient(environment.url)
    client.login(name, environment.password())
    client.stop_server()
    client.close()


@pytest.mark.parametrize("page", LABELS, indirect=True)
def test_from_a_search_to_a_plot_and_a_cluster(lab: Page, page: Page) -> None:
    language = page.evaluate("navigator.language")
    insert, start, stop = LABELS[language]
    page.get_by_role("searchbox").fill("température de surface")
    page.get_by_role("button", name=insert).click()
    expect(page.locator(".jp-Notebook").get_by_text('gaia.open("ostia-monthly")')).to_be_visible()
    page.keyboard.press("Shift+Enter")
    image = page.locator(".jp-OutputArea img")
    expect(image.first).to_be_visible()
    assert image.first.bounding_box()["width"] > 200
    page.get_by_role("button", name=start).click()
    page.keyboard.press("Shift+Enter")
    cluster = page.locator(".gaia-cluster")
    expect(cluster).to_be_visible()
    expect(page.locator("[data-gaia-section=usage] .gaia-child")).to_be_visible()
    shot(page, f"panel-{language}")
    dashboard = cluster.get_by_role("link").get_attribute("href")
    assert page.request.get(dashboard).status == 200
    cluster.get_by_role("button", name=stop).click()
    page.locator(".gaia-cluster .gaia-danger").click()
    expect(cluster).to_have_count(0)
    expect(page.locator("[data-gaia-section=usage] .gaia-child")).to_have_count(0)


def test_the_browser_never_sees_a_token(page: Page, request: pytest.FixtureRequest) -> None:
    answers: list[Response] = []
    page.on("response", lambda one: answers.append(one) if "/gaia/" in one.url else None)
    lab: Page = request.getfixturevalue("lab")
    expect(lab.locator("[data-gaia-section=usage] .gaia-row")).to_be_visible()
    with lab.expect_response(lambda one: "/use" in one.url):
        lab.get_by_role("button", name="Cite").first.click()
    kernel = "import os; print(len(os.environ['JUPYTERHUB_API_TOKEN']), os.environ['JUPYTERHUB_API_TOKEN'])"
    lab.locator(".jp-Notebook .jp-CodeCell .cm-content").first.click()
    lab.keyboard.insert_text(kernel)
    lab.keyboard.press("Shift+Enter")
    length, token = lab.locator(".jp-OutputArea-output").first.text_content().split()
    assert len(token) == int(length) > 20
    told = [one.text() for one in answers if "json" in one.headers.get("content-type", "")]
    assert any("credits_per_hour" in one for one in told)
    assert token not in "".join(told)
    assert token not in lab.locator("#jupyter-config-data").text_content()


@pytest.mark.parametrize(
    "answer",
    [{"status": 500, "body": "<h1>500</h1>"}, {"status": 200, "body": '{"matched": 3'}, {"status": 200, "body": "{}"}],
    ids=["that fails", "cut in the middle", "with half of it missing"],
)
def test_an_answer_leaves_jupyterlab_usable_and_says_so(lab: Page, page: Page, answer: dict) -> None:
    def instead(route: Route) -> None:
        route.fulfill(content_type="application/json", **answer)

    page.route("**/gaia/**", instead)
    page.get_by_role("searchbox").fill("vent")
    expect(page.locator("#gaia-panel .gaia-told").first).to_be_visible()
    expect(page.locator(".gaia-list li").first).to_be_visible()
    page.locator(".jp-Notebook .jp-CodeCell .cm-content").last.click()
    page.keyboard.insert_text("40 + 2")
    page.keyboard.press("Shift+Enter")
    expect(page.locator(".jp-OutputArea-output").get_by_text("42")).to_be_visible()
    shot(page, "panel-failing")


PANEL = "{include: [['.jp-GaiaPanel'], ['.jp-GaiaStatus']]}"


def test_everybody_can_use_the_panel_light_dark_and_narrow(lab: Page, page: Page) -> None:
    found = {"light": findings(page, PANEL)}
    page.get_by_role("menuitem", name="Settings").click()
    page.get_by_text("Theme", exact=True).hover()
    page.get_by_text("JupyterLab Dark", exact=True).first.click()
    expect(page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
    page.get_by_role("button", name="Stop my server").click()
    found["dark"] = findings(page, PANEL)
    shot(page, "panel-dark")
    page.set_viewport_size({"width": 360, "height": 740})
    found["narrow"] = findings(page, PANEL)
    shot(page, "panel-360")
    panel = page.locator("#gaia-panel")
    assert found == {"light": [], "dark": [], "narrow": []}
    assert panel.bounding_box()["x"] + panel.bounding_box()["width"] <= 360
    assert panel.evaluate("panel => panel.scrollWidth - panel.clientWidth") == 0


def test_the_keyboard_alone_goes_through_the_panel(lab: Page, page: Page) -> None:
    page.keyboard.press("Control+Shift+c")
    page.locator(".lm-CommandPalette-input").fill("My projects")
    page.keyboard.press("Enter")
    projects = page.locator("[data-gaia-section=projects]")
    expect(projects.locator("summary")).to_be_focused()
    page.keyboard.press("Enter")
    link = projects.get_by_role("link", name="New project")
    expect(link).to_have_count(0)
    page.keyboard.press("Enter")
    expect(link).to_be_visible()
    page.keyboard.press("Tab")
    expect(link).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("[data-gaia-section=usage] summary")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".gaia-asked .gaia-danger")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".gaia-asked")).to_have_count(0)
