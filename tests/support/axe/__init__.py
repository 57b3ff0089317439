"""What of a page not everybody can use: axe-core, installed from the lock file beside, run in the page."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from gaia_vre.core.errors import Unavailable
from gaia_vre.local.npm import install

FOLDER = Path(__file__).parent
SERIOUS = ("serious", "critical")
_SCRIPT = Path("node_modules") / "axe-core" / "axe.min.js"


@functools.cache
def _source() -> str:
    try:
        return (install(FOLDER, "axe") / _SCRIPT).read_text()
    except Unavailable as error:
        pytest.skip(f"AXE-CORE CANNOT BE INSTALLED: nobody looks whether everybody can use the pages ({error.message})")


def findings(page: Page, where: str = "document") -> list[str]:
    """Return what is serious on this page, or where axe is to look, a line for each place."""
    # Evaluated, not put into the page: its policy of contents lets no script in.
    page.evaluate(_source())
    found: list[dict[str, Any]] = page.evaluate(f"axe.run({where}).then((found) => found.violations)")
    return [
        f"{one['id']}: {one['help']}: {node['html'][:160]}"
        for one in found
        if one["impact"] in SERIOUS
        for node in one["nodes"]
    ]
