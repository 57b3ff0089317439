"""Compare what is recorded with what the hub and the gateway report, and repair; again and again."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from gaia_vre.core.errors import GaiaError
from gaia_vre.service.rules import decide, seen

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from gaia_vre.service.gateway import Cluster, Gateway
    from gaia_vre.service.hub import Hub
    from gaia_vre.service.metrics import Metrics
    from gaia_vre.service.store import Store

log = logging.getLogger(__name__)


@dataclass
class Reconciler:
    """One level-triggered loop: every pass starts from what is, so a missed event is made up by the next."""

    hub: Hub
    gateway: Gateway
    store: Store
    metrics: Metrics
    start_limit: timedelta
    """How long the hub gives a server to start."""
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    silent: set[str] = field(default_factory=set)
    """What did not answer at the last pass; said once, not at every pass."""

    def run(self, period: timedelta, stop: threading.Event) -> None:
        """Pass after pass until asked to stop; a pass that fails is logged, and the next one tries anew."""
        while not stop.is_set():
            try:
                with self.metrics.passes.time():
                    self.step()
                self.metrics.last_pass.set_to_current_time()
            except Exception:
                log.exception("A reconcile pass failed; the next is in %s", period)
            stop.wait(period.total_seconds())

    def step(self) -> None:
        """Do one pass; without the hub's answer nothing is decided."""
        now = self.clock()
        # Read before asking: what begins or ends meanwhile is then put right by the next pass.
        recorded = self.store.running()
        try:
            servers = list(self.hub.active_servers())
        except GaiaError as error:
            self._note_silence("hub", error)
            return
        self._note_answer("hub")
        clusters = self._clusters()
        plan = decide(recorded, servers, clusters, now, self.start_limit)
        self.store.begin(plan.begun)
        for thing in plan.ended:
            if self.store.end(thing, "lost", now):
                log.info("%s %r of %s ended unseen", thing.kind, thing.name, thing.username)
        for thing in plan.stuck:
            log.warning("Server %r of %s has been starting for too long and is stopped", thing.name, thing.username)
            self.metrics.repairs.labels(thing.kind).inc()
            self.store.end(thing, "stuck", now)
            self.hub.stop(thing.username, thing.name)
        for kind in ("server", "cluster"):
            count = sum(thing.kind == kind for thing in seen(servers, clusters or (), now))
            self.metrics.running.labels(kind).set(count)

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
