"""Compare what is recorded with what the hub and the gateway report, and repair; again and again."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from gaia_vre.core.errors import GaiaError
from gaia_vre.service.abandoned import end_abandoned
from gaia_vre.service.ladder import Ladder
from gaia_vre.service.meter import Meter
from gaia_vre.service.model import Thing
from gaia_vre.service.operate.acts import Acts
from gaia_vre.service.operate.people import People
from gaia_vre.service.projects.leaving import Leaving
from gaia_vre.service.projects.tending import tend
from gaia_vre.service.rules import decide, ownerless, seen, unexplained
from gaia_vre.service.sandboxes.tending import Tending
from gaia_vre.service.starts.store import Starts
from gaia_vre.service.visits.store import Visits

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence

    from gaia_vre.service.dependencies import Parts
    from gaia_vre.service.gateway import Cluster
    from gaia_vre.service.hub import Server
    from gaia_vre.service.rules import Plan

log = logging.getLogger(__name__)

_REMEMBERED = timedelta(days=90)
_ACTS_REMEMBERED = timedelta(days=365)
_FORGET_EVERY = timedelta(hours=1)


class Reconciler:
    """One level-triggered loop: every pass starts from what is, so a missed event is made up by the next."""

    def __init__(self, parts: Parts) -> None:
        self.hub, self.gateway, self.store, self.metrics = parts.hub, parts.gateway, parts.store, parts.metrics
        self.registry, self.project_servers = parts.registry, parts.project_servers
        self.app_servers = parts.app_servers
        self.start_limit = timedelta(seconds=parts.settings.labs.start_seconds)
        self.idle_limit = timedelta(minutes=parts.settings.labs.idle_minutes)
        self.clock, self.messages, self.starts = parts.clock, parts.messages, Starts(parts.engine)
        self.visits, self.acts = Visits(parts.engine), Acts(parts.engine)
        self.people, self.running = People(parts.engine), parts.running
        self.meter, self.ladder = Meter(parts), Ladder(parts)
        self.sandboxes, self.leaving = Tending(parts), Leaving(parts)
        self.silent: set[str] = set()
        """What did not answer at the last pass; said once, not at every pass."""
        self._active: dict[Thing, datetime | None] = {}
        self._forgot: datetime | None = None

    def run(self, period: timedelta, stop: threading.Event) -> None:
        """Pass after pass until asked to stop; a pass that fails is logged, and the next one tries anew."""
        while not stop.is_set():
            try:
                with self.metrics.passes.time():
                    self.step()
                self.metrics.last_pass.set_to_current_time()
            except GaiaError as error:
                self._note_silence("pass", error)
            except Exception:
                log.exception("A reconcile pass failed; the next is in %s", period)
            stop.wait(period.total_seconds())

    def step(self) -> None:
        """Do one pass; without the hub's answer nothing is decided."""
        now = self.clock()
        # Read before asking: what begins or ends meanwhile is then put right by the next pass.
        recorded = self.store.running()
        try:
            servers = self.running.read()
        except GaiaError as error:
            self._note_silence("hub", error)
            return
        self._note_answer("hub")
        clusters = self._clusters()
        plan = decide(recorded, servers, clusters, now, self.start_limit)
        self._record_ends(plan, now)
        self.store.begin(plan.begun)
        for thing in plan.stuck:
            self._free(thing, now)
        self._end_ownerless(servers, clusters or ())
        end_abandoned(self.store.engine, self.gateway, self.store, clusters or (), now)
        self._forget(now)
        tend(self.registry, now)
        self.sandboxes.step(servers, now)
        self.project_servers.settle()
        self.project_servers.compare(servers)
        self.app_servers.settle(servers)
        self._active = {Thing("server", each.username, each.name): each.last_activity for each in servers}
        current = Counter(thing.kind for thing in seen(servers, clusters or ()))
        for kind in ("server", "cluster"):
            self.metrics.running.labels(kind).set(current[kind])
        # Last: trouble with the ledger must not leave other repairs undone.
        live = self.meter.step(servers, clusters)
        self.ladder.step(live)
        self.leaving.step(live, now)
        self.people.follow(self.hub, now)

    def _record_ends(self, plan: Plan, now: datetime) -> None:
        for thing in plan.ended:
            if thing.kind == "server" and thing not in plan.begun and self.hub.runs(thing.username, thing.name):
                continue  # the list is read page by page: whoever moved between pages is missed
            reason = unexplained(self._active.get(thing), now, self.idle_limit)
            if self.store.end(thing, reason, now):
                log.info("%s %r of %s ended unseen: %s", thing.kind, thing.name, thing.username, reason)

    def _free(self, thing: Thing, now: datetime) -> None:
        log.warning("Server %r of %s has been starting for too long and is stopped", thing.name, thing.username)
        try:
            self.hub.stop(thing.username, thing.name)
        except GaiaError as error:
            log.warning("It could not be stopped: %s", error.message)
            return
        self.metrics.repairs.labels(thing.kind).inc()
        self.store.end(thing, "stuck", now)

    def _end_ownerless(self, servers: Sequence[Server], clusters: Sequence[Cluster]) -> None:
        for owner, theirs in ownerless(clusters, {server.username for server in servers}).items():
            if self.hub.knows(owner):
                continue
            for cluster in theirs:
                log.warning(
                    "Dask cluster %s belongs to %s, whom the hub does not know, and is stopped", cluster.name, owner
                )
                self.gateway.stop(cluster.name)
                self.metrics.repairs.labels("cluster").inc()

    def _forget(self, now: datetime) -> None:
        if self._forgot is None or now - self._forgot >= _FORGET_EVERY:
            self.store.forget(now - _REMEMBERED)
            self.messages.forget(now)
            self.starts.forget(now - _REMEMBERED)
            self.visits.forget(now - _REMEMBERED)
            self.acts.forget(now - _ACTS_REMEMBERED)
            self._forgot = now

    def _clusters(self) -> list[Cluster] | None:
        try:
            found = self.gateway.clusters()
        except GaiaError as error:
            self._note_silence("gateway", error)
            return None
        self._note_answer("gateway")
        return found

    def _note_silence(self, part: str, error: GaiaError) -> None:
        self.metrics.failures.labels(part).inc()
        if part not in self.silent:
            log.warning("%s; looking again at every pass", error.message)
        self.silent.add(part)

    def _note_answer(self, part: str) -> None:
        if part in self.silent:
            log.warning("The %s answers again", part)
        self.silent.discard(part)
