"""What serves an app, by its kind: each listens on a socket in a private folder, and signs nobody in."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

from gaia_vre.core.app_rooms import APP_NAMES, AppKind

if TYPE_CHECKING:
    from pathlib import Path

BELOW_PREFIX: frozenset[AppKind] = frozenset({"voila"})
"""Kinds that are asked under the path that browsers see; from requests to others it is cut off."""


def missing(kind: AppKind) -> str:
    """Return in words that an environment lacks what serves apps of a kind; empty: it is there."""
    if find_spec(kind) is not None:
        return ""
    return f"{APP_NAMES[kind]} is not installed in this environment: its owner adds the package {kind}"


def command(kind: AppKind, program: Path, socket: Path, prefix: str) -> list[str]:
    """Return the command that serves an app.

    Parameters
    ----------
    prefix
        Path under which browsers reach it.
    """
    python = [sys.executable, "-m"]
    if kind == "panel":
        # Where a websocket comes from is checked before it reaches the program.
        serve = ["panel", "serve", str(program), "--unix-socket", str(socket), "--allow-websocket-origin", "*"]
    elif kind == "streamlit":
        serve = ["gaia_vre.lab.programs.streamlit_app", str(program), str(socket)]
    else:
        serve = ["gaia_vre.lab.programs.voila_app", str(program), str(socket), prefix]
    return [*python, *serve]
