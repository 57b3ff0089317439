"""Turn the settings into the configuration of dask-gateway-server."""

from __future__ import annotations

import base64
import os
import secrets
from typing import TYPE_CHECKING, Any

from gaia_vre.core.state import StateFolder
from gaia_vre.gateway.commands import SERVICE_NAME
from gaia_vre.gateway.options import local_options

if TYPE_CHECKING:
    from pathlib import Path

    from gaia_vre.core.settings import Settings

INHERITED = (
    "PATH",
    "LANG",
    "LC_ALL",
    "TZ",
    "SSL_CERT_FILE",
    "GAIA_VRE_INSTANCE",
    "GAIA_VRE_CATALOG",
    "GAIA_VRE_DATA",
)
"""All that clusters get of the gateway's environment; tokens are not among it."""

_START_SECONDS = 120.0  # a class of thirty starts at once on a small machine
_READABLE = ("GAIA_VRE_CATALOG", "GAIA_VRE_EXAMPLES")


def configure(c: Any, settings: Settings) -> None:
    """Set every trait that one machine needs; ``c`` is the configuration file's own."""
    folder = StateFolder(settings.state)
    folder.gateway.mkdir(parents=True, exist_ok=True, mode=0o700)
    _gateway(c, settings)
    _clusters(c, settings)
    backend = c.GaiaLocalBackend
    backend.db_url = f"sqlite:///{folder.gateway / 'gateway.sqlite'}"
    backend.db_encrypt_keys = [_encryption_key(folder.gateway / "encryption.key")]
    backend.clusters_directory = str(folder.gateway / "clusters")
    backend.homes_directory = str(folder.homes)
    mounted = [str(path) for site in settings.sites for path in site.folders]
    backend.data_directories = ":".join([str(folder.data), *mounted, *filter(None, map(os.environ.get, _READABLE))])
    backend.isolation = settings.labs.isolation
    backend.environment_prefixes = {
        each.name: str(each.prefix) for each in settings.labs.environments if each.prefix is not None
    }
    backend.inherited_environment = list(INHERITED)
    backend.service_url = settings.addresses.service_url
    backend.service_token = os.environ.get("JUPYTERHUB_API_TOKEN", "")
    backend.emergency_cores = settings.quotas.emergency_cores


def _gateway(c: Any, settings: Settings) -> None:
    addresses = settings.addresses
    c.DaskGateway.address = f"127.0.0.1:{addresses.gateway_api_port}"
    c.DaskGateway.backend_class = "gaia_vre.gateway.backend.GaiaLocalBackend"
    c.DaskGateway.authenticator_class = "dask_gateway_server.auth.JupyterHubAuthenticator"
    c.JupyterHubAuthenticator.jupyterhub_service_name = SERVICE_NAME
    c.JupyterHubAuthenticator.jupyterhub_api_url = os.environ.get("JUPYTERHUB_API_URL", addresses.hub_api_url)
    # How long a token that the hub has revoked, or a person who has left, still reaches the gateway.
    c.JupyterHubAuthenticator.cache_max_age = 30
    # Apart from the server, so that running computations outlive its restarts.
    c.Proxy.externally_managed = True
    c.Proxy.address = f"127.0.0.1:{addresses.gateway_port}"
    c.GaiaLocalBackend.api_url = f"http://127.0.0.1:{addresses.gateway_api_port}/api"


def _clusters(c: Any, settings: Settings) -> None:
    dask = settings.dask
    backend = c.GaiaLocalBackend
    backend.cluster_options = local_options(settings)
    backend.user_clusters_limit = dask.user_clusters_limit
    backend.cluster_workers_limit = dask.cluster_workers_limit
    backend.cluster_status_period = 2.0
    backend.worker_status_period = 5.0
    backend.sigterm_timeout = 5
    backend.cluster_start_timeout = backend.worker_start_timeout = _START_SECONDS
    c.ClusterConfig.cluster_max_workers = dask.cluster_workers_limit
    c.ClusterConfig.idle_timeout = dask.idle_minutes * 60.0


def _encryption_key(path: Path) -> str:
    """Return the key that the database's secrets are encrypted with; made at the first start."""
    if not path.exists():
        made = path.with_suffix(".new")
        made.touch(mode=0o600)
        made.write_bytes(base64.urlsafe_b64encode(secrets.token_bytes(32)))
        made.replace(path)
    return path.read_text(encoding="ascii").strip()
