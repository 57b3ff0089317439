"""Messages that come to an open page, in a real browser. Screenshots are kept."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect, sync_playwright
from starlette.staticfiles import StaticFiles

from gaia_vre.database.engine import make_engine
from gaia_vre.database.migrate import upgrade
from gaia_vre.messages.model import Message
from gaia_vre.service.app import create_app
from gaia_vre.service.model import Thing
from tests.end_to_end.test_browser import CHROMIUM, QUIET, SHOTS
from tests.service.conftest import World, make_world
from tests.service.fakes import NOON, server
from tests.support.running_service import running

HUB_FILES = Path(sys.prefix) / "share" / "jupyterhub" / "static"
HOSTILE = '"><img src=x onerror="document.title=\'broken\'"><script>document.title="broken"</script>'
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="CHROMIUM IS NOT INSTALLED: nothing is tried in a browser")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    engine = make_engine(f"sqlite:///{tmp_path / 'gaia.sqlite'}")
    upgrade(engine)
    world = make_world(engine, tmp_path)
    world.hub.servers["ada"][""] = server()
    yield world
    world.close()


def application(world: World) -> Any:
    app = create_app(world.parts, reconcile=False)
    app.mount("/hub/static", StaticFiles(directory=HUB_FILES))
    return app


@pytest.fixture
def browser() -> Iterator[Any]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


def opened(browser: Any, world: World, url: str, language: str = "en", width: int = 1440, theme: str = "light") -> Page:
    session = next(one.value for one in world.browser().cookies.jar if one.name == "gaia-session")
    locale = {"en": "en-GB", "fr": "fr-FR"}[language]
    context = browser.new_context(viewport={"width": width, "height": 900}, locale=locale, color_scheme=theme)
    context.add_cookies([{"name": "gaia-session", "value": str(session), "url": url}])
    page: Page = context.new_page()
    page.goto(url)
    return page


def maintenance(world: World, key: str = "m", severity: Any = "warn", username: str | None = None) -> None:
    words = {"title_en": "Maintenance today at 18:00", "text_en": "Labs stop for ten minutes; save your work before."}
    words |= {"title_fr": "Maintenance aujourd’hui à 18 h", "text_fr": "Les sessions s’arrêtent dix minutes."}
    world.parts.messages.send(Message(f"{key}", "operators", username, world.time[0], dict(words), severity))


def budget(world: World, percent: int = 80, account: str = "ocean-heat") -> None:
    facts = {"account": account, "percent": percent, "used": 6.0 * percent, "limit": 600.0, "dimension": "credits"}
    world.parts.messages.send(
        Message(f"b{percent}", "budget-notice", "ada", NOON - timedelta(hours=1), dict(facts), "warn")
    )


@pytest.mark.filterwarnings("ignore")
def test_a_message_comes_to_an_open_page_and_goes_when_it_is_read(world: World, browser: Any) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    with running(application(world)) as url:
        page = opened(browser, world, f"{url}/services/gaia/")
        expect(page.locator("#news [data-message]")).to_have_count(0)
        budget(world, account=HOSTILE)
        expect(page.locator("#news h2")).to_have_text(f"80 % of the budget of {HOSTILE} is used", timeout=15_000)
        maintenance(world)
        expect(page.locator("#news h2")).to_have_text("Maintenance today at 18:00")
        expect(page.locator("#unread h3")).to_have_count(1)
        assert page.title() == "Home · GAIA Data"
        page.locator("#unread button").click()
        expect(page.locator("#unread")).to_be_hidden()
        page.locator("#news button").click()
        expect(page.locator("#news [data-message]")).to_have_count(0)
        assert world.parts.messages.unread("ada", NOON) == []


@pytest.mark.filterwarnings("ignore")
def test_what_runs_is_shown_anew_when_something_ended(world: World, browser: Any) -> None:
    with running(application(world)) as url:
        page = opened(browser, world, f"{url}/services/gaia/")
        running_lab = page.locator("section[aria-labelledby=running]")
        expect(running_lab.get_by_role("link", name="Open")).to_have_count(1)
        world.hub.servers["ada"].clear()
        world.parts.store.report(Thing("server", "ada", ""), "memory", NOON, NOON, "8 GiB were full")
        expect(page.locator("#news h2")).to_have_text(
            "Your personal lab stopped at 13:00: its memory was full", timeout=15_000
        )
        expect(page.locator("#news p")).to_have_text("8 GiB were full. Saved files are untouched.")
        expect(running_lab.get_by_role("button", name="Start")).to_have_count(1, timeout=15_000)


@pytest.mark.filterwarnings("ignore")
def test_what_came_while_the_service_was_away_comes_once(world: World, browser: Any) -> None:
    with running(application(world)) as url:
        page = opened(browser, world, f"{url}/services/gaia/")
        maintenance(world, "first")
        expect(page.locator("#news [data-message]")).to_have_count(1, timeout=15_000)
    budget(world)
    with running(application(world), int(url.rpartition(":")[2])):
        expect(page.locator("#news h2")).to_have_text("80 % of the budget of ocean-heat is used", timeout=30_000)
        expect(page.locator("[data-message]:not([data-message=''])")).to_have_count(2)


@pytest.mark.filterwarnings("ignore")
def test_pages_with_messages_look_as_they_should(world: World, browser: Any) -> None:
    budget(world)
    world.parts.store.report(Thing("cluster", "ada", "c1"), "budget", None, NOON - timedelta(hours=2), "heat is empty")
    world.parts.store.dismiss("ada", 1, NOON)
    maintenance(world)
    with running(application(world)) as url:
        for width, language, theme in ((1440, "en", "light"), (390, "fr", "dark")):
            page = opened(browser, world, f"{url}/services/gaia/", language, width, theme)
            maintenance(world, f"live {width}", "bad", "ada")
            expect(page.locator("#news .gaia-notice-bad")).to_have_count(1, timeout=15_000)
            expect(page.locator("#unread h3")).to_have_count(2 if width == 1440 else 3)
            page.screenshot(path=SHOTS / f"messages-home-{width}-{language}-{theme}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            page.context.close()


@pytest.mark.filterwarnings("ignore")
def test_the_pages_of_a_browser_share_one_stream_and_the_next_goes_on_with_it(world: World, browser: Any) -> None:
    with running(application(world)) as url:
        first = opened(browser, world, f"{url}/services/gaia/")
        streams: list[str] = []
        first.context.on("request", lambda one: streams.append(one.url) if "/api/events" in one.url else None)
        pages = [first, first.context.new_page(), first.context.new_page()]
        for page in pages[1:]:
            page.goto(f"{url}/services/gaia/")
        maintenance(world)
        for page in pages:
            expect(page.locator("#news [data-message]")).to_have_count(1, timeout=15_000)
        assert len(streams) == 1
        first.close()
        budget(world)
        for page in pages[1:]:
            expect(page.locator("#news h2")).to_have_text("80 % of the budget of ocean-heat is used", timeout=15_000)
            expect(page.locator("[data-message]:not([data-message=''])")).to_have_count(2)
        assert len(streams) == 2


@pytest.mark.filterwarnings("ignore")
def test_what_another_page_claims_is_not_shown(world: World, browser: Any) -> None:
    with running(application(world)) as url:
        page = opened(browser, world, f"{url}/services/gaia/")
        other = page.context.new_page()
        other.goto(f"{url}/services/gaia/")
        forged = {"id": 7, "title": "Give me your password", "text": "", "severity": "bad", "kind": "operators"}
        other.evaluate(
            "async (forged) => { const channel = new BroadcastChannel('gaia-messages:ada');"
            "for (const said of [forged, JSON.stringify(forged), 7]) channel.postMessage(said); }",
            forged,
        )
        maintenance(world)
        expect(page.locator("#news h2")).to_have_text("Maintenance today at 18:00", timeout=15_000)
        expect(page.locator("[data-message]:not([data-message=''])")).to_have_count(1)
