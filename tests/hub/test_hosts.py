"""Hosts of their own for labs, as the hub is configured for them."""

from __future__ import annotations

import pytest
from traitlets.config import Config

from gaia_vre.core.errors import SettingsError
from gaia_vre.core.settings import parse_settings
from gaia_vre.hub.hosts import configure_hosts
from gaia_vre.hub.pages import configure_pages
from gaia_vre.hub.roles import configure_roles

SITE = {"addresses": {"public": "https://gaia.example.org", "own_hosts": True, "service_port": 9000}}


def test_the_service_stays_at_the_host_of_the_site() -> None:
    c, settings = Config(), parse_settings(SITE)
    for configure in (configure_hosts, configure_roles, configure_pages):
        configure(c, settings)
    assert c.JupyterHub.subdomain_host == "https://gaia.example.org"
    assert c.Proxy.extra_routes == {"gaia.example.org/services/gaia/": "http://127.0.0.1:9000"}
    gaia = next(one for one in c.JupyterHub.services if one["name"] == "gaia")
    assert gaia["oauth_redirect_uri"] == "https://gaia.example.org/services/gaia/oauth_callback"
    policy = c.JupyterHub.tornado_settings["headers"]["Content-Security-Policy"]
    assert policy.endswith("form-action 'self' https://*.gaia.example.org")


def test_without_the_setting_all_is_at_one_host() -> None:
    c, settings = Config(), parse_settings({"addresses": {"public": "https://gaia.example.org"}})
    for configure in (configure_hosts, configure_roles, configure_pages):
        configure(c, settings)
    assert "subdomain_host" not in c.JupyterHub
    assert "extra_routes" not in c.Proxy
    assert all("oauth_redirect_uri" not in one for one in c.JupyterHub.services)
    assert c.JupyterHub.tornado_settings["headers"]["Content-Security-Policy"].endswith("form-action 'self'")


@pytest.mark.parametrize("public", [None, "http://127.0.0.1:8000", "http://[::1]:8000"])
def test_an_address_without_a_name_has_no_hosts_below_it(public: str | None) -> None:
    with pytest.raises(SettingsError, match="own_hosts needs public"):
        parse_settings({"addresses": {"public": public, "own_hosts": True}})
