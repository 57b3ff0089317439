"""Charge what is observed running, give back what is gone, and keep the ledger true."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from gaia_vre.core.amounts import MICRO, micro
from gaia_vre.core.errors import GaiaError, InvalidInput
from gaia_vre.quotas.checking import differences, recount
from gaia_vre.quotas.clock import Instant
from gaia_vre.quotas.deciding import Request
from gaia_vre.quotas.events import Event
from gaia_vre.quotas.imported import mark, rules_in_force
from gaia_vre.quotas.metering import Observed, read_meter
from gaia_vre.quotas.model import Holding
from gaia_vre.quotas.reconciling import reconcile_week
from gaia_vre.quotas.shares import Shares

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from gaia_vre.core.settings import Size
    from gaia_vre.quotas.events import EventKind
    from gaia_vre.quotas.model import Lease
    from gaia_vre.service.dependencies import Parts
    from gaia_vre.service.gateway import Cluster
    from gaia_vre.service.hub import Server

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 60
"""Something must be gone for so long before its lease ends: the hub may still tell when it really ended."""
_REMEMBERED = timedelta(days=400)


class Meter:
    """The part of each pass that concerns the ledger; any number of kills changes no sum."""

    def __init__(self, parts: Parts) -> None:
        self.office, self.metrics, self.tick = parts.office, parts.metrics, parts.tick
        self.sizes = {size.name: size for size in parts.settings.labs.sizes}
        self.first_size = parts.settings.labs.sizes[0]
        self.start_seconds = parts.settings.labs.start_seconds
        self._grown: dict[str, int] = {}
        self._absent: dict[str, int] = {}
        """Since which second of the ledger's clock a lease has had nothing to show for."""
        self.settings = parts.settings.quotas
        self._imports: tuple[int, datetime | None] = (0, None)
        self._strays: set[str] = set()
        """What ran without a lease at the pass before."""
        self._known: set[str] = set()
        self._day: date | None = None
        self._looked: datetime | None = None

    def step(self, servers: Sequence[Server], clusters: Sequence[Cluster] | None) -> list[Lease]:
        """Do one pass and return the leases that live after it; clusters are None when the gateway is silent."""
        self.tick()
        now = self.office.clock()
        self._keep_true(now)
        observed = [*map(self._server, servers), *(one for each in clusters or () if (one := _cluster(each)))]
        reading = read_meter(
            self.office.ledger.live(), observed, frozenset({"cluster"}) if clusters is None else frozenset()
        )
        adopted = [lease for one in reading.strays if (lease := self._adopt(one, now))]
        self._strays = {one.second_lease for one in reading.strays}
        self.office.ledger.settle([*reading.running, *adopted], now)
        self._charge_grown(reading.grown, now)
        self._end_absent(reading.absent, now)
        live = self._joined(self.office.ledger.live())
        self.metrics.settled.set(now.wall.timestamp())
        current = Counter(lease.kind for lease in live)
        for kind in ("server", "cluster"):
            self.metrics.leases.labels(kind).set(current[kind])
        return live

    def _joined(self, live: list[Lease]) -> list[Lease]:
        """Let what is new be charged to its member's share; read again if something was."""
        new = [lease for lease in live if lease.id not in self._known]
        self._known = {lease.id for lease in live}
        return self.office.ledger.live() if Shares(self.office).join(new) else live

    # What runs ----------------------------------------------------------------------------------

    def _server(self, server: Server) -> Observed:
        size: Size = self.sizes.get(str(server.options.get("size")), self.first_size)
        account = server.options.get("account")
        return Observed(
            kind="server",
            username=server.username,
            thing=server.name,
            lease=server.lease,
            started=server.started,
            base=Holding(micro("cores", size.cores), micro("memory_gib", size.memory_gib), servers=MICRO),
            account=account if isinstance(account, str) else None,
            starting=server.pending == "spawn",
        )

    def _adopt(self, one: Observed, now: Instant) -> str | None:
        """Give a lease to something that runs without one, and return its id."""
        former = self.office.ledger.find(one.lease) if one.lease else None
        if one.lease and former is None:
            # It started while the service was silent: charged from its beginning.
            number, began = one.lease, _instant(now, one.started)
        else:
            number, began = one.second_lease, now
            if former and number not in self._strays:
                return None  # it may have ended since hub and gateway were asked
            if former and (former.username, former.thing) == (one.username, one.thing):
                began = Instant(former.settled, now.wall - timedelta(seconds=now.seconds - former.settled))
        request = Request(
            id=number,
            kind=one.kind,
            username=one.username,
            thing=one.thing,
            base=one.base,
            each=one.each,
            workers=one.workers,
            account=one.account,
            parent=one.parent,
        )
        try:
            self.office.admit(request, forced=True, at=began)
        except GaiaError as error:
            log.warning("%s %r of %s runs without a lease: %s", one.kind, one.thing, one.username, error.message)
            return None
        self._note("adopted", number, one.username, now, {"thing": one.thing})
        log.warning("%s %r of %s ran without a lease and has one now", one.kind, one.thing, one.username)
        return number

    def _charge_grown(self, grown: Sequence[tuple[str, Observed]], now: Instant) -> None:
        """Charge workers that run beyond what was granted; those that are just stopping are left out."""
        self._grown = {lease: self._grown.get(lease, now.seconds) for lease, _ in grown}
        for lease, one in grown:
            if now.seconds - self._grown[lease] >= PATIENCE_SECONDS:
                self.office.resize(lease, one.base, one.each, one.workers, forced=True)

    # What is gone -------------------------------------------------------------------------------

    def _end_absent(self, absent: Iterable[Lease], now: Instant) -> None:
        since = {lease.id: self._absent.get(lease.id, now.seconds) for lease in absent}
        self._absent = since
        for lease in absent:
            if now.seconds - since[lease.id] < PATIENCE_SECONDS:
                continue
            # The hub shows a server from before it asks for the lease; the gateway shows a cluster later.
            starting = self.start_seconds if lease.kind == "cluster" and not lease.seen else 0
            if now.seconds - lease.settled < starting + PATIENCE_SECONDS:
                continue
            # Charged up to when it was last seen; what never appeared costs nothing.
            seen = Instant(lease.settled, now.wall - timedelta(seconds=now.seconds - lease.settled))
            if self.office.release(lease.id, at=seen):
                self._note("vanished" if lease.seen else "unused", lease.id, lease.username, now, {})
                log.info("The lease %s of %s is given back: nothing of it runs", lease.id, lease.username)

    # The ledger itself --------------------------------------------------------------------------

    def _keep_true(self, now: Instant) -> None:
        """Put dated limits and imports in force, and once a day let old use leave its window."""
        self._heed_imports()
        holders, today = self.office.holders, now.wall.date()
        if self._day != today:
            self._report_differences(self._looked or now.wall)
            live = self.office.ledger.live()
            people = {f"{kind}:{lease.username}" for lease in live for kind in ("person", "ceiling")}
            shares = Shares(self.office).names()
            holders.refresh(people.union(shares, (one.name for one in self.office.rules.accounts)), now.wall)
            recount(self.office.engine, now.wall)
            self.office.events.forget(now.wall - _REMEMBERED)
            self._compare_week(now.wall)
            self._day = today
        else:
            holders.refresh(holders.dated(self._looked or now.wall, now.wall), now.wall)
        self._looked = now.wall

    def _heed_imports(self) -> None:
        found = mark(self.office.engine)
        if found != self._imports:
            self.office.renew(rules_in_force(self.office.engine, self.settings))
        self._imports = found

    def _compare_week(self, now: datetime) -> None:
        """Compare the charged time of the last whole week with what was observed, once."""
        self.metrics.agreement.set(reconcile_week(self.office.engine, self.office.events, now).ratio)

    def _report_differences(self, moment: datetime) -> None:
        """Say where balances are not what they are made of; what others write meanwhile is no difference."""
        first = set(differences(self.office.engine, moment))
        found = first.intersection(differences(self.office.engine, moment)) if first else set()
        if self._looked is None:
            # Days may have passed since the last look: use that left its window is expected to differ.
            found = {one for one in found if not one.what.startswith("used")}
        self.metrics.differences.set(len(found))
        for one in sorted(found, key=lambda each: (each.account, each.what)):
            log.error("%s of %s is %d and should be %d: put right", one.what, one.account, one.recorded, one.computed)

    def _note(self, kind: EventKind, lease: str, username: str, now: Instant, facts: dict[str, object]) -> None:
        self.office.events.record(Event(f"{kind}:{lease}", now.wall, kind, "", username, lease, facts))
        self.metrics.repairs.labels(f"lease-{kind}").inc()


def _cluster(cluster: Cluster) -> Observed | None:
    if ":" in cluster.username:
        return None  # of a service, which has no account
    try:
        return Observed(
            kind="cluster",
            username=cluster.username,
            thing=cluster.name,
            lease=cluster.lease,
            started=cluster.started,
            base=Holding(
                micro("scheduler_cores", cluster.scheduler_cores),
                micro("scheduler_memory_gib", cluster.scheduler_memory_gib),
                clusters=MICRO,
            ),
            each=Holding(
                micro("worker_cores", cluster.worker_cores),
                micro("worker_memory_gib", cluster.worker_memory_gib),
                workers=MICRO,
            ),
            workers=cluster.workers,
            account=cluster.account,
            parent=cluster.parent,
        )
    except InvalidInput as error:
        log.warning("Dask cluster %s cannot be metered: %s", cluster.name, error.message)
        return None


def _instant(now: Instant, moment: datetime | None) -> Instant:
    """Return the ledger's second of an earlier moment of the wall clock."""
    ago = max(0, int((now.wall - moment).total_seconds())) if moment else 0
    return Instant(now.seconds - ago, now.wall - timedelta(seconds=ago))
