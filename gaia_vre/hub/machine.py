"""The hub of one machine: loopback addresses, an outside proxy, files in the state folder."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gaia_vre.core.settings import Settings, load_settings
from gaia_vre.core.state import StateFolder
from gaia_vre.hub.orphans import watch_for_orphans
from gaia_vre.hub.pool import watch_pool
from gaia_vre.hub.traits import propose
from gaia_vre.isolation.processes import INSTANCE_VARIABLE

if TYPE_CHECKING:
    from traitlets.config import Config


def configure_machine(c: Config, settings: Settings | None = None) -> None:
    """Set what only holds on one machine; `gaia-vre up` starts the proxy and the services."""
    settings = settings or load_settings()
    folder = StateFolder(settings.state)
    addresses = settings.addresses
    propose(
        c,
        "JupyterHub",
        bind_url=addresses.listen_url,
        public_url=addresses.public or "",
        hub_bind_url=f"http://127.0.0.1:{addresses.hub_port}",
        hub_connect_url=f"http://127.0.0.1:{addresses.hub_port}",
        cleanup_servers=False,  # `gaia-vre up` ends the labs; a hub that restarts must find them running
        cleanup_proxy=False,
        db_url=f"sqlite:///{folder.hub / 'jupyterhub.sqlite'}",
        cookie_secret_file=str(folder.hub / "cookie_secret"),
        spawner_class="gaia_vre.hub.spawner.LocalSpawner",
    )
    propose(c, "ConfigurableHTTPProxy", should_start=False, api_url=addresses.proxy_api_url)
    if instance := os.environ.get(INSTANCE_VARIABLE):
        watch_for_orphans(instance)
        watch_pool(settings, instance)
