"""Dask clusters as pods: what the gateway's API server decides, what a scheduler's pod is told.

Imported in users' pods too, where dask-gateway's server is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gaia_vre.core.settings import Settings


def configure(c: Any, settings: Settings | None = None) -> None:
    """Set every trait that clusters as pods need; ``c`` is the configuration of the gateway's API server."""
    from gaia_vre.gateway.kubernetes.configuration import configure_gateway

    configure_gateway(c, settings)
