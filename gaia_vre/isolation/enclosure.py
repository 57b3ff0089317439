"""An enclosure: a confined command with a network of its own, which a keeper outside watches over."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from gaia_vre.isolation import inner, keep

PROXY_PORT = 3128
"""In the enclosure; where it reaches other hosts, if any."""


@dataclass(frozen=True)
class Enclosure:
    """What holds for one enclosure.

    Parameters
    ----------
    folder
        Outside its view: ``home``, the ``deadline`` in seconds since 1970, and afterwards why it ended.
    hub, service
        Addresses of the hub and the service as the lab knows them, on loopback.
    network, hosts, ports, refused
        See `gaia_vre.isolation.doors.Reach`.
    """

    folder: Path
    username: str
    server: str
    hub: str
    service: str
    network: str
    hosts: tuple[str, ...]
    ports: tuple[int, ...]
    refused: tuple[str, ...]
    home_bytes: int
    home_files: int
    processes: int

    def inside(self, command: list[str], port: int) -> list[str]:
        """Return the command as it runs inside the confinement."""
        doors = ",".join(str(number) for _, number in self._doors)
        first = [sys.executable, "-I", "-S", inner.__file__, "CONTROL", str(port), doors, str(self.home_bytes)]
        return [*first, "--", *command]

    def kept(self, command: list[str], port: int, groups: tuple[Path, ...]) -> list[str]:
        """Return the command of the keeper of this confined command."""
        told = {name: getattr(self, name) for name in ("username", "server", "hub", "service", "network")}
        told |= {name: list(getattr(self, name)) for name in ("hosts", "ports", "refused")}
        told |= {"home_bytes": self.home_bytes, "home_files": self.home_files, "port": port}
        told |= {
            "folder": str(self.folder),
            "groups": list(map(str, groups)),
            "doors": [kind for kind, _ in self._doors],
        }
        return [sys.executable, "-I", "-S", str(Path(keep.__file__).resolve()), json.dumps(told), "--", *command]

    @property
    def _doors(self) -> list[tuple[str, int]]:
        found = [("hub", _port(self.hub)), ("service", _port(self.service))]
        return found if self.network == "none" else [*found, ("proxy", PROXY_PORT)]

    @property
    def environment(self) -> dict[str, str]:
        """Variables by which programs inside find the way out."""
        if self.network == "none":
            return {}
        proxy = f"http://127.0.0.1:{PROXY_PORT}"
        inside = "127.0.0.1,localhost,::1"
        names = {"http_proxy": proxy, "https_proxy": proxy, "no_proxy": inside}
        names["FSSPEC_HTTP"] = json.dumps({"client_kwargs": {"trust_env": True}})  # else it knows no proxy
        return names | {name.upper(): value for name, value in names.items()}


def _port(address: str) -> int:
    return urlsplit(address).port or 80
