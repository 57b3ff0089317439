"""What a person may do with what is theirs, from a page or a program alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gaia_vre.core.errors import NotFound
from gaia_vre.core.kinds import SANDBOX_SERVER, kind_of, project_of
from gaia_vre.sandboxes.model import LIVING
from gaia_vre.service.model import Thing
from gaia_vre.service.operate.acts import Act, Acts
from gaia_vre.service.sandboxes.lives import Lives

if TYPE_CHECKING:
    from gaia_vre.service.dependencies import Parts
    from gaia_vre.service.hub import Server
    from gaia_vre.service.login import Caller


def servers_of(service: Parts, who: Caller) -> list[Server]:
    """Return somebody's servers that run, start or stop, their sandboxes among them."""
    living = [one for one in service.sandboxes.of(who.name) if one.state in LIVING]
    found = (service.hub.server(one.username, one.server) for one in living)
    return [*service.login.fresh(who).servers, *(one for one in found if one is not None)]


def stop_mine(service: Parts, who: Caller, name: str) -> None:
    """Stop a server with its owner's rights, and remember that it was asked for."""
    if kind_of(who.name, name) == "sandbox":
        Lives.of(service).end(service.sandboxes.find(name.removeprefix(SANDBOX_SERVER), who.name), "asked")
        return
    service.hub.stop(who.name, name, who.token)
    service.store.end(Thing("server", who.name, name), "asked", service.clock())


def stop_for(service: Parts, who: Caller, thing: Thing, reason: str) -> None:
    """Stop somebody's server as an administrator; whom it concerns reads who did, and why."""
    now, said = service.clock(), f"{who.name}: {reason}" if reason else who.name
    if kind_of(thing.username, thing.name) == "sandbox":
        sandbox = service.sandboxes.find(thing.name.removeprefix(SANDBOX_SERVER), thing.username)
        Lives.of(service).end(sandbox, "operator")
    else:
        service.hub.stop(thing.username, thing.name)
        mine = thing.username == who.name
        service.store.end(thing, "asked" if mine else "operator", now, "" if mine else said)
    if slug := project_of(thing.username):
        service.registry.projects.happened(
            slug, who.name, "server-stopped-why" if reason else "server-stopped", reason=reason
        )
    Acts(service.engine).record(Act(who.name, "stopped", thing.username, thing.name, reason), now)
    service.running.stopping(thing.username, thing.name)


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
