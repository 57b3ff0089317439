"""A visitor without an account: let in by a passphrase, into one sandbox and nowhere else, gone without trace."""

from __future__ import annotations

import contextlib
import re
import sqlite3
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from gaia_vre.isolation.bubblewrap import bubblewrap
from gaia_vre.isolation.processes import variable_of
from tests.end_to_end.test_browser import CHROMIUM, QUIET, shot, sign_in
from tests.end_to_end.test_sandboxes import NOTHING, rows, trace
from tests.support.axe import findings
from tests.support.environment import Environment, until

PASSPHRASE, VARIABLE = "twelve sardines in a row", "GAIA_VRE_VISITOR_PASSPHRASE"
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="CHROMIUM IS NOT INSTALLED: nothing is tried in a browser"),
    pytest.mark.skipif(bubblewrap() is None, reason="bubblewrap does not work here"),
]


@contextlib.contextmanager
def running(place: Environment) -> Iterator[None]:
    """Have an environment run whose visitors know the passphrase."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, PASSPHRASE)
        try:
            place.start()
            yield
        finally:
            place.down()


@pytest.fixture(scope="module")
def place(environment: Environment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """An environment that lets visitors in."""
    state = tmp_path_factory.mktemp("visitors") / "state"
    state.mkdir(mode=0o700)
    (state / "data").symlink_to(environment.state / "data")
    sandboxes = {"anonymous": {"enabled": True, "most": 1}}
    place = Environment(state, settings={"sandboxes": sandboxes, "service": {"reconcile_seconds": 1}})
    with running(place):
        yield place


@pytest.fixture
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


def a_page(browser: Browser, place: Environment, locale: str = "en-GB") -> Page:
    context = browser.new_context(base_url=place.url, viewport={"width": 1440, "height": 900}, locale=locale)
    page = context.new_page()
    page.set_default_timeout(60_000)
    return page


def enter(page: Page, passphrase: str) -> None:
    page.locator("#passphrase").fill(passphrase)
    page.locator("form:has(#passphrase) button").click()


def users(place: Environment) -> list[Any]:
    return rows(place, "SELECT name FROM users WHERE name LIKE 'sandbox-%'")


STATUS = "async path => { const answer = await fetch(path); return answer.redirected ? answer.url : answer.status; }"


def test_a_visit(browser: Browser, place: Environment) -> None:
    page = a_page(browser, place)
    page.goto("/hub/login")
    page.get_by_role("link", name="Try without an account").click()
    assert findings(page) == []
    shot(page, "try")
    enter(page, "a guess of somebody")
    expect(page.get_by_role("alert")).to_have_text("The passphrase is wrong.")
    enter(page, PASSPHRASE)
    page.wait_for_url(re.compile(r"/user/(sandbox-[0-9a-f]{8})/\1/lab"))
    expect(page.locator(".jp-GaiaStatus .gaia-countdown")).to_have_text(re.compile(r"^5\d:\d\d$"))
    page.get_by_title("Python 3 (ipykernel)").first.click()
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
    page.locator(".jp-Notebook .jp-CodeCell .cm-content").first.click()
    page.keyboard.insert_text(f"import os; print(6 * 7, os.environ.get({VARIABLE!r}))")
    page.keyboard.press("Shift+Enter")
    expect(page.locator(".jp-OutputArea-output").first).to_contain_text("42 None")
    shot(page, "try-lab")

    # What is to stay is taken along.
    page.locator(".jp-GaiaStatus", has_text="Sandbox").get_by_role("button").click()
    with page.expect_download() as taken:
        page.locator(".jp-GaiaPanel").get_by_role("link", name="Download the work").click()
    with zipfile.ZipFile(taken.value.path()) as archive:
        assert archive.namelist() == ["Untitled.ipynb"]

    # Nothing else of the site knows the visitor.
    assert page.evaluate(STATUS, "/hub/api/user") == 403
    assert page.evaluate(STATUS, "/hub/api/users") == 403
    assert page.evaluate(STATUS, "/services/gaia/api/me") == 401
    for path in ("/hub/home", "/hub/token", "/services/gaia/", "/user/ada/lab", "/services/gaia/sandboxes"):
        other = page.context.new_page()
        other.goto(path)
        expect(other.locator("#username_input")).to_be_visible()
        other.close()

    # The pool of one is full, in the words of another visitor.
    second = a_page(browser, place, "fr-FR")
    second.goto("/services/gaia/try")
    enter(second, PASSPHRASE)
    expect(second.get_by_role("alert")).to_contain_text("Tous les bacs à sable des visiteurs sont pris")
    assert findings(second) == []

    # A person who signs in beside finds no sandbox of theirs, and the passphrase is with the service alone.
    sign_in(second, place, "ada")
    second.goto("/services/gaia/sandboxes")
    expect(second.get_by_text("Rien pour l’instant.")).to_be_visible()
    assert [one for one in place.processes() if variable_of(one, VARIABLE)] != []
    service = place.pid("service")
    assert {one.pid for one in place.processes() if variable_of(one, VARIABLE)} == {service}
    for log in (place.state / "logs").rglob("*.log"):
        assert PASSPHRASE not in log.read_text(errors="replace"), log

    # The lab outlives hub and service, and is gone without trace at its deadline.
    assert len(users(place)) == 1
    for name in ("hub", "service"):
        place.recovered(name, place.kill(name))
    page.reload()
    expect(page.locator(".jp-GaiaStatus .gaia-countdown")).to_be_visible()
    with contextlib.closing(sqlite3.connect(place.state / "service" / "gaia.sqlite")) as connection, connection:
        connection.execute("UPDATE sandbox SET deadline = created")
    until(
        lambda: trace(place) == NOTHING and users(place) == [], 60, f"nothing is left: {trace(place)}, {users(place)}"
    )
