"""The end of a project in a real browser: wide and narrow, light and dark, in both languages. Screenshots are kept."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from starlette.staticfiles import StaticFiles

from gaia_vre.database.engine import make_engine
from gaia_vre.database.migrate import upgrade
from gaia_vre.projects.founding import Wish
from gaia_vre.projects.lives import Cited
from gaia_vre.projects.model import Member
from gaia_vre.projects.pending import invite_by_name
from gaia_vre.service.app import create_app
from tests.end_to_end.test_browser import CHROMIUM, QUIET, SHOTS
from tests.service.conftest import World, make_world
from tests.service.projects.test_endings import ADA, a_pass, project
from tests.support.axe import findings
from tests.support.running_service import running

HUB_FILES = Path(sys.prefix) / "share" / "jupyterhub" / "static"
PAGES = {
    "owner": ("ada", "projects/ocean-heat"),
    "archived": ("ada", "projects/sea-ice"),
    "editor": ("bob", "projects/ocean-heat"),
    "list": ("root", "projects"),
    "home": ("ada", ""),
}
VIEWS = ((1440, "en", "light"), (390, "fr", "light"), (390, "en", "dark"), (1440, "fr", "dark"))
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="CHROMIUM IS NOT INSTALLED: nothing is tried in a browser")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, str]]:
    state = tmp_path_factory.mktemp("endings")
    engine = make_engine(f"sqlite:///{state / 'gaia.sqlite'}")
    upgrade(engine)
    world = make_world(engine, state)
    fill(world)
    app = create_app(world.parts, reconcile=False)
    app.mount("/hub/static", StaticFiles(directory=HUB_FILES))
    with running(app) as url:
        yield world, f"{url}/services/gaia/"
    world.close()


def fill(world: World) -> None:
    """Have one project near its end, and one that is archived."""
    registry = world.parts.registry
    registry.founding.found(Wish("Sea ice", ends=world.time[0] + timedelta(days=10)), ADA)
    registry.folder("sea-ice").mkdir(parents=True)
    (registry.folder("sea-ice") / "extent.csv").write_text("day,extent\n")
    world.later(days=60)
    a_pass(world)
    project(world, days=70, bob="editor")
    registry.lives.name_heir("ocean-heat", "bob", ADA)
    registry.lives.pin("ocean-heat", "pangeo", f"sha256:{'0123456789abcdef' * 4}", ADA)
    cited = Cited("ostia-monthly", "OSTIA sea surface temperature, monthly", "10.48670/moi-00168", "…")
    registry.lives.cite("ocean-heat", [cited], ADA)
    with registry.projects.changing("ocean-heat") as (connection, made):
        invite_by_name(connection, made, [Member("root", "editor", world.time[0], "ada")], world.time[0])
    world.later(days=60)
    a_pass(world)


def _hearing(complaints: list[str]):
    return lambda said: complaints.append(said.text) if said.type == "error" else None


@pytest.mark.filterwarnings("ignore")
def test_pages_of_endings_look_as_they_should(site: tuple[World, str]) -> None:
    world, url = site
    complaints: list[str] = []
    serious: list[str] = []
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
                page.on("console", hear := _hearing(complaints))
                page.goto(f"{url}{path}")
                page.wait_for_load_state("networkidle")
                page.screenshot(path=SHOTS / f"ending-{name}-{width}-{language}-{theme}.png", full_page=True)
                assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
                page.remove_listener("console", hear)  # axe itself styles what it looks at
                serious.extend(findings(page))
                context.close()
        browser.close()
    assert (complaints, serious) == ([], [])


def test_an_owner_deletes_by_typing_the_name(world: World) -> None:
    from tests.service.projects.test_project_pages import submit

    project(world, bob="editor")
    ada, page = world.browser(), "/services/gaia/projects/ocean-heat"
    assert "Ocean heat" in ada.get("/services/gaia/").text
    assert "Ocean heat" in ada.get("/services/gaia/projects").text
    assert submit(ada, "/ocean-heat/heir", page, username="bob").endswith("#ends")
    assert submit(ada, "/ocean-heat/environment", page, name="pangeo").endswith("#environment")
    text = ada.get(page).text
    assert "as it was pinned" in text
    assert "Owners and managers are told" in text
    assert 'action="/services/gaia/projects/ocean-heat/delete"' not in world.browser(user="bob").get(page).text
    submit(ada, "/ocean-heat/delete", page, typed="ocean-heat")
    assert "The archive is being written" in ada.get(page).text
    a_pass(world)
    text = ada.get(page).text
    assert "The receipt" in text
    assert "Move the end" not in text
