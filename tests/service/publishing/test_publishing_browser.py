"""Published notebooks and apps in a browser, hostile ones too, wide and narrow, in both languages; with screenshots."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from starlette.staticfiles import StaticFiles

from gaia_vre.database.engine import make_engine
from gaia_vre.database.migrate import upgrade
from gaia_vre.service.app import create_app
from tests.end_to_end.test_browser import CHROMIUM, QUIET, SHOTS
from tests.service.conftest import World, make_world
from tests.support.axe import findings
from tests.support.running_service import running

HUB_FILES = Path(sys.prefix) / "share" / "jupyterhub" / "static"
API = "/services/gaia/api/projects"
HOSTILE = "<img src=x onerror=alert(1)><script>alert(document.cookie)</script>"
PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PAGES = {"project": "projects/heat", "list": "published", "notebook": "published/1", "content": "published/1/content"}
PAGES |= {"app": "apps/1?woken=true", "hostile-app": "apps/2?woken=true"}
VIEWS = ((1440, "en", "light"), (1440, "fr", "dark"), (390, "fr", "light"), (390, "en", "dark"))
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="CHROMIUM IS NOT INSTALLED: nothing is tried in a browser")


def cell(source: str, **data: str) -> dict[str, object]:
    found: dict[str, object] = {"cell_type": "markdown", "metadata": {}, "source": source}
    if data:
        outputs = [
            {"output_type": "display_data", "metadata": {}, "data": {kind.replace("_", "/"): value}}
            for kind, value in data.items()
        ]
        found |= {"cell_type": "code", "execution_count": 1, "outputs": outputs}
    return found


def fill(world: World) -> None:
    """Publish two notebooks and two apps of ada's, the second of each hostile."""
    ada, folder = world.program(), world.parts.folders.make("heat")
    assert ada.post(API, json={"title": "Ocean heat", "slug": "heat"}).status_code == 201
    table = "<table><tr><th>Year</th><th>Heat</th></tr><tr><td>2025</td><td>1.2</td></tr></table>"
    good = [
        cell("# Heat of the Mediterranean\n\nHow much it holds, in [ZJ](https://example.org/)."),
        cell("import xarray as xr\n\nheat = xr.open_dataset('heat.nc')  # the longest\nheat", text_html=table),
        cell("heat.plot()", image_png=PICTURE, text_plain="Temperature " * 40),
    ]
    bad = [cell(HOSTILE), cell(HOSTILE, text_html=HOSTILE, text_markdown=HOSTILE, image_svg="<svg onload=alert(1)/>")]
    for name, cells in (("heat", good), ("hostile", bad)):
        told = {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells}
        (folder / f"{name}.ipynb").write_text(json.dumps(told))
        title = "Heat of the Mediterranean" if name == "heat" else HOSTILE
        body = {"path": f"{name}.ipynb", "title": title, "audience": "signed-in", "listed": True}
        assert ada.post(f"{API}/heat/published", json=body).status_code == 201
        (folder / f"{name}.py").write_text("import panel" if name == "heat" else "import streamlit")
        told = {"datasets": ["ostia-monthly", name], "project": "heat"}
        assert ada.post("/services/gaia/api/openings", json=told).status_code == 204
        assert ada.post(f"{API}/heat/apps", json=body | {"path": f"{name}.py"}).status_code == 201


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, str]]:
    state = tmp_path_factory.mktemp("published")
    engine = make_engine(f"sqlite:///{state / 'gaia.sqlite'}")
    upgrade(engine)
    world = make_world(engine, state)
    fill(world)
    app = create_app(world.parts, reconcile=False)
    app.mount("/hub/static", StaticFiles(directory=HUB_FILES))
    with running(app) as url:
        yield world, f"{url}/services/gaia/"
    world.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.mark.parametrize(("width", "language", "theme"), VIEWS)
@pytest.mark.parametrize("name", [*PAGES, "hostile"])
def test_everybody_can_read_it_and_nothing_of_it_runs(
    site: tuple[World, str], browser: Browser, name: str, width: int, language: str, theme: str
) -> None:
    world, url = site
    session = next(one.value for one in world.browser().cookies.jar if one.name == "gaia-session")
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        locale={"en": "en-GB", "fr": "fr-FR"}[language],
        color_scheme=theme,  # type: ignore[arg-type]
    )
    context.add_cookies([{"name": "gaia-session", "value": str(session), "url": url}])
    page = context.new_page()
    dialogs: list[str] = []
    asked: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(url + PAGES.get(name, "published/2"))
    page.wait_for_load_state("networkidle")
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"published-{name}-{width}-{language}-{theme}.png", full_page=True)
    assert dialogs == []
    assert [one for one in asked if not one.startswith(("data:", url.partition("/services")[0]))] == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    if name in ("notebook", "hostile"):
        assert page.frame_locator("iframe.gaia-published").locator("main").inner_text()
    if name != "content":  # nothing runs there, axe neither
        assert findings(page) == []
    context.close()


def test_the_frame_reads_nothing_of_the_page_around_it(site: tuple[World, str], browser: Browser) -> None:
    world, url = site
    session = next(one.value for one in world.browser().cookies.jar if one.name == "gaia-session")
    context = browser.new_context()
    context.add_cookies([{"name": "gaia-session", "value": str(session), "url": url}])
    page = context.new_page()
    page.goto(url + "published/1")
    frame = page.frame_locator("iframe.gaia-published")
    assert frame.locator("h1").inner_text() == "Heat of the Mediterranean"
    assert page.evaluate("document.querySelector('iframe').contentDocument") is None
    context.close()
