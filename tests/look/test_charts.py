"""The script of the plots as it is built: there, small, from a lock file that names no registry."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

LOOK = Path(__file__).parents[2] / "gaia_vre" / "look"
MOST_BYTES = 300_000


def test_the_script_is_built_with_the_package_and_is_small() -> None:
    assert 0 < (LOOK / "static" / "charts.js").stat().st_size < MOST_BYTES


def test_it_needs_no_right_that_the_policy_of_pages_refuses() -> None:
    text = (LOOK / "static" / "charts.js").read_text()
    assert "eval(" not in text
    assert "https://" not in text.replace("https://github.com/", "")


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((LOOK / "charts" / "package-lock.json").read_text())
    assert [name for name, one in lock["packages"].items() if "resolved" in one] == []


def test_nothing_that_is_built_is_committed() -> None:
    kept = subprocess.run(["git", "ls-files", "."], cwd=LOOK, capture_output=True, text=True, check=True).stdout.split()
    assert not {"static/charts.js", "charts/node_modules"} & {"/".join(name.split("/")[:2]) for name in kept}
