"""A person follows a link to a sandbox: nothing before the button, a countdown in JupyterLab, the work kept."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from gaia_vre.isolation.bubblewrap import bubblewrap
from tests.end_to_end.test_browser import CHROMIUM, QUIET, shot, sign_in
from tests.support.axe import findings
from tests.support.environment import Environment
from tests.support.lab_client import LabClient

LINK = "/services/gaia/sandbox/new?dataset=ostia-monthly"
LIST = "/services/gaia/sandboxes"
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="CHROMIUM IS NOT INSTALLED: nothing is tried in a browser"),
    pytest.mark.skipif(bubblewrap() is None, reason="bubblewrap does not work here"),
]


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


def test_from_a_link_to_work_that_is_kept(page: Page, environment: Environment) -> None:
    sign_in(page, environment, "follower")
    page.wait_for_url("**/services/gaia/")
    page.goto(LINK)
    expect(page.get_by_text("Nothing runs until you start it.")).to_be_visible()
    shot(page, "sandbox-link")
    page.get_by_role("button", name="Start the sandbox").click()
    page.wait_for_url(re.compile(r"/sandbox-\w+/lab/tree/ostia-monthly.ipynb"))
    expect(page.locator(".jp-GaiaStatus .gaia-countdown")).to_have_text(re.compile(r"^1:5\d:\d\d$"))
    page.locator(".jp-GaiaStatus", has_text="Sandbox").get_by_role("button").click()
    panel = page.locator(".jp-GaiaPanel")
    panel.get_by_role("button", name="Extend by 60 min (2 left)").click()
    expect(panel.get_by_role("button", name="Extend by 60 min (1 left)")).to_be_visible()
    shot(page, "sandbox-lab")
    page.goto(LIST)
    page.get_by_role("button", name=re.compile("^Keep")).click()
    expect(page.get_by_text("kept in your home: OSTIA monthly sea-surface temperature (1 file)")).to_be_visible()
    assert (environment.state / "homes" / "follower").is_dir()
    page.locator("summary", has_text="Destroy").click()
    assert findings(page) == []
    page.get_by_role("button", name=re.compile("^Destroy now")).click()
    expect(page.get_by_role("link", name=re.compile("^Try again"))).to_be_visible()
    shot(page, "sandbox-tried")


def test_its_work_is_kept_from_the_panel_of_ones_own_lab(page: Page, environment: Environment) -> None:
    sign_in(page, environment, "keeper")
    page.wait_for_url("**/services/gaia/")
    page.goto(LINK)
    page.get_by_role("button", name="Start the sandbox").click()
    page.wait_for_url(re.compile(r"/sandbox-\w+/lab/tree/ostia-monthly.ipynb"))
    page.goto("/hub/spawn")
    page.locator("form [type=submit]").last.click()
    page.wait_for_url("**/user/keeper/lab**")
    page.locator('.lm-TabBar-tab[data-id="gaia-panel"]').click()
    row = page.locator("[data-gaia-section=sandboxes]")
    row.get_by_role("button", name="Keep OSTIA monthly sea-surface temperature").click()
    expect(row.locator("select")).to_have_value("home")
    assert findings(page, "'.jp-GaiaPanel'") == []
    row.get_by_role("button", name="Keep there").click()
    title = "OSTIA monthly sea-surface temperature"
    expect(row.locator(".gaia-asked")).to_contain_text(f"1 file is kept in my home: {title}")
    assert (environment.state / "homes" / "keeper" / title / "ostia-monthly.ipynb").is_file()
    shot(page, "sandbox-kept")
    row.get_by_role("button", name="Destroy this sandbox").click()
    row.get_by_role("button", name="Destroy this sandbox").click()
    expect(row.get_by_role("button", name="Destroy this sandbox")).to_have_count(0)
    client = LabClient(environment.url)
    client.login("keeper", environment.password())
    client.stop_server()
    client.close()
