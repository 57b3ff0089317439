"""What the panel costs JupyterLab: its page with and without, the panel after it, searching, the lab's server.

Run as ``python -m tests.benchmarks.panel URL USER PASSWORD`` against a started environment.
"""

from __future__ import annotations

import json
import re
import shutil
import statistics
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Route

LOADS = 9
WORDS = (
    "temp",
    "température",
    "température de surface",
    "vent",
    "séisme",
    "PM10",
    "neige",
    "sea ice",
    "ozone",
    "relief",
)
WATCH = """
(() => {
  const seen = {};
  window.gaiaSeen = seen;
  const look = () => {
    const now = performance.now();
    if (!seen.lab && document.querySelector('#jp-main-dock-panel .lm-TabBar-tab')) seen.lab = now;
    if (!seen.panel && document.querySelector('.gaia-field')) seen.panel = now;
    if (!seen.found && document.querySelector('.gaia-list li')) seen.found = now;
    if (!(seen.lab && seen.found)) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
"""
SEARCH = """
async words => {
  const field = document.querySelector('.gaia-field');
  const write = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
  const section = document.querySelector('[data-gaia-section=catalog]');
  const begun = performance.now();
  const done = new Promise(found => {
    const look = new PerformanceObserver(list => {
      const asked = list.getEntries().find(one => one.name.includes('/api/catalog/search') && one.startTime >= begun);
      if (asked) requestAnimationFrame(() => { look.disconnect(); found(performance.now() - begun); });
    });
    look.observe({ entryTypes: ['resource'] });
  });
  write.call(field, words);
  field.dispatchEvent(new Event('input', { bubbles: true }));
  return done;
}
"""
IMPORTS = """
import time
import gaia_vre.lab.datasets, gaia_vre.lab.on_demand, gaia_vre.lab.activity, gaia_vre.lab.spare, gaia_vre.lab.examples
begun = time.perf_counter()
import gaia_vre.lab.panel.handlers
print((time.perf_counter() - begun) * 1000)
"""


def main(url: str, user: str, password: str) -> None:
    """Measure and print."""
    with sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        context = _signed_in(browser, url, user, password)
        times = [_pair(context, user, first=bool(number % 2)) for number in range(LOADS)]
        without, ours = ([one["lab"] for one in side] for side in zip(*times, strict=True))
        ratios = [with_it["lab"] / plain["lab"] for plain, with_it in times]
        after = [one["panel"] - one["lab"] for _, one in times]
        _print("JupyterLab without the panel, ms", without)
        _print("JupyterLab with the panel, ms", ours)
        ratio = _middle(ours) / _middle(without)
        print(f"{'ratio of the medians, median of the ratios (aim 1.03)':<58}{ratio:>8.3f}   {_middle(ratios):.3f}")
        _print("panel after JupyterLab, ms (aim 300)", after)
        _print("first datasets after JupyterLab, ms", [one["found"] - one["lab"] for _, one in times])
        page = _open(context, user, with_panel=True)
        page.evaluate(SEARCH, "first")
        _print(
            "search from the last key to the screen, ms (aim 200)", [page.evaluate(SEARCH, one) for one in WORDS * 3]
        )
        _print("home page, from the question to the first byte, ms (aim 150)", _home(context))
        browser.close()
    _print("import of the panel's server part, ms", [_imports() for _ in range(LOADS)])
    installed = Path(sys.prefix) / "share" / "jupyter" / "labextensions" / "gaia-vre"
    size = sum(path.stat().st_size for path in installed.rglob("*") if path.is_file())
    print(f"{'everything that is installed of it, kB (aim 400)':<58}{size / 1000:>8.0f}")


def _home(context: BrowserContext) -> list[float]:
    """Return how long the service takes to answer with the home page, over and over from one page."""
    page = context.new_page()
    took = []
    for _ in range(LOADS):
        page.goto("/services/gaia/")
        took.append(
            page.evaluate(
                "(() => { const n = performance.getEntriesByType('navigation')[0]; "
                "return n.responseStart - n.requestStart; })()"
            )
        )
    page.close()
    return took


def _signed_in(browser: Browser, url: str, user: str, password: str) -> BrowserContext:
    context = browser.new_context(base_url=url, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.goto("/hub/login")
    page.locator("#username_input").fill(user)
    page.locator("#password_input").fill(password)
    page.locator("#login_submit").click()
    page.wait_for_url("**/services/gaia/**")
    page.goto("/hub/spawn")
    if "/user/" not in page.url:
        page.locator("form [type=submit]").last.click()
    page.wait_for_url("**/lab**")
    page.wait_for_selector(".jp-Launcher, .jp-Notebook", timeout=120_000)
    if not page.locator("#gaia-panel").is_visible():
        page.locator('.lm-TabBar-tab[data-id="gaia-panel"]').click()
    page.wait_for_selector(".gaia-list li")
    page.wait_for_timeout(3000)  # JupyterLab keeps its layout after a while
    page.close()
    return context


def _open(context: BrowserContext, user: str, *, with_panel: bool) -> Page:
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.add_init_script(WATCH)
    page.route(re.compile(r"/lab(\?.*)?$"), lambda route: _give(route, with_panel))
    page.goto(f"/user/{user}/lab")
    seen = "gaiaSeen.lab && gaiaSeen.found" if with_panel else "gaiaSeen.lab"
    page.wait_for_function(seen)
    return page


def _pair(context: BrowserContext, user: str, *, first: bool) -> tuple[dict[str, float], dict[str, float]]:
    """Load the page without and with the panel, in either order."""
    seen = {with_panel: _load(context, user, with_panel=with_panel) for with_panel in (first, not first)}
    return seen[False], seen[True]


def _load(context: BrowserContext, user: str, *, with_panel: bool) -> dict[str, float]:
    page = _open(context, user, with_panel=with_panel)
    seen: dict[str, float] = page.evaluate("window.gaiaSeen")
    page.close()
    return seen


def _give(route: Route, with_panel: bool) -> None:
    """Give the page as it is, or as it is without the extension, by the same way."""
    answer = route.fetch()
    found = re.search(r'(<script id="jupyter-config-data"[^>]*>)(.*?)(</script>)', answer.text(), re.DOTALL)
    if not found:
        route.fulfill(response=answer)
        return
    config = json.loads(found[2])
    kept = [one for one in config["federated_extensions"] if with_panel or one["name"] != "gaia-vre"]
    body = answer.text().replace(found[2], json.dumps(config | {"federated_extensions": kept}))
    route.fulfill(response=answer, body=body)


def _imports() -> float:
    return float(subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, text=True, check=True).stdout)


def _middle(samples: list[float]) -> float:
    return statistics.median(samples)


def _print(name: str, samples: list[float]) -> None:
    late = sorted(samples)[int(len(samples) * 0.95)]
    print(f"{name:<58}{_middle(samples):>8.0f}   p95 {late:.0f}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
