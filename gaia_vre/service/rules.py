"""What one pass of the reconcile loop decides, from what is recorded and what was seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from gaia_vre.service.model import Reason, Thing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gaia_vre.service.gateway import Cluster
    from gaia_vre.service.hub import Server

STUCK_AFTER = timedelta(minutes=5)
"""A start that takes so much longer than the hub's own limit will not end by itself."""

_SAME_START = timedelta(seconds=1)
_IDLE_SLACK = timedelta(minutes=1)


@dataclass(frozen=True)
class Plan:
    """What to record and what to repair."""

    begun: dict[Thing, datetime]
    ended: tuple[Thing, ...]
    """What is gone, or has been replaced by a newer of the same name."""
    stuck: tuple[Thing, ...]
    """Servers that have been starting for too long."""


def seen(servers: Sequence[Server], clusters: Sequence[Cluster]) -> dict[Thing, datetime | None]:
    """Return what runs now, with the time it was started as far as known."""
    found: dict[Thing, datetime | None] = {
        Thing("server", server.username, server.name): server.started
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
    current = seen(servers, clusters or ())
    late = now - start_limit - STUCK_AFTER
    stuck = {
        Thing("server", server.username, server.name)
        for server in servers
        if server.pending == "spawn" and server.started is not None and server.started < late
    }
    # What stops has its end recorded already, or soon: taken up again it would seem to end twice.
    leaving = {Thing("server", each.username, each.name) for each in servers if each.pending == "stop"}
    fresh = {
        thing: started
        for thing, started in current.items()
        if started is not None and not _same(recorded.get(thing), started) and thing not in stuck | leaving
    }
    gone = {thing for thing in recorded if thing not in current or thing in fresh}
    if clusters is None:
        gone = {thing for thing in gone if thing.kind != "cluster"}
    return Plan(begun=fresh, ended=tuple(sorted(gone)), stuck=tuple(sorted(stuck)))


def unexplained(last_activity: datetime | None, now: datetime, idle_limit: timedelta) -> Reason:
    """Return the reason of an end that nobody reported."""
    quiet = last_activity is not None and now - last_activity >= idle_limit - _IDLE_SLACK
    return "idle" if quiet else "lost"


def ownerless(clusters: Sequence[Cluster], active: set[str]) -> dict[str, list[Cluster]]:
    """Return, by name, the owners of clusters that have nothing else running: the hub must be asked about them.

    The gateway writes the name of an owner that is no person as ``kind:name``; those are left alone.
    """
    found: dict[str, list[Cluster]] = {}
    for each in clusters:
        if each.username not in active and ":" not in each.username:
            found.setdefault(each.username, []).append(each)
    return found


def _same(recorded: datetime | None, started: datetime) -> bool:
    return recorded is not None and abs(recorded - started) <= _SAME_START
