"""The processes of the environment: command, environment and sign of readiness of each."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from gaia_vre.core.examples import VARIABLE as EXAMPLES_VARIABLE
from gaia_vre.core.examples import examples_folder
from gaia_vre.core.settings import SETTINGS_VARIABLE
from gaia_vre.core.state import StateFolder
from gaia_vre.gateway.commands import proxy_command, server_command
from gaia_vre.isolation.processes import INSTANCE_VARIABLE
from gaia_vre.local.proxy import node

if TYPE_CHECKING:
    from gaia_vre.core.settings import Settings
    from gaia_vre.local.secrets import Secrets

_KEPT = ("HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "SSL_CERT_FILE", "TMPDIR", "TZ", "USER", "XDG_CACHE_HOME")


@dataclass(frozen=True)
class ProcessPlan:
    """One process that the supervisor keeps running."""

    name: str
    command: list[str]
    folder: Path
    environment: dict[str, str] = field(repr=False)
    health_url: str | None = None
    """Answers 200 when the process is of use; without it, running is enough."""
    health_headers: dict[str, str] = field(default_factory=dict, repr=False)


def plan(settings: Settings, secrets: Secrets, proxy: Path) -> list[ProcessPlan]:
    """Return every process of the environment, the slowest to start first."""
    return [
        _hub(settings, secrets),
        _service(settings, secrets),
        _gateway(settings, secrets),
        _gateway_proxy(settings, secrets),
        _proxy(settings, secrets, proxy),
        _culler(settings, secrets),
    ]


def configuration_folder() -> Path:
    """Return the folder hub_config: of the checkout, else of the installed wheel."""
    checkout = Path(__file__).resolve().parents[2] / "hub_config"
    return checkout if checkout.is_dir() else Path(sys.prefix) / "share" / "gaia-vre" / "hub_config"


def base_environment(settings: Settings, secrets: Secrets) -> dict[str, str]:
    """Return what every process gets: little of ours, nothing of the caller's but the usual."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    binaries = str(Path(sys.executable).parent)
    return kept | {
        "PATH": f"{binaries}{os.pathsep}{kept.get('PATH', os.defpath)}",
        "PYTHONUNBUFFERED": "1",
        SETTINGS_VARIABLE: str(StateFolder(settings.state).settings),
        INSTANCE_VARIABLE: secrets.instance,
        "GAIA_VRE_CATALOG": str(StateFolder(settings.state).catalog),
    }


def _hub(settings: Settings, secrets: Secrets) -> ProcessPlan:
    folder = StateFolder(settings.state).hub
    configuration = configuration_folder() / "jupyterhub_config.py"
    return ProcessPlan(
        name="hub",
        command=[sys.executable, "-m", "jupyterhub", "--config", str(configuration)],
        folder=folder,
        environment=base_environment(settings, secrets)
        | _oidc_secret(settings)
        | {
            "CONFIGPROXY_AUTH_TOKEN": secrets.proxy_token,
            "JUPYTERHUB_CRYPT_KEY": secrets.crypt_key,
            "GAIA_VRE_ADMINISTRATOR_PASSWORD": secrets.administrator_password,
            "GAIA_VRE_USER_PASSWORD": secrets.user_password,
            "GAIA_VRE_SERVICE_TOKEN": secrets.service_token,
            "GAIA_VRE_GATEWAY_TOKEN": secrets.gateway_token,
            "GAIA_VRE_CULLER_TOKEN": secrets.culler_token,
            "GAIA_VRE_SUPERVISOR_TOKEN": secrets.supervisor_token,
            EXAMPLES_VARIABLE: str(examples_folder()),
        },
        health_url=f"http://127.0.0.1:{settings.addresses.hub_port}/hub/health",
    )


def _oidc_secret(settings: Settings) -> dict[str, str]:
    oidc = settings.login.oidc
    if oidc is None or oidc.client_secret_variable not in os.environ:
        return {}
    return {oidc.client_secret_variable: os.environ[oidc.client_secret_variable]}


def _service(settings: Settings, secrets: Secrets) -> ProcessPlan:
    return ProcessPlan(
        name="service",
        command=[sys.executable, "-m", "gaia_vre.service"],
        folder=StateFolder(settings.state).service,
        environment=base_environment(settings, secrets)
        | _as_hub_service(settings, "gaia", secrets.service_token)
        | {
            "JUPYTERHUB_SERVICE_PREFIX": "/services/gaia/",
            "JUPYTERHUB_CLIENT_ID": "service-gaia",
            "GAIA_VRE_COOKIE_SECRET": secrets.cookie_secret,
            EXAMPLES_VARIABLE: str(examples_folder()),
        }
        | _archive_keys(settings)
        | _passphrase(settings),
        health_url=f"http://127.0.0.1:{settings.addresses.service_port}/services/gaia/health",
    )


def _archive_keys(settings: Settings) -> dict[str, str]:
    """Return the keys of other archives: the service holds them, and no other process does."""
    named = [name for one in settings.access.signers for name in (one.key_variable, one.secret_variable)]
    return {name: os.environ[name] for name in named if name and name in os.environ}


def _passphrase(settings: Settings) -> dict[str, str]:
    """Return what visitors have to know: the service compares it, and no other process has it."""
    name = settings.sandboxes.anonymous.passphrase_variable
    return {name: os.environ[name]} if name in os.environ else {}


def _gateway(settings: Settings, secrets: Secrets) -> ProcessPlan:
    return ProcessPlan(
        name="gateway",
        command=server_command(settings, configuration_folder()),
        folder=StateFolder(settings.state).gateway,
        environment=base_environment(settings, secrets)
        | _as_hub_service(settings, "dask-gateway", secrets.gateway_token)
        | {"DASK_GATEWAY_PROXY_TOKEN": secrets.gateway_proxy_token},
        health_url=f"http://127.0.0.1:{settings.addresses.gateway_api_port}/api/health",
    )


def _gateway_proxy(settings: Settings, secrets: Secrets) -> ProcessPlan:
    return ProcessPlan(
        name="gateway-proxy",
        command=proxy_command(settings),
        folder=StateFolder(settings.state).gateway,
        environment=base_environment(settings, secrets) | {"DASK_GATEWAY_PROXY_TOKEN": secrets.gateway_proxy_token},
        health_url=f"{settings.addresses.gateway_url}/api/health",
    )


def _proxy(settings: Settings, secrets: Secrets, program: Path) -> ProcessPlan:
    addresses = settings.addresses
    hub = f"http://127.0.0.1:{addresses.hub_port}"
    return ProcessPlan(
        name="proxy",
        command=[
            *(node(), str(program)),
            *("--ip", addresses.host, "--port", str(addresses.port)),
            *("--api-ip", "127.0.0.1", "--api-port", str(addresses.proxy_api_port)),
            *("--default-target", hub, "--error-target", f"{hub}/hub/error", "--log-level", "warn"),
            *(["--host-routing"] if addresses.own_hosts else []),
        ],
        folder=settings.state,
        environment=base_environment(settings, secrets) | {"CONFIGPROXY_AUTH_TOKEN": secrets.proxy_token},
        health_url=f"{addresses.proxy_api_url}/api/routes",
        health_headers={"Authorization": f"token {secrets.proxy_token}"},
    )


def _culler(settings: Settings, secrets: Secrets) -> ProcessPlan:
    idle = int(settings.labs.idle_minutes * 60)
    return ProcessPlan(
        name="culler",
        command=[
            *(sys.executable, "-m", "jupyterhub_idle_culler"),
            *(f"--timeout={idle}", f"--cull-every={max(5, min(300, idle // 2))}", "--concurrency=5"),
            f"--url={settings.addresses.hub_api_url}",
        ],
        folder=settings.state,
        environment=base_environment(settings, secrets) | _as_hub_service(settings, "culler", secrets.culler_token),
    )


def _as_hub_service(settings: Settings, name: str, token: str) -> dict[str, str]:
    return {
        "JUPYTERHUB_API_TOKEN": token,
        "JUPYTERHUB_API_URL": settings.addresses.hub_api_url,
        "JUPYTERHUB_BASE_URL": "/",
        "JUPYTERHUB_SERVICE_NAME": name,
    }
