"""Reserve, settle, release: every step is one transaction, so a kill leaves it done or not done.

A lease reserves a slice of time ahead at its rate, on every account of its chain. The meter
charges what is observed running (used grows, reserved shrinks) and reserves the next slice. At
the end the rest is given back. Rows are locked leases first, then accounts from the lowest level
up, so that two never wait for each other in a ring.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gaia_vre.core.errors import Conflict, DoesNotFit, NotFound
from gaia_vre.quotas import balances, entries, leases
from gaia_vre.quotas.entries import Entry
from gaia_vre.quotas.fitting import times_that_fit
from gaia_vre.quotas.model import CAPS, Holding, Lease, Rate, Spending
from gaia_vre.quotas.refusing import explain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection, Engine

    from gaia_vre.quotas.clock import Instant
    from gaia_vre.quotas.model import Account, LeaseKind

SLICE_SECONDS = 600
_AT_ONCE = 1000
"""Leases settled in one transaction: it locks their accounts for that long."""


@dataclass(frozen=True)
class Wanted:
    """What somebody asks to hold."""

    id: str
    """Chosen by who asks, once for each start: asked again, the same lease is the answer."""
    kind: LeaseKind
    username: str
    thing: str
    account: str
    rate: Rate
    parent: str | None = None


@dataclass(frozen=True)
class Grown:
    """How many workers a cluster may have now, and why not more."""

    granted: int
    refusal: DoesNotFit | None = None


class Ledger:
    """The leases, entries and balances of one database."""

    def __init__(self, engine: Engine, slice_seconds: int = SLICE_SECONDS) -> None:
        self._engine, self._slice = engine, slice_seconds

    def reserve(self, wanted: Wanted, now: Instant, *, forced: bool = False) -> Lease:
        """Return a lease if the charge fits on every level.

        Parameters
        ----------
        forced
            Take it whether it fits or not: for what runs already.

        Raises
        ------
        DoesNotFit
            With the number, its source, who holds it and what would fit.
        NotFound
            There is no such account.
        Conflict
            A lease of this id was given to somebody else, or has ended.
        """
        with self._writing() as connection:
            if known := leases.find(connection, wanted.id):
                return _same(known, wanted)
            payer, chain = balances.chain(connection, wanted.account, wanted.username)
            lease = self._lease(wanted, payer, chain, now)
            if forced:
                balances.read(connection, chain, lock=True)
                self._add(connection, lease, held=1, reserved=1)
            else:
                self._take(connection, lease)
            leases.write(connection, lease, now.wall)
        return lease

    def settle(self, running: Sequence[str], now: Instant) -> int:
        """Charge the leases that were observed running up to now, and reserve on; return how many were charged.

        What could not be reserved any more shows as a lease whose slice ends now.
        """
        ids, charged = sorted(running), 0
        for first in range(0, len(ids), _AT_ONCE):
            charged += self._settle(ids[first : first + _AT_ONCE], now)
        return charged

    def resize(self, lease_id: str, base: Holding, each: Holding, count: int, now: Instant) -> Grown:
        """Let a cluster have up to so many workers, as many as fit; fewer give back what they held.

        Parameters
        ----------
        base
            What the cluster holds without workers.
        each
            What one worker holds.
        """
        with self._writing() as connection:
            lease = self._live(connection, lease_id)
            lease = self._charge(connection, lease, now)
            self._add(connection, lease, held=-1, reserved=-1)
            bare = replace(lease, rate=Rate(base, lease.rate.price), until=now.seconds + self._slice)
            self._add(connection, bare, held=1, reserved=1)
            more = Rate(each, lease.rate.price)
            granted = times_that_fit(self._accounts(connection, lease), more, self._slice, count)
            grown = replace(bare, rate=Rate(base + each * granted, lease.rate.price))
            self._add(connection, replace(bare, rate=Rate(each * granted, lease.rate.price)), held=1, reserved=1)
            leases.move(connection, [grown])
            held = {name: getattr(grown.rate.holding, name) for name in CAPS}
            leases.change(connection, lease_id, held)
            if granted == count:
                return Grown(granted)
            lacking = self._accounts(connection, lease)
            refusal = explain(connection, lacking, more, self._slice, count - granted)
        return Grown(granted, refusal)

    def release(self, lease_id: str, now: Instant) -> bool:
        """Charge a lease up to now, give back the rest and end it; say whether it was live."""
        with self._writing() as connection:
            lease = leases.find(connection, lease_id, lock=True)
            if lease is None or lease.state == "ended":
                return False
            balances.read(connection, lease.chain, lock=True)
            if lease.seen:
                lease = self._charge(connection, lease, now)
            self._add(connection, lease, held=-1, reserved=-1)
            leases.move(connection, [replace(lease, until=lease.settled, state="ended")])
            leases.change(connection, lease_id, {"ended": now.wall})
        return True

    def live(self, ids: Sequence[str] | None = None) -> list[Lease]:
        """Return the leases that have not ended."""
        with self._engine.connect() as connection:
            return leases.live(connection, ids)

    def find(self, lease_id: str) -> Lease | None:
        """Return a lease, ended or not."""
        with self._engine.connect() as connection:
            return leases.find(connection, lease_id)

    # Steps of one transaction -------------------------------------------------------------------

    def _lease(self, wanted: Wanted, payer: int, chain: tuple[int, ...], now: Instant) -> Lease:
        return Lease(
            id=wanted.id,
            kind=wanted.kind,
            username=wanted.username,
            thing=wanted.thing,
            account=payer,
            chain=chain,
            rate=wanted.rate,
            settled=now.seconds,
            until=now.seconds + self._slice,
            state="held",
            parent=wanted.parent,
        )

    def _take(self, connection: Connection, lease: Lease) -> None:
        spending = lease.rate.over(self._slice)
        for account in lease.chain:
            if not balances.take(connection, account, lease.rate.holding, spending):
                raise explain(connection, self._accounts(connection, lease), lease.rate, self._slice)

    def _settle(self, ids: list[str], now: Instant) -> int:
        with self._writing() as connection:
            found = leases.live(connection, ids, lock=True)
            touched = sorted({account for lease in found for account in lease.chain})
            left = _Left(balances.budgets_left(connection, touched))
            for lease in found:
                left.lose(lease, now.seconds - max(lease.until, lease.settled))
            moved, changes = [], balances.Changes()
            for lease in found:
                settled = max(lease.settled, now.seconds)
                until = max(lease.until, settled)
                until += left.take(lease, now.seconds + self._slice - until)
                after = replace(lease, settled=settled, until=until, state="running", seen=True)
                used, reserved = _difference(lease, after)
                changes.add(lease.chain, used=used, reserved=reserved)
                moved.append(after)
            written = [entry for lease in found if (entry := _entry(lease, now)).seconds]
            entries.write(connection, written)
            changes.write(connection)
            leases.move(connection, moved)
        return len(written)

    def _charge(self, connection: Connection, lease: Lease, now: Instant) -> Lease:
        """Charge one lease up to now; its accounts are locked."""
        entry, after = _entry(lease, now), _charged(lease, now)
        if not entry.seconds:
            return lease
        entries.write(connection, [entry])
        used, reserved = _difference(lease, after)
        changes = balances.Changes()
        changes.add(lease.chain, used=used, reserved=reserved)
        changes.write(connection)
        leases.move(connection, [after])
        return after

    def _accounts(self, connection: Connection, lease: Lease) -> list[Account]:
        return list(balances.read(connection, lease.chain).values())

    def _add(self, connection: Connection, lease: Lease, *, held: int, reserved: int) -> None:
        changes = balances.Changes()
        rest = lease.rate.over(lease.until - lease.settled)
        changes.add(lease.chain, held=lease.rate.holding * held, reserved=rest * reserved)
        changes.write(connection)

    def _live(self, connection: Connection, lease_id: str) -> Lease:
        lease = leases.find(connection, lease_id, lock=True)
        if lease is None or lease.state == "ended":
            raise NotFound(f"There is no running lease {lease_id[:64]!r}")
        balances.read(connection, lease.chain, lock=True)
        return lease

    @contextlib.contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                # At once the only writer: a transaction that read first would fail when it comes to write.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.commit()


class _Left:
    """What is left of budgets on the accounts of one pass, while its leases are gone through."""

    def __init__(self, left: dict[int, list[int | None]]) -> None:
        self._left = left

    def take(self, lease: Lease, seconds: int) -> int:
        """Take as many seconds of a lease as fit everywhere, up to those asked; say how many."""
        rate = lease.rate.second.values()
        for number in lease.chain:
            for left, amount in zip(self._left[number], rate, strict=True):
                if left is not None and amount and left < amount * seconds:
                    seconds = max(0, left) // amount
        seconds = max(0, seconds)
        self.lose(lease, seconds)
        return seconds

    def lose(self, lease: Lease, seconds: int) -> None:
        """Take away what so many seconds of a lease use, whether it is there or not."""
        if seconds <= 0:
            return
        amounts = lease.rate.over(seconds).values()
        for number in lease.chain:
            known = self._left[number]
            known[:] = [None if left is None else left - taken for left, taken in zip(known, amounts, strict=True)]


def _entry(lease: Lease, now: Instant) -> Entry:
    return Entry(lease, max(0, now.seconds - lease.settled), now.wall)


def _charged(lease: Lease, now: Instant) -> Lease:
    settled = max(lease.settled, now.seconds)
    return replace(lease, settled=settled, until=max(lease.until, settled))


def _difference(before: Lease, after: Lease) -> tuple[Spending, Spending]:
    """Return what a lease has used, and by how much what it reserves has grown."""
    rest = before.until - before.settled
    return before.rate.over(after.settled - before.settled), before.rate.over(after.until - after.settled - rest)


def _same(known: Lease, wanted: Wanted) -> Lease:
    if (known.username, known.kind, known.thing) != (wanted.username, wanted.kind, wanted.thing):
        raise Conflict(f"The lease {wanted.id[:64]!r} was given to something else")
    if known.state == "ended":
        raise Conflict(f"The lease {wanted.id[:64]!r} has ended: each start needs one of its own")
    return known
