"""The catalog's pages in a real browser, on real data and on hostile ones. Screenshots are kept to be looked at."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from starlette.staticfiles import StaticFiles

from gaia_vre.catalog.curated import load_descriptions
from gaia_vre.catalog.engine.load import FILE, build
from gaia_vre.catalog.stac import collection, has_item, item
from gaia_vre.core.access_settings import Access, LicenceText
from gaia_vre.database.engine import make_engine
from gaia_vre.database.migrate import upgrade
from gaia_vre.look.leaflet import installed_leaflet
from gaia_vre.production.pictures import draw
from gaia_vre.production.prepare import _dataset, _write_catalog
from gaia_vre.service.app import create_app
from tests.end_to_end.test_browser import CHROMIUM, QUIET, SHOTS
from tests.service.catalog_samples import LONG, hostile, opening
from tests.service.conftest import World, make_world
from tests.support.running_service import running

HUB_FILES = Path(sys.prefix) / "share" / "jupyterhub" / "static"
DRAWN = ("nemo-tos-2015", "oisst-1981-12-31", "ostia-monthly", "cordex-eur11-tas", "usgs-earthquakes-2024")
BOX = "north=46&south=30&west=-6&east=36"
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="CHROMIUM IS NOT INSTALLED: nothing is tried in a browser"),
    pytest.mark.filterwarnings("ignore"),
]


@dataclass
class Site:
    """The service behind a port, with the hub's own files beside it."""

    world: World
    url: str

    def __truediv__(self, address: str) -> str:
        return f"{self.url}/services/gaia/{address}"


@pytest.fixture(scope="module")
def site(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    state = tmp_path_factory.mktemp("site")
    shutil.copytree(prepared, state / "data", symlinks=True)
    fill(state / "data")
    engine = make_engine(f"sqlite:///{state / 'gaia.sqlite'}")
    upgrade(engine)
    world = make_world(engine, state)
    terms = LicenceText(key="terms", title="Terms of the images", text="You may look.\n\n" + "You may not sell. " * 200)
    object.__setattr__(
        world.parts, "settings", world.parts.settings.model_copy(update={"access": Access(licences=[terms])})
    )
    app = create_app(world.parts, reconcile=False)
    app.mount("/hub/static", StaticFiles(directory=HUB_FILES))
    with running(app) as url:
        yield Site(world, url)
    world.close()


def fill(data: Path) -> None:
    """Draw some pictures, and add a hostile dataset and one with a licence to accept."""
    from gaia_vre.catalog.model import Rights

    descriptions = load_descriptions()
    for one in descriptions:
        if one.id in DRAWN:
            draw(one, data)
    _write_catalog(descriptions, data)
    datasets = [_dataset(one, data) for one in descriptions]
    bare = replace(opening().facts, pictures=())
    terms = Rights(licence="terms")
    datasets += [replace(hostile(), facts=bare), opening("spot-images", title="SPOT images", rights=terms, facts=bare)]
    items = [item(one) for one in datasets if has_item(one)]
    build(data / "catalog" / FILE, [collection(one) for one in datasets], items)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Return a function that opens an address in a new window; what the browser complains of fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def visit(address: str, width: int = 1440, language: str = "en", theme: str = "light", **options: object) -> Page:
        signed_in = bool(options.pop("signed_in", False))
        size = {"width": width, "height": 900 if width > 700 else 800}
        locale = {"en": "en-GB", "fr": "fr-FR"}[language]
        context = browser.new_context(viewport=size, locale=locale, color_scheme=theme, **options)  # type: ignore[arg-type]
        contexts.append(context)
        if signed_in:
            jar = site.world.browser().cookies.jar
            session = next(one.value for one in jar if one.name == "gaia-session")
            context.add_cookies([{"name": "gaia-session", "value": str(session), "url": site / ""}])
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        page.goto(site / address)
        page.wait_for_load_state("networkidle")
        return page

    yield visit
    for context in contexts:
        context.close()
    assert complaints == []


def shot(page: Page, name: str, *, whole: bool = True) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=whole)


PAGES = {
    "search": f"catalog?q=sea+surface+temperature&{BOX}",
    "browse": "catalog",
    "dataset": "catalog/ostia-monthly",
    "points": "catalog/usgs-earthquakes-2024",
    "described": "catalog/GLOBAL_MULTIYEAR_PHY_001_030",
    "many-variables": "catalog/ariolimax-buttoni",
    "licence": "catalog/spot-images",
    "nothing": f"catalog?q=zzyzx&from=1800&to=1801&access=here&{BOX}",
    "hostile": f"catalog/{LONG}",
    "hostile-card": "catalog?q=mediterranean+script+alert",
}
VIEWS = ((1440, "en", "light"), (1440, "fr", "dark"), (390, "fr", "light"), (390, "en", "dark"))


@pytest.mark.parametrize("name", PAGES)
def test_pages_look_as_they_should(visit: Callable[..., Page], name: str) -> None:
    for width, language, theme in VIEWS:
        page = visit(PAGES[name], width, language, theme, signed_in=theme == "dark")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("document.documentElement.dataset.bsTheme") == theme
        shot(page, f"catalog-{name}-{width}-{language}-{theme}")


@pytest.mark.parametrize("name", PAGES)
def test_pages_fit_the_narrowest_phone(visit: Callable[..., Page], name: str) -> None:
    assert visit(PAGES[name], 360, "fr").evaluate("document.documentElement.scrollWidth") <= 360


def test_results_follow_the_typing(visit: Callable[..., Page]) -> None:
    page = visit("catalog")
    page.locator("#q").press_sequentially("earthquakes", delay=20)
    expect(page.get_by_role("link", name=re.compile("Earthquakes of magnitude 4"))).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?q=earthquakes$"))
    assert page.evaluate("document.activeElement.id") == "q"


def test_a_facet_is_ticked_with_the_keyboard_and_keeps_the_focus(visit: Callable[..., Page]) -> None:
    page = visit("catalog?q=sea+surface+temperature")
    box = page.locator("#f-access-here")
    box.focus()
    shot(page, "catalog-focus", whole=False)
    page.keyboard.press("Space")
    expect(page).to_have_url(re.compile("access=here"))
    expect(page.locator("#f-access-here")).to_be_checked()
    expect(page.locator("#f-access-here")).to_be_focused()


@pytest.mark.skipif(installed_leaflet() is None, reason="the map is installed by `gaia-vre up`")
def test_a_box_is_drawn_with_the_mouse(visit: Callable[..., Page]) -> None:
    page = visit("catalog")
    page.get_by_role("button", name="Draw a box").click()
    place = page.locator(".gaia-leaflet").bounding_box()
    assert place
    page.mouse.move(place["x"] + 150, place["y"] + 80)
    page.mouse.down()
    page.mouse.move(place["x"] + 260, place["y"] + 180, steps=4)
    shot(page, "catalog-drawing", whole=False)
    page.mouse.up()
    expect(page.locator("#heading")).to_contain_text("touch the box")
    north, south = (float(page.locator(f"#b-{side}").input_value()) for side in ("north", "south"))
    assert north > south
    page.get_by_role("link", name="Clear the box").click()
    expect(page.locator("#b-north")).to_have_value("")
    expect(page.locator("#heading")).not_to_contain_text("box")


@pytest.mark.skipif(installed_leaflet() is None, reason="the map is installed by `gaia-vre up`")
def test_a_box_is_drawn_with_a_finger_over_the_date_line(visit: Callable[..., Page]) -> None:
    page = visit("catalog", 390, has_touch=True, is_mobile=True)
    page.get_by_role("link", name="Map").click()
    page.get_by_role("button", name="Draw a box").wait_for()
    page.wait_for_timeout(500)
    page.locator(".gaia-leaflet").focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(350)
    page.get_by_role("button", name="Draw a box").click()
    shot(page, "catalog-map-phone", whole=False)
    place = page.locator(".gaia-leaflet").bounding_box()
    assert place
    touch = page.context.new_cdp_session(page)
    start = {"x": place["x"] + 60, "y": place["y"] + 60}
    end = {"x": place["x"] + place["width"] - 30, "y": place["y"] + 200}
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [start]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [end]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page.locator("#b-north")).not_to_have_value("")
    west, east = (float(page.locator(f"#b-{side}").input_value()) for side in ("west", "east"))
    assert west > east, "the box crosses the date line"
    expect(page.locator("#heading")).to_contain_text("box")


def test_a_box_typed_with_the_keyboard_alone_searches(visit: Callable[..., Page]) -> None:
    page = visit("catalog?q=sea+surface+temperature")
    page.locator("#b-north").focus()
    for value in ("46", "30", "-6", "36"):
        page.keyboard.insert_text(value)
        page.keyboard.press("Tab")
    expect(page.locator("#heading")).to_contain_text("touch the box")


def test_everything_works_without_javascript(visit: Callable[..., Page]) -> None:
    page = visit("catalog", 390, java_script_enabled=False)
    page.locator("#q").fill("sea surface temperature")
    page.get_by_role("button", name="Search", exact=True).click()
    page.locator("#f-access-here").check()
    page.get_by_role("button", name="Apply").click()
    assert "access=here" in page.url
    assert page.locator(".gaia-world").is_visible()
    shot(page, "catalog-no-script")
    page.locator(".gaia-ds a").first.click()
    assert "/catalog/" in page.url


def test_filters_slide_in_on_a_phone(visit: Callable[..., Page]) -> None:
    page = visit("catalog", 390)
    expect(page.locator("#filters")).not_to_be_visible()
    page.get_by_role("link", name="Filters").click()
    expect(page.locator("#f-access-here")).to_be_visible()
    page.wait_for_timeout(400)
    shot(page, "catalog-filters-phone", whole=False)
    page.keyboard.press("Escape")
    expect(page.locator("#filters")).not_to_be_visible()


def test_no_page_asks_another_host(visit: Callable[..., Page], site: Site) -> None:
    page = visit("catalog")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for address in ("catalog", "catalog/ostia-monthly"):
        page.goto(site / address)
        page.wait_for_load_state("networkidle")
    assert [url for url in asked if not url.startswith((site.url, "data:"))] == []
