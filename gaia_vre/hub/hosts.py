"""Hosts of their own for labs, sandboxes, projects and apps, below that of the site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jupyterhub.handlers import BaseHandler

from gaia_vre.hub.deployment import hub_settings
from gaia_vre.hub.pages import HOME
from gaia_vre.hub.traits import propose

if TYPE_CHECKING:
    from traitlets.config import Config

    from gaia_vre.core.settings import Settings


def configure_hosts(c: Config, settings: Settings | None = None) -> None:
    """Have each user's servers answer at a host of their own, and the service at that of the site, where settings say.

    JupyterHub would move the service too, away from the hub's pages that link to it.
    """
    settings = settings or hub_settings()
    addresses = settings.addresses
    if not addresses.own_hosts:
        return
    site = urlsplit(addresses.public_url).hostname
    propose(c, "JupyterHub", subdomain_host=addresses.public_url)
    propose(c, "Proxy", extra_routes={f"{site}{HOME}": addresses.service_url.removesuffix(HOME.rstrip("/"))})


class ElsewhereHandler(BaseHandler):  # type: ignore[misc]
    """Lead whoever follows a link to the service's pages in a lab, which has another host, to the site's."""

    def get(self, path: str) -> None:
        site = hub_settings().addresses.public_url
        query = f"?{self.request.query}" if self.request.query else ""
        self.redirect(f"{site}{HOME}{path}{query}")


def handlers() -> list[tuple[str, type[Any]]]:
    """Return the addresses that the hub has besides its own."""
    return [(rf"{HOME}(.*)", ElsewhereHandler)] if hub_settings().addresses.own_hosts else []
