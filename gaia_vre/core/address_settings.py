"""Settings of where the parts listen and are found."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

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

    @property
    def public_url(self) -> str:
        """Where people find the site; every link that leaves it begins so."""
        return self.public or self.listen_url

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
