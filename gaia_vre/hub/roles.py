"""Who may do what: each service has only the scopes of its duty."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from gaia_vre.core.settings import Settings, load_settings
from gaia_vre.hub.traits import propose

if TYPE_CHECKING:
    from traitlets.config import Config

_OUR_SERVICES = ["access:services!service=gaia", "access:services!service=dask-gateway"]

SERVICE_SCOPES = {
    # The reconcile loop looks at what runs and ends what should not.
    "gaia": [
        "list:users",
        "read:users:name",
        "read:users:activity",
        "read:servers",
        # The state of a server holds its lease, which nobody can forge there.
        "admin:server_state",
        "delete:servers",
        _OUR_SERVICES[1],
    ],
    # It asks the service what a cluster may hold; a token is checked by asking as its bearer.
    "dask-gateway": [_OUR_SERVICES[0]],
    "culler": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
    # Gives a restarted proxy its routes back.
    "supervisor": ["proxy"],
}


def configure_roles(c: Config, settings: Settings | None = None) -> None:
    """Declare the services of the environment and the roles of people, labs and services."""
    settings = settings or load_settings()
    propose(
        c,
        "JupyterHub",
        load_roles=_roles(),
        services=_services(settings),
        # Our tokens are long and random: without this the hub hashes each 16,384 times a request.
        trust_user_provided_tokens=True,
        allow_named_servers=True,
        named_server_limit_per_user=10,
    )


def _roles() -> list[dict[str, Any]]:
    people = {"name": "user", "scopes": ["self", *_OUR_SERVICES]}
    labs = {"name": "server", "scopes": ["users:activity!user", "access:servers!server", *_OUR_SERVICES]}
    services = [
        {"name": f"gaia-{name}", "services": [name], "scopes": scopes}
        for name, scopes in SERVICE_SCOPES.items()
        if scopes
    ]
    return [people, labs, *services]


def _services(settings: Settings) -> list[dict[str, Any]]:
    tokens = {
        "gaia": "GAIA_VRE_SERVICE_TOKEN",
        "dask-gateway": "GAIA_VRE_GATEWAY_TOKEN",
        "culler": "GAIA_VRE_CULLER_TOKEN",
        "supervisor": "GAIA_VRE_SUPERVISOR_TOKEN",
    }
    details: dict[str, dict[str, Any]] = {
        "gaia": {
            "url": f"http://127.0.0.1:{settings.addresses.service_port}",
            "oauth_client_id": "service-gaia",
            "oauth_no_confirm": True,
            # Pages act with the rights of the person who looks at them.
            "oauth_client_allowed_scopes": ["self", *_OUR_SERVICES],
            "display": True,
        },
        # No url: cluster dashboards would be public through the hub's proxy.
        "dask-gateway": {"display": False},
        "culler": {"display": False},
        "supervisor": {"display": False},
    }
    return [
        {"name": name, "api_token": os.environ.get(variable, ""), **details[name]} for name, variable in tokens.items()
    ]
