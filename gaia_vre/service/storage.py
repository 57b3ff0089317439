"""Measure folders one after the other, in a thread of its own: a long look delays nothing else."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from gaia_vre.core.errors import GaiaError

if TYPE_CHECKING:
    from datetime import datetime

    from gaia_vre.service.dependencies import Parts

log = logging.getLogger(__name__)
_LOOK_SECONDS = 30.0
_EMPTY_EVERY = timedelta(hours=1)


class StorageScanner:
    """The loop that measures folders whose last measure is old; a restart goes on with the oldest."""

    def __init__(self, parts: Parts, stop: threading.Event) -> None:
        self.parts, self.stop = parts, stop
        self.emptied: datetime | None = None

    def run(self) -> None:
        """Measure until asked to stop."""
        while not self.stop.is_set():
            try:
                self.step()
            except Exception:
                log.exception("Measuring storage failed; the next try is in %.0f s", _LOOK_SECONDS)
            self.stop.wait(_LOOK_SECONDS)

    def step(self) -> None:
        """Empty the trash of projects, then measure each folder that is due."""
        self._empty_trash()
        for place in self.parts.measures.turns(self.parts.clock()):
            try:
                found = self.parts.measures.scan(place, self.parts.clock(), self.stop.is_set)
            except GaiaError as error:
                log.warning("%s", error.message)
                self.parts.metrics.scans.labels("failed").inc()
                continue
            if found is None:
                return
            self.parts.metrics.scans.labels("whole" if found.complete else "partial").inc()
            self.parts.metrics.scanned.inc(found.files)

    def _empty_trash(self) -> None:
        now = self.parts.clock()
        if self.emptied is not None and now - self.emptied < _EMPTY_EVERY:
            return
        self.emptied = now
        before = now - timedelta(days=self.parts.settings.projects.trash_days)
        for project in self.parts.registry.projects.all():
            try:
                if count := self.parts.folders.empty_trash(project.slug, before):
                    log.info("%d deleted things of %s are gone for good", count, project.slug)
            except (OSError, GaiaError) as error:
                log.warning("The trash of %s could not be emptied: %s", project.slug, error)


def storage_thread(parts: Parts, stop: threading.Event) -> threading.Thread:
    """Return the thread that measures folders."""
    return threading.Thread(target=StorageScanner(parts, stop).run, name="storage", daemon=True)
