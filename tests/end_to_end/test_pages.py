"""Every page in a browser: for everybody to use, narrow and wide, light and dark, in both languages, with nothing
inside a page that its policy forbids and nothing from another host. Screenshots are kept to be looked at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from gaia_vre.catalog.harvest.files import describe_file
from tests.end_to_end.test_browser import CHROMIUM, QUIET, SHOTS
from tests.support.axe import findings
from tests.support.environment import Environment, until
from tests.support.lab_client import LabClient

SIGNED_OUT = {"login": "/hub/login", "catalog-anyone": "/services/gaia/catalog"}
PAGES = {
    "home": "/services/gaia/",
    "start": "/hub/spawn",
    "usage": "/services/gaia/usage",
    "ask": "/services/gaia/usage/ask",
    "account": "/services/gaia/account",
    "sandboxes": "/services/gaia/sandboxes",
    "sandbox-blank": "/services/gaia/sandbox/new",
    "sandbox-link": "/services/gaia/sandbox/new?git=https://github.com/ocean/enso&ref=v1.2&path=notebooks/first.ipynb",
    "operate": "/services/gaia/operate",
    "operate-sandboxes": "/services/gaia/operate/sandboxes",
    "operate-people": "/services/gaia/operate/people",
    "operate-person": "/services/gaia/operate/person?name=admin",
    "operate-servers": "/services/gaia/operate/servers",
    "operate-shares": "/services/gaia/operate/shares",
    "operate-record": "/services/gaia/operate/record",
    "projects": "/services/gaia/projects",
    "project-new": "/services/gaia/projects/new",
    "catalog": "/services/gaia/catalog",
    "dataset": "/services/gaia/catalog/ostia-monthly",
    "not-running": "/user/admin/lab",
    "nothing-at-hub": "/hub/nothing",
    "nothing-at-service": "/services/gaia/nothing",
}
HOSTILE = "<script>window.struck=1</script><img src=x onerror='window.struck=1'>"
HOSTILE += "\u05d9\u05dd" + "mesuredelocéan" * 3
"""A title that would do something if a page let it, with letters that run from the right and a word without an end."""
VIEWS = ((1440, "en-GB", "light"), (390, "fr-FR", "dark"), (360, "en-GB", "light"), (1440, "fr-FR", "dark"))
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="CHROMIUM IS NOT INSTALLED: nothing is tried in a browser")


@dataclass
class Seen:
    """What a browser complained of, and whom it asked."""

    forbidden: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


def opened(browser: Browser, environment: Environment, view: tuple[int, str, str], **more: bool) -> tuple[Page, Seen]:
    width, locale, scheme = view
    context = browser.new_context(
        base_url=environment.url, viewport={"width": width, "height": 900}, locale=locale, color_scheme=scheme, **more
    )
    page, seen = context.new_page(), Seen()
    page.on(
        "console", lambda said: "Content Security" in said.text and seen.forbidden.append(f"{page.url}: {said.text}")
    )
    page.on("request", lambda asked: asked.url.startswith(("http", "ws")) and _ours(environment, asked.url, seen))
    return page, seen


def _ours(environment: Environment, url: str, seen: Seen) -> None:
    if not url.startswith((environment.url, environment.url.replace("http", "ws", 1))):
        seen.strangers.append(url)


def sign_in(page: Page, environment: Environment, name: str, *, admin: bool = False) -> None:
    page.goto("/hub/login")
    page.locator("#username_input").fill(name)
    page.locator("#password_input").fill(environment.password(admin=admin))
    page.locator("#login_submit").click()
    page.wait_for_url("**/services/gaia/")


@pytest.fixture(scope="module")
def lived_in(environment: Environment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Pages of what an administrator has made, all under hostile titles: a project and what it gives out, a sandbox."""
    lab = LabClient(environment.url)
    lab.login("admin", environment.password(admin=True))
    file = tmp_path_factory.mktemp("published") / "sst.csv"
    file.write_text("time,sst\n2020-01-01,10\n2020-01-02,12\n")
    with lab.service() as api:
        assert api.post("/projects", json={"title": HOSTILE, "slug": "walked"}).status_code in (201, 409)
        empty = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
        environment.write_to_project("walked", "first.ipynb", empty)
        environment.write_to_project("walked", "sst.csv", file.read_text())
        notebook = api.post("/projects/walked/published", json={"path": "first.ipynb", "title": HOSTILE}).json()
        collection, *_ = describe_file(file, "sst.csv")
        body = {"path": "sst.csv", "name": "sst", "collection": collection, "title": HOSTILE}
        dataset = api.post("/projects/walked/published-datasets", json=body).json()
        sandbox = api.post("/sandboxes", json={"title": HOSTILE}).json()
        ready = f"/sandboxes/{sandbox['id']}"
        until(lambda: api.get(ready).json()["state"] == "running", 60, "the sandbox runs")
        yield {
            "project": "/services/gaia/projects/walked",
            "published": "/services/gaia/published",
            "published-notebook": f"/services/gaia/published/{notebook['id']}",
            "published-dataset": urlsplit(dataset["address"]).path,
            "sandbox-running": "/services/gaia/sandboxes",
            "operate-sandbox": "/services/gaia/operate/sandboxes",
        }
        api.delete(ready)
    lab.close()


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: f"{view[1]}-{view[0]}-{view[2]}")
def test_pages_fit_and_keep_their_policy(
    browser: Browser, environment: Environment, lived_in: dict[str, str], view: tuple[int, str, str]
) -> None:
    page, seen = opened(browser, environment, view)
    SHOTS.mkdir(parents=True, exist_ok=True)
    wide = {}
    for name, address in (*SIGNED_OUT.items(), ("", ""), *PAGES.items(), *lived_in.items()):
        if not name:
            sign_in(page, environment, "admin", admin=True)
            continue
        page.goto(address)
        page.wait_for_load_state("networkidle")
        expect(page.locator("html")).to_have_attribute("lang", view[1][:2])
        page.screenshot(path=SHOTS / f"page-{name}-{view[1][:2]}-{view[0]}-{view[2]}.png", full_page=True)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > view[0]:
            wide[name] = width
        assert page.evaluate("window.struck") is None
    page.context.close()
    assert wide == {}
    assert seen == Seen()


@pytest.mark.parametrize("view", VIEWS[:2], ids=["wide, light", "narrow, dark"])
def test_everybody_can_use_the_pages(
    browser: Browser, environment: Environment, lived_in: dict[str, str], view: tuple[int, str, str]
) -> None:
    page, _ = opened(browser, environment, view, bypass_csp=True)
    found = {}
    for name, address in (*SIGNED_OUT.items(), ("", ""), *PAGES.items(), *lived_in.items()):
        if not name:
            sign_in(page, environment, "admin", admin=True)
            continue
        page.goto(address)
        page.wait_for_load_state("networkidle")
        if serious := findings(page):
            found[name] = serious
    page.context.close()
    assert found == {}


@pytest.mark.parametrize("view", VIEWS[:3], ids=["wide, light", "narrow, dark", "narrowest, light"])
def test_everybody_can_wait_for_a_lab(browser: Browser, environment: Environment, view: tuple[int, str, str]) -> None:
    name = f"patient-{view[0]}"
    page, _ = opened(browser, environment, view, bypass_csp=True)
    page.route("**/progress?*", lambda _: None)  # never answered, so that the page stays
    sign_in(page, environment, name)
    environment.slow_down(name)
    page.goto("/hub/spawn")
    page.locator("#spawn_form button[type=submit]").click()
    page.wait_for_url(f"**/hub/spawn-pending/{name}*")
    expect(page.locator("#list li").first).to_be_visible()
    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= view[0]
    page.screenshot(path=SHOTS / f"page-waiting-{view[1][:2]}-{view[0]}-{view[2]}.png", full_page=True)
    page.context.close()
    lab = LabClient(environment.url)
    lab.login(name, environment.password())
    lab.start_server()
    lab.stop_server()
    lab.close()


def test_the_keyboard_alone_goes_from_the_sign_in_to_a_start(browser: Browser, environment: Environment) -> None:
    page, seen = opened(browser, environment, VIEWS[0])
    page.goto("/hub/login")
    page.keyboard.type("galilei")
    page.keyboard.press("Tab")
    page.keyboard.type(environment.password())
    page.keyboard.press("Enter")
    page.wait_for_url("**/services/gaia/")
    page.keyboard.press("Tab")
    expect(page.locator(".gaia-skip")).to_be_focused()
    page.goto("/hub/spawn")
    page.locator('input[name="size"]:checked').focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#sum-size")).to_contain_text("Medium")
    page.keyboard.press("ArrowUp")
    page.locator("#spawn_form button[type=submit]").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/user/galilei/lab**", timeout=60_000)
    page.goto("/hub/spawn-pending/galilei")
    page.wait_for_url("**/user/galilei/**")
    page.goto("/services/gaia/")
    page.get_by_role("button", name="Stop").first.click()
    expect(page.get_by_role("button", name="Start")).to_be_visible(timeout=30_000)
    page.context.close()
    assert not [one for one in seen.strangers if "galilei" not in one]
