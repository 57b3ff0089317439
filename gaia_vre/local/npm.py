"""Install packages from a lock file with the Node that comes with the environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import mkdtemp

from gaia_vre.core.errors import Unavailable
from gaia_vre.core.packages import node_packages

_INSTALL_SECONDS = 180


def install(folder: Path, name: str) -> Path:
    """Install what the folder's lock file names, whole or not at all, and return where it stands.

    Raises
    ------
    Unavailable
        The npm registry does not answer, or the place cannot be written.
    """
    target = node_packages(folder, name)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(mkdtemp(prefix=".installing-", dir=target.parent))
    except OSError as error:
        raise Unavailable(f"{target.parent} cannot be written ({error.strerror}): the {name} must go there") from error
    try:
        for part in ("package.json", "package-lock.json"):
            shutil.copy(folder / part, aside / part)
        _npm_install(aside, name)
        shutil.rmtree(target, ignore_errors=True)
        aside.replace(target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return target


def _npm_install(folder: Path, name: str) -> None:
    npm = Path(sys.executable).parent / "npm"
    command = [str(npm if npm.exists() else "npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    command += ["--fetch-retries=1", "--fetch-timeout=20000", "--loglevel=error"]
    environment = os.environ | {"PATH": f"{npm.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(
            f"npm could not install the {name} ({error}); start again when the network is back"
        ) from error
    if done.returncode:
        reason = next((line for line in done.stderr.splitlines() if "code" in line or "error" in line), "npm failed")
        raise Unavailable(
            f"npm could not install the {name} ({reason.strip()}): check that the npm registry can be reached, "
            "then start again"
        )
