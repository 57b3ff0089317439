"""Who may do what: each service has only the scopes of its duty."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from gaia_vre.core.kinds import PROJECT_GROUP, SANDBOX_GROUP
from gaia_vre.hub.deployment import hub_settings
from gaia_vre.hub.pages import HOME
from gaia_vre.hub.people_groups import SCOPE as GROUPS
from gaia_vre.hub.people_groups import configure_people_groups
from gaia_vre.hub.project_users import SCOPE as PROJECTS
from gaia_vre.hub.project_users import configure_project_users
from gaia_vre.hub.sandbox_users import ROLE as SANDBOX
from gaia_vre.hub.sandbox_users import SCOPE as SANDBOXES
from gaia_vre.hub.sandbox_users import configure_sandbox_users
from gaia_vre.hub.traits import add_named, propose

if TYPE_CHECKING:
    from traitlets.config import Config

    from gaia_vre.core.address_settings import Addresses
    from gaia_vre.core.settings import Settings

_OUR_SERVICES = ["access:services!service=gaia", "access:services!service=dask-gateway"]

_OWN_API = "http://localhost:8081/hub/api"

SERVICE_SCOPES = {
    # The reconcile loop looks at what runs and ends what should not.
    "gaia": [
        "list:users",
        "read:users:name",
        "read:users:activity",
        # Administrators look for people by their groups.
        "read:users:groups",
        "read:servers",
        # The state of a server holds its lease, which nobody can forge there.
        "admin:server_state",
        # Sandboxes are started for those who ask the service for one.
        "start:servers",
        "delete:servers",
        # Whether somebody is still in the group that made them a member of a project.
        GROUPS,
        # Servers of projects: nothing of this reaches a person's.
        PROJECTS,
        f"servers!group={PROJECT_GROUP}",
        f"shares!group={PROJECT_GROUP}",
        # Users that have sandboxes, and go with them: nobody else's.
        SANDBOXES,
        f"delete:users!group={SANDBOX_GROUP}",
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
    settings = settings or hub_settings()
    propose(
        c,
        "JupyterHub",
        # Our tokens are long and random: without this the hub hashes each 16,384 times a request.
        trust_user_provided_tokens=True,
        allow_named_servers=True,
        named_server_limit_per_user=10,
    )
    services = _services(settings) if settings.kubernetes is None else _pods_services(c, settings)
    add_named(c, "JupyterHub", "services", services)
    configure_project_users(c)
    configure_sandbox_users(c)
    configure_people_groups(c)
    add_named(c, "JupyterHub", "load_roles", _roles({service["name"] for service in services}))


def _roles(services: set[str]) -> list[dict[str, Any]]:
    people = {"name": "user", "scopes": ["self", *_OUR_SERVICES]}
    labs = {"name": "server", "scopes": ["users:activity!user", "access:servers!server", *_OUR_SERVICES]}
    duties = [
        {"name": f"gaia-{name}", "services": [name], "scopes": scopes}
        for name, scopes in SERVICE_SCOPES.items()
        if name in services
    ]
    return [people, labs, SANDBOX, *duties]


def _services(settings: Settings) -> list[dict[str, Any]]:
    tokens = {
        "gaia": "GAIA_VRE_SERVICE_TOKEN",
        "dask-gateway": "GAIA_VRE_GATEWAY_TOKEN",
        "culler": "GAIA_VRE_CULLER_TOKEN",
        "supervisor": "GAIA_VRE_SUPERVISOR_TOKEN",
    }
    details = _details(f"http://127.0.0.1:{settings.addresses.service_port}", settings.addresses)
    return [
        {"name": name, "api_token": os.environ.get(variable, ""), **details[name]} for name, variable in tokens.items()
    ]


def _pods_services(c: Config, settings: Settings) -> list[dict[str, Any]]:
    """Return the services of a cluster, without the tokens: the chart makes them.

    There is no supervisor: Kubernetes is, and the hub itself gives its proxy the routes back. The official chart's
    culler, where it is on, is the operator's choice.
    """
    details = _details(settings.addresses.service or "", settings.addresses)
    seconds = settings.labs.idle_minutes * 60
    look = max(5, min(300, seconds // 2))
    command = [
        sys.executable,
        "-m",
        "jupyterhub_idle_culler",
        f"--timeout={seconds:.0f}",
        f"--cull-every={look:.0f}",
        "--concurrency=5",
    ]
    culler = {"name": "culler", **details["culler"], "command": [*command, f"--url={_OWN_API}"]}
    ours = [{"name": name, **details[name]} for name in ("gaia", "dask-gateway")]
    given = c.JupyterHub.get("services", [])
    culled = isinstance(given, list) and any(entry.get("name") == "jupyterhub-idle-culler" for entry in given)
    return ours if culled else [*ours, culler]


def _details(service_url: str, addresses: Addresses) -> dict[str, dict[str, Any]]:
    # JupyterHub would look for the service at a host of its own.
    back = {"oauth_redirect_uri": f"{addresses.public_url}{HOME}oauth_callback"} if addresses.own_hosts else {}
    return {
        "gaia": {
            **back,
            "url": service_url,
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
