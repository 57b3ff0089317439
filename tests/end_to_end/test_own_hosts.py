"""Labs and sandboxes at hosts of their own: what a hostile script in a sandbox tries in its person's browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from gaia_vre.isolation.bubblewrap import bubblewrap
from tests.end_to_end.test_browser import CHROMIUM, QUIET, shot, sign_in
from tests.end_to_end.test_visitors import PASSPHRASE, enter, running
from tests.support.environment import Environment, free_port

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="CHROMIUM IS NOT INSTALLED: nothing is tried in a browser"),
    pytest.mark.skipif(bubblewrap() is None, reason="bubblewrap does not work here"),
]

ASK = """
async ([address, method, proof]) => (await fetch(address, { method, headers: { "X-XSRFToken": proof } })).json()
"""
ATTACK = """
async ([lab, site]) => {
  const asked = async (address, options) => {
    try { return (await fetch(address, { credentials: "include", ...options })).status; }
    catch { return "refused"; }
  };
  const framed = (address) => new Promise((done) => {
    const frame = document.createElement("iframe");
    const look = () => {
      let found = "refused";
      try { if (frame.contentDocument && frame.contentDocument.cookie !== undefined) found = "read"; } catch {}
      frame.remove();
      done(found);
    };
    frame.onload = look;
    setTimeout(look, 5000);
    frame.src = address;
    document.body.append(frame);
  });
  const opened = async (address) => {
    const other = window.open(address);
    if (!other) return "blocked";
    let found = "refused";
    for (let tries = 0; tries < 30; tries++) {
      await new Promise((next) => setTimeout(next, 100));
      try { if (other.location.href !== "about:blank") found = "read"; } catch {}
    }
    try { other.close(); } catch {}
    return found;
  };
  const socket = (address) => new Promise((done) => {
    const line = new WebSocket(address.replace("http", "ws"));
    line.onopen = () => done("open");
    line.onerror = () => done("refused");
  });
  return {
    files: await asked(`${lab}/api/contents`),
    cell: await asked(`${lab}/api/kernels`, { method: "POST", body: "{}" }),
    terminal: await socket(`${lab}/terminals/websocket/1`),
    frame: await framed(`${lab}/lab`),
    window: await opened(`${lab}/lab`),
    token: await asked(`${site}/hub/api/users/ada/tokens`, { method: "POST", body: "{}" }),
    hub: await framed(`${site}/hub/token`),
    page: await opened(`${site}/hub/token`),
    service: await asked(`${site}/services/gaia/api/me`),
    projects: await opened(`${site}/services/gaia/projects`),
    cookies: document.cookie.includes("jupyterhub-user-ada") ? "read" : "refused",
  };
}
"""


@pytest.fixture(scope="module")
def place(environment: Environment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    state = tmp_path_factory.mktemp("hosts") / "state"
    state.mkdir(mode=0o700)
    (state / "data").symlink_to(environment.state / "data")
    place = Environment(state, port=free_port())
    place.settings = {
        "addresses": {"public": f"http://gaia.localhost:{place.port}", "own_hosts": True},
        "sandboxes": {"anonymous": {"enabled": True}},
    }
    with running(place):
        yield place


@pytest.fixture
def page(place: Environment) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = a_page(browser, place)
        yield page
        browser.close()


def a_page(browser: Browser, place: Environment) -> Page:
    context = browser.new_context(base_url=f"http://gaia.localhost:{place.port}", locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(60_000)
    return page


def test_a_hostile_page_in_a_sandbox_reaches_neither_the_lab_nor_the_site(page: Page, place: Environment) -> None:
    site = f"http://gaia.localhost:{place.port}"
    lab = f"http://ada.gaia.localhost:{place.port}/user/ada"
    sign_in(page, place, "ada")
    page.wait_for_url(f"{site}/services/gaia/")
    page.goto("/hub/spawn")
    page.locator("form [type=submit]").last.click()
    page.wait_for_url(f"{lab}/lab**")
    xsrf = next(one["value"] for one in page.context.cookies(f"{lab}/lab") if one["name"] == "_xsrf")
    assert page.evaluate(ASK, [f"{lab}/api/terminals", "POST", xsrf])["name"] == "1"

    page.goto(f"{site}/services/gaia/sandbox/new?dataset=ostia-monthly")
    page.get_by_role("button", name="Start the sandbox").click()
    page.wait_for_url(re.compile(rf"^http://(sandbox-\w+)\.gaia\.localhost:{place.port}/user/\1/\1/lab/tree/ostia"))
    expect(page.locator(".jp-GaiaStatus .gaia-countdown")).to_be_visible()
    found: dict[str, Any] = page.evaluate(ATTACK, [lab, site])
    assert set(found.values()) <= {"refused", "blocked", 403}, found
    assert found["files"] == "refused"
    assert found["terminal"] == "refused"

    page.goto(page.url.partition("/user/")[0] + "/services/gaia/projects?x=1")
    assert page.url == f"{site}/services/gaia/projects?x=1", "a link in a lab leads to the site's pages"
    page.goto(f"{lab}/lab")
    running = page.evaluate(ASK, [f"{lab}/api/terminals", "GET", xsrf])
    assert [one["name"] for one in running] == ["1"]


def test_a_visitor_comes_to_the_host_of_their_sandbox(page: Page, place: Environment) -> None:
    page.goto("/services/gaia/try")
    enter(page, PASSPHRASE)
    page.wait_for_url(re.compile(rf"^http://(sandbox-\w+)\.gaia\.localhost:{place.port}/user/\1/\1/lab"))
    expect(page.locator(".jp-GaiaStatus .gaia-countdown")).to_be_visible()
    shot(page, "own-hosts-visitor")
    page.goto("/hub/home")
    assert "/hub/login" in page.url
