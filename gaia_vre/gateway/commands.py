"""What the supervisor runs for the gateway, and what a lab must be told to reach it."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gaia_vre.core.errors import SettingsError

if TYPE_CHECKING:
    from gaia_vre.core.settings import Settings

SERVICE_NAME = "dask-gateway"
"""Name of the gateway as a service of the hub; tokens need its access scope."""


def proxy_command(settings: Settings) -> list[str]:
    """Return the argument list of the gateway's proxy, which clients and schedulers' routes share.

    It runs apart from the server: running computations keep their connection while the server
    restarts. Needs ``DASK_GATEWAY_PROXY_TOKEN`` in its environment, the same as the server.
    """
    public = f"127.0.0.1:{settings.addresses.gateway_port}"
    routes = f"http://127.0.0.1:{settings.addresses.gateway_api_port}/api/v1/routes"
    return [str(_proxy_program()), "-address", public, "-tcp-address", public, "-api-url", routes, "-log-level", "warn"]


def server_command(settings: Settings, hub_config: Path) -> list[str]:
    """Return the argument list of the gateway's server.

    Needs ``GAIA_VRE_SETTINGS``, ``GAIA_VRE_INSTANCE``, ``DASK_GATEWAY_PROXY_TOKEN``, ``JUPYTERHUB_API_URL``
    and ``JUPYTERHUB_API_TOKEN`` in its environment; passes ``GAIA_VRE_CATALOG`` on to workers.
    """
    del settings  # all of them are read from GAIA_VRE_SETTINGS by the configuration file
    return [sys.executable, "-m", "dask_gateway_server", "--config", str(hub_config / "dask_gateway_config.py")]


def lab_environment(settings: Settings, service_prefix: str, environment: str | None = None) -> dict[str, str]:
    """Return the variables with which Dask in a lab finds the gateway.

    Parameters
    ----------
    service_prefix
        ``JUPYTERHUB_SERVICE_PREFIX`` of the lab; dashboards open through the lab's own proxy.
    environment
        Name of the environment the lab runs; workers get the same. Default: the first one.
    """
    url = settings.addresses.gateway_url
    address = urlsplit(url)
    place = f"{address.hostname}:{address.port or (443 if address.scheme == 'https' else 80)}"
    return {
        "DASK_GATEWAY__ADDRESS": url,
        "DASK_GATEWAY__PROXY_ADDRESS": f"gateway://{place}",
        "DASK_GATEWAY__PUBLIC_ADDRESS": f"{service_prefix.rstrip('/')}/proxy/{place.removeprefix('127.0.0.1:')}",
        "DASK_GATEWAY__AUTH__TYPE": "jupyterhub",
        "DASK_GATEWAY__CLUSTER__OPTIONS__ENVIRONMENT": environment or settings.labs.environments[0].name,
        "DASK_LABEXTENSION__FACTORY__MODULE": "gaia_vre.gateway.panel",
        "DASK_LABEXTENSION__FACTORY__CLASS": "Cluster",
        "DASK_LABEXTENSION__DEFAULT__WORKERS": "2",
    }


def _proxy_program() -> Path:
    package = find_spec("dask_gateway_server")
    if package is None or package.origin is None:
        raise SettingsError("dask-gateway-server is not installed here: install gaia-vre[gateway]")
    return Path(package.origin).parent / "proxy" / "dask-gateway-proxy"
