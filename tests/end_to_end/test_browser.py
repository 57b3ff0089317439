"""A person at a browser: sign in, start, a plot on the screen. Screenshots are kept to be looked at."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support.environment import Environment, until

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SHOTS = Path(__file__).parents[2] / "test-results" / "screenshots"

expect.set_options(timeout=60_000)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="CHROMIUM IS NOT INSTALLED: nothing is tried in a browser")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, environment: Environment) -> Iterator[Page]:
    context = browser.new_context(base_url=environment.url, viewport={"width": 1440, "height": 900}, locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(60_000)
    yield page
    context.close()


def shot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png")


def sign_in(page: Page, environment: Environment, name: str) -> None:
    page.goto("/hub/login")
    page.locator("#username_input").fill(name)
    page.locator("#password_input").fill(environment.password())
    page.locator("#login_submit").click()


PLOT = (
    "import gaia_vre as gaia\n"
    "sst = gaia.open('ostia-monthly').surface_temperature.isel(time=0)\n"
    "sst.plot(figsize=(7, 3))"
)


def test_from_the_login_page_to_a_plot(page: Page, environment: Environment) -> None:
    page.goto("/")
    shot(page, "login")
    sign_in(page, environment, "curie")
    expect(page.get_by_role("heading", name="My servers")).to_be_visible()
    shot(page, "home-empty")
    page.goto("/hub/spawn")
    shot(page, "start")
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_url("**/user/curie/lab**")
    page.get_by_title("Python 3 (ipykernel)").first.click()
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
    cell = page.locator(".jp-Notebook .jp-CodeCell .cm-content").first
    cell.click()
    page.keyboard.insert_text(PLOT)
    page.keyboard.press("Shift+Enter")
    image = page.locator(".jp-OutputArea img")
    expect(image.first).to_be_visible()
    assert image.first.bounding_box()["width"] > 200
    shot(page, "lab-plot")
    for private in ("/hub/token", "/services/gaia/account"):
        assert read_by_a_script(page, private) == ""
    page.goto("/services/gaia/")
    expect(page.get_by_role("heading", name="My servers")).to_be_visible()
    shot(page, "home-running")
    page.get_by_role("button", name="Stop").first.click()
    expect(page.get_by_text("Stopped").first).to_be_visible()


def read_by_a_script(page: Page, address: str) -> str:
    """Return what a script in a page reads of another page of the same origin that it opens."""
    with page.expect_popup() as opened:
        page.evaluate("address => { window.other = window.open(address) }", address)
    opened.value.wait_for_load_state()
    assert opened.value.url.endswith(address)
    read: str = page.evaluate("() => { try { return window.other.document.body.innerText } catch { return '' } }")
    opened.value.close()
    return read


def _text(page: Page, address: str) -> str:
    page.goto(address)
    return page.locator("main").inner_text().replace("\N{NO-BREAK SPACE}", " ")


def test_the_dask_panel_starts_a_cluster_with_its_dashboard(page: Page, environment: Environment) -> None:
    sign_in(page, environment, "hopper")
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_url("**/user/hopper/lab**")
    page.get_by_role("tab", name="Dask").click()
    page.get_by_text("NEW", exact=True).click()
    expect(page.get_by_role("button", name="Task Stream", exact=True)).to_be_enabled()
    shot(page, "lab-dask")
    until(lambda: "Dask cluster, 2 workers" in _text(page, "/services/gaia/"), 60, "both workers are there")
    shot(page, "home-cluster")
    for _ in range(2):  # the lab, then its cluster
        page.get_by_role("button", name="Stop").last.click()
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()


def test_a_dataset_opens_in_a_notebook_of_a_lab_that_is_started_for_it(page: Page, environment: Environment) -> None:
    page.goto("/services/gaia/catalog/ostia-monthly")
    page.get_by_role("link", name="Sign in to open").click()
    page.get_by_label("User name").fill("noether")
    page.get_by_label("Password").fill(environment.password())
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="OSTIA monthly sea-surface temperature")).to_be_visible()
    page.get_by_role("button", name="Open in my lab").click()
    page.wait_for_url("**/user/noether/lab/tree/datasets/ostia-monthly.ipynb**")
    expect(page.locator(".jp-Notebook .jp-CodeCell").get_by_text('gaia.open("ostia-monthly")')).to_be_visible()
    shot(page, "lab-dataset")
    page.goto("/services/gaia/")
    expect(page.get_by_role("link", name="Catalog")).to_be_visible()
    page.get_by_role("button", name="Stop").first.click()
    expect(page.get_by_text("Stopped").first).to_be_visible()


def test_pages_fit_a_phone(browser: Browser, environment: Environment) -> None:
    context = browser.new_context(base_url=environment.url, viewport={"width": 390, "height": 800}, locale="fr-FR")
    page = context.new_page()
    sign_in(page, environment, "curie")
    for path, name in (("/services/gaia/", "home"), ("/hub/spawn", "start"), ("/hub/none", "error")):
        page.goto(path)
        shot(page, f"{name}-phone")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
    context.close()


def test_no_page_asks_another_host(page: Page, environment: Environment) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    sign_in(page, environment, "curie")
    for path in ("/services/gaia/", "/hub/spawn", "/hub/token"):
        page.goto(path)
        page.wait_for_load_state("networkidle")
    assert [url for url in asked if not url.startswith((environment.url, "data:"))] == []


def test_the_dark_theme_is_remembered(page: Page, environment: Environment) -> None:
    sign_in(page, environment, "curie")
    page.goto("/hub/spawn")
    page.locator("#dark-theme-toggle").click()
    page.reload()
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    shot(page, "start-dark")
