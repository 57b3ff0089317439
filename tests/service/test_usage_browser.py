"""The page of use in a real browser, wide and narrow, light and dark, in both languages. Screenshots are kept."""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright
from sqlalchemy import insert, update
from starlette.staticfiles import StaticFiles

from gaia_vre.core.amounts import HOUR, MICRO
from gaia_vre.database.engine import make_engine
from gaia_vre.database.migrate import upgrade
from gaia_vre.database.quotas import AccountRow, SpendRow
from gaia_vre.quotas.deciding import Request
from gaia_vre.quotas.model import Holding
from gaia_vre.quotas.requests import Requests, Wish
from gaia_vre.quotas.shares import Shares, Split
from gaia_vre.service.app import create_app
from tests.end_to_end.test_browser import CHROMIUM, QUIET, SHOTS
from tests.service.conftest import World, make_world, with_quotas
from tests.service.fakes import NOON
from tests.service.test_usage_page import ACCOUNTS, WORKER, run
from tests.support.axe import findings
from tests.support.running_service import running

HUB_FILES = Path(sys.prefix) / "share" / "jupyterhub" / "static"
PAGES = {
    "member": ("ada", "usage"),
    "manager": ("bob", "usage?account=project:heat"),
    "ask": ("ada", "usage/ask"),
    "home": ("bob", ""),
    "report": ("root", "usage/report?month=2026-11"),
}
VIEWS = ((1440, "en", "light"), (1440, "fr", "dark"), (390, "fr", "light"), (390, "en", "dark"))
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="CHROMIUM IS NOT INSTALLED: nothing is tried in a browser")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, str]]:
    state = tmp_path_factory.mktemp("usage")
    engine = make_engine(f"sqlite:///{state / 'gaia.sqlite'}")
    upgrade(engine)
    heat = ACCOUNTS[2] | {"credits": 600, "cores": 8}
    world = with_quotas(
        make_world(engine, state),
        accounts=[*ACCOUNTS[:2], heat],
        defaults={
            "person": {"credits": 100, "days": 30},
            "ceiling": {"credits": 500, "days": 30},
        },
    )
    fill(world)
    app = create_app(world.parts, reconcile=False)
    app.mount("/hub/static", StaticFiles(directory=HUB_FILES))
    with running(app) as url:
        yield world, f"{url}/services/gaia/"
    world.close()


def fill(world: World) -> None:
    """Let two people use a project for a month, hold things now, and ask for more."""
    office, chance = world.parts.office, random.Random(3)
    run(world, "s-1")
    run(world, "s-2", "bob", account=None)
    base = Holding(cores=MICRO, memory=MICRO, clusters=MICRO)
    office.admit(Request("c-c1", "cluster", "ada", "c1", base, WORKER, 3, parent="s-1"))
    names = {name: office.accounts.find(name).id for name in ("project:heat", "person:ada")}
    rows = [
        {
            "account_id": names[account],
            "username": user,
            "day": (NOON - timedelta(days=ago)).date(),
            "seconds": HOUR,
            "core_hours": 0,
            "gib_hours": 0,
            "gpu_hours": 0,
            "credits": chance.randrange(1, 12) * MICRO * HOUR,
        }
        for account, user in (("project:heat", "ada"), ("project:heat", "bob"), ("person:ada", "ada"))
        for ago in range(1, 30)
        if ago % 7 not in (2, 3)
    ]
    with world.parts.engine.begin() as connection:
        connection.execute(insert(SpendRow), rows)
        for account in ("project:heat", "person:ada"):
            spent = sum(one["credits"] for one in rows if one["account_id"] == names[account])
            used = AccountRow.used_credits + spent
            connection.execute(update(AccountRow).where(AccountRow.name == account).values(used_credits=used))
    Shares(office).give(Split("project:heat", "ada", "credits", 200 * MICRO * HOUR, "bob"))
    wish = Wish(
        "project:heat", "credits", 50 * MICRO * HOUR, NOON + timedelta(days=30), "Two more runs for the review."
    )
    Requests(office).ask("ada", wish)


@pytest.mark.filterwarnings("ignore")
def test_pages_look_as_they_should(site: tuple[World, str]) -> None:
    world, url = site
    complaints: list[str] = []
    SHOTS.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        for name, (user, path) in PAGES.items():
            session = next(one.value for one in world.browser(user=user).cookies.jar if one.name == "gaia-session")
            for width, language, theme in VIEWS:
                locale = {"en": "en-GB", "fr": "fr-FR"}[language]
                size = {"width": width, "height": 900}
                context = browser.new_context(viewport=size, locale=locale, color_scheme=theme)
                context.add_cookies([{"name": "gaia-session", "value": str(session), "url": url}])
                page = context.new_page()
                page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
                page.goto(f"{url}{path}")
                page.wait_for_load_state("networkidle")
                page.screenshot(path=SHOTS / f"usage-{name}-{width}-{language}-{theme}.png", full_page=True)
                assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
                context.close()
        browser.close()
    assert complaints == []


@pytest.mark.filterwarnings("ignore")
def test_plots_are_read_with_the_arrow_keys_and_tables_stay_open_without_scripts(site: tuple[World, str]) -> None:
    world, url = site
    session = next(one.value for one in world.browser(user="bob").cookies.jar if one.name == "gaia-session")
    address = f"{url}usage?account=project:heat"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        for scripts in (True, False):
            context = browser.new_context(locale="fr-FR", java_script_enabled=scripts)
            context.add_cookies([{"name": "gaia-session", "value": str(session), "url": url}])
            page = context.new_page()
            page.goto(address)
            table = page.locator("figure.gaia-plot table").first
            if not scripts:
                expect(table).to_be_visible()
                break
            expect(table).to_be_hidden()
            plot = page.get_by_role("slider").first
            plot.focus()
            page.keyboard.press("Home")
            first = plot.get_attribute("aria-valuetext")
            page.keyboard.press("ArrowRight")
            assert first != plot.get_attribute("aria-valuetext")
            page.keyboard.press("End")
            expect(plot).to_have_attribute(
                "aria-valuetext", re.compile(r"^\d+\sdéc\.\s:\s[\d,]+\scrédits\sà ce rythme$")
            )
            expect(page.locator(".gaia-canvas line.cursor")).to_have_count(1)
            assert findings(page) == []
            context.close()
        browser.close()
