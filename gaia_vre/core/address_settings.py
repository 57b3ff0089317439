"""Settings of where the parts listen and are found."""

from __future__ import annotations

import re
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from gaia_vre.core.part import Part

Port = Annotated[int, Field(ge=1, le=65535)]
_ADDRESS = r"^https?://[^/?#\s@]+$"


class Addresses(Part):
    """Where the parts listen. One machine chooses them at start; a cluster uses its service names."""

    public: str | None = Field(
        default=None,
        pattern=_ADDRESS,
        description="Address that people use where it is another than host and port, such as "
        "https://gaia.example.org behind a proxy that ends TLS; links that leave the site begin with it.",
    )
    own_hosts: bool = Field(
        default=False,
        description="Whether everybody's lab, each sandbox and each project has a host of its own below the public "
        "address, as alice.gaia.example.org: then no script in one is of the origin of another or of the site's "
        "pages. Needs DNS and a certificate for *.gaia.example.org; on one machine, for its own browser, "
        "http://gaia.localhost:8000 as public address needs neither.",
    )
    host: str = Field(default="127.0.0.1", description="Where people connect; nothing listens elsewhere by default.")
    port: Port = Field(default=8000, description="Port people connect to.")
    proxy_api_port: Port = Field(default=8001, description="Port of the proxy's own API, on loopback.")
    hub_port: Port = Field(default=8081, description="Port of the hub's API, on loopback.")
    service_port: Port = Field(default=8082, description="Port of the service, on loopback.")
    gateway_port: Port = Field(default=8083, description="Port where Dask clients reach the gateway, on loopback.")
    gateway_api_port: Port = Field(default=8084, description="Port of the gateway's API behind its proxy, on loopback.")
    service_host: str = Field(
        default="127.0.0.1", description="Address that the service listens on; 0.0.0.0 in a pod of its own."
    )
    service: str | None = Field(
        default=None,
        pattern=_ADDRESS,
        description="Where programs reach the service on a cluster, such as http://gaia-service.gaia:8000; empty: "
        "on loopback.",
    )
    gateway: str | None = Field(
        default=None,
        pattern=_ADDRESS,
        description="Where programs reach the Dask gateway on a cluster, such as http://traefik-dask-gateway.gaia; "
        "empty: on loopback.",
    )

    @model_validator(mode="after")
    def _hosts_below_a_name(self) -> Self:
        name = urlsplit(self.public or "").hostname or ""
        if self.own_hosts and not re.search(r"[a-z]", name.rpartition(".")[2]):
            raise ValueError("own_hosts needs public, an address with a name that others can stand below")
        return self

    @property
    def public_url(self) -> str:
        """Where people find the site; every link that leaves it begins so."""
        return self.public or self.listen_url

    @property
    def labs(self) -> str:
        """Where labs are besides the site's own host, as a Content-Security-Policy names it; else empty."""
        scheme, _, place = self.public_url.partition("://")
        return f"{scheme}://*.{place}" if self.own_hosts else ""

    def host_of(self, user: str) -> str:
        """Return where a user of ours, whose name has plain letters alone, has a host; else empty: at the site's."""
        scheme, _, place = self.public_url.partition("://")
        return f"{scheme}://{user}.{place}" if self.own_hosts else ""

    @property
    def listen_url(self) -> str:
        """Where the proxy of this machine listens."""
        return f"http://{self.host}:{self.port}"

    @property
    def hub_api_url(self) -> str:
        return f"http://127.0.0.1:{self.hub_port}/hub/api"

    @property
    def proxy_api_url(self) -> str:
        return f"http://127.0.0.1:{self.proxy_api_port}"

    @property
    def service_url(self) -> str:
        """Where programs call the service, its path included."""
        return f"{self.service or f'http://127.0.0.1:{self.service_port}'}/services/gaia"

    @property
    def gateway_url(self) -> str:
        return self.gateway or f"http://127.0.0.1:{self.gateway_port}"
