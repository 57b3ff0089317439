"""What a person may do with what is theirs, from a page or a program alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gaia_vre.core.errors import NotFound
from gaia_vre.service.model import Thing

if TYPE_CHECKING:
    from gaia_vre.service.dependencies import Parts
    from gaia_vre.service.login import Caller


def stop_mine(service: Parts, who: Caller, name: str) -> None:
    """Stop a server with its owner's rights, and remember that it was asked for."""
    service.hub.stop(who.name, name, who.token)
    service.store.end(Thing("server", who.name, name), "asked", service.clock())


def stop_for(service: Parts, who: Caller, username: str, name: str) -> None:
    """Stop somebody's server as an administrator; its owner reads who did."""
    service.hub.stop(username, name)
    if username != who.name:
        service.store.end(Thing("server", username, name), "operator", service.clock(), who.name)
    else:
        service.store.end(Thing("server", username, name), "asked", service.clock())


def stop_cluster_of_mine(service: Parts, who: Caller, name: str) -> None:
    """Stop a Dask cluster of a person.

    Raises
    ------
    NotFound
        It is not theirs, or there is none of this name.
    """
    if not any(each.name == name and each.username == who.name for each in service.gateway.clusters()):
        raise NotFound(f"You have no Dask cluster {name}")
    service.gateway.stop(name)
    service.store.end(Thing("cluster", who.name, name), "asked", service.clock())
