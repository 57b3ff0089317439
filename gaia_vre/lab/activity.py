"""Keep a lab that computes from being stopped as idle."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_server.serverapp import ServerApp

KEY = "gaia_vre_busy_kernel"
_CHECK_SECONDS = 20.0


def check_seconds(environment: Mapping[str, str]) -> float:
    """Return how often to look: as often as the hub is told of activity, at least every 20 s."""
    return min(_CHECK_SECONDS, float(environment.get("JUPYTERHUB_ACTIVITY_INTERVAL", _CHECK_SECONDS)))


def record(server: ServerApp) -> None:
    """Count a busy kernel as activity of this moment.

    Jupyter Server sees activity only in messages. A cell that computes for hours and prints
    nothing sends none, and the hub would take its lab for idle.
    """
    if any(_is_busy(server, kernel_id) for kernel_id in server.kernel_manager.list_kernel_ids()):
        server.web_app.settings["last_activity_times"][KEY] = datetime.now(UTC)


def _is_busy(server: ServerApp, kernel_id: str) -> bool:
    return getattr(server.kernel_manager.get_kernel(kernel_id), "execution_state", None) == "busy"
