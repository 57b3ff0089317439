"""What one pass of the reconcile loop decides, from what is recorded and what was seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from gaia_vre.service.model import Thing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gaia_vre.service.gateway import Cluster
    from gaia_vre.service.hub import Server

STUCK_AFTER = timedelta(minutes=5)
"""A start or stop that takes so much longer than the hub's own limit will not end by itself."""


@dataclass(frozen=True)
class Plan:
    """What to record and what to repair."""

    begun: dict[Thing, datetime]
    ended: tuple[Thing, ...]
    stuck: tuple[Thing, ...]
    """Servers that have been starting for too long."""


def seen(servers: Sequence[Server], clusters: Sequence[Cluster], now: datetime) -> dict[Thing, datetime]:
    """Return what runs now, with the time it was started."""
    found = {
        Thing("server", server.username, server.name): server.started or now
        for server in servers
        if server.ready or server.pending
    }
    found.update({Thing("cluster", each.username, each.name): each.started for each in clusters})
    return found


def decide(
    recorded: Mapping[Thing, datetime],
    servers: Sequence[Server],
    clusters: Sequence[Cluster] | None,
    now: datetime,
    start_limit: timedelta,
) -> Plan:
    """Compare what is recorded with what runs.

    Parameters
    ----------
    clusters
        None when the gateway did not answer: nothing is then said about clusters.
    start_limit
        How long the hub itself gives a server to start.
    """
    current = seen(servers, clusters or (), now)
    gone = [thing for thing in recorded if thing not in current]
    if clusters is None:
        gone = [thing for thing in gone if thing.kind != "cluster"]
    late = now - start_limit - STUCK_AFTER
    return Plan(
        begun={thing: started for thing, started in current.items() if thing not in recorded},
        ended=tuple(sorted(gone)),
        stuck=tuple(
            Thing("server", server.username, server.name)
            for server in servers
            if server.pending == "spawn" and server.started is not None and server.started < late
        ),
    )
