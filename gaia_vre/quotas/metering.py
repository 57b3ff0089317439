"""What the meter makes of what runs and what holds a lease: pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gaia_vre.quotas.model import NOTHING_HELD, Holding, Lease, LeaseKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime


@dataclass(frozen=True)
class Observed:
    """Something that the hub or the gateway reports."""

    kind: LeaseKind
    username: str
    thing: str
    lease: str | None
    """As its own state says; nobody but hub and gateway can write there."""
    started: datetime | None
    base: Holding
    each: Holding = NOTHING_HELD
    workers: int = 0
    account: str | None = None
    parent: str | None = None
    starting: bool = False

    @property
    def second_lease(self) -> str:
        """Name the lease of something that ran without one: the same at every pass, another at every start."""
        about = f"{self.kind}/{self.username}/{self.thing}/{self.started}"
        return f"{self.kind[0]}-{hashlib.sha256(about.encode()).hexdigest()[:24]}"


@dataclass(frozen=True)
class Reading:
    """What one pass does."""

    running: tuple[str, ...]
    """Leases to charge."""
    strays: tuple[Observed, ...]
    """What runs without a lease."""
    grown: tuple[tuple[str, Observed], ...]
    """Clusters with more workers than their lease holds."""
    absent: tuple[Lease, ...]
    """Leases of which nothing is seen."""


def read_meter(live: Sequence[Lease], observed: Sequence[Observed], silent: frozenset[LeaseKind]) -> Reading:
    """Compare leases with what is observed.

    Parameters
    ----------
    silent
        Kinds of which nothing is known now: nothing is then said about their leases.
    """
    by_id = {lease.id: lease for lease in live}
    running, strays, grown, expected = [], [], [], set()
    for one in observed:
        lease = _lease_of(one, by_id)
        if lease is None:
            strays += [] if one.starting else [one]
        elif one.starting and not lease.seen:
            expected.add(lease.id)
        else:
            running.append(lease.id)
            if one.workers > lease.rate.holding.workers // 1_000_000:
                grown.append((lease.id, one))
    known = expected.union(running)
    absent = [lease for lease in live if lease.id not in known and lease.kind not in silent]
    return Reading(tuple(running), tuple(strays), tuple(grown), tuple(absent))


def _lease_of(one: Observed, live: Mapping[str, Lease]) -> Lease | None:
    for name in (one.lease, one.second_lease):
        lease = live.get(name or "")
        if lease and (lease.kind, lease.username, lease.thing) == (one.kind, one.username, one.thing):
            return lease
    return None
