"""Measure folders one after the other, in a thread of its own: a long look delays nothing else."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from gaia_vre.core.errors import GaiaError

if TYPE_CHECKING:
    from gaia_vre.service.dependencies import Parts

log = logging.getLogger(__name__)
_LOOK_SECONDS = 30.0


class StorageScanner:
    """The loop that measures folders whose last measure is old; a restart goes on with the oldest."""

    def __init__(self, parts: Parts, stop: threading.Event) -> None:
        self.parts, self.stop = parts, stop

    def run(self) -> None:
        """Measure until asked to stop."""
        while not self.stop.is_set():
            try:
                self.step()
            except Exception:
                log.exception("Measuring storage failed; the next try is in %.0f s", _LOOK_SECONDS)
            self.stop.wait(_LOOK_SECONDS)

    def step(self) -> None:
        """Measure each folder that is due."""
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


def storage_thread(parts: Parts, stop: threading.Event) -> threading.Thread:
    """Return the thread that measures folders."""
    return threading.Thread(target=StorageScanner(parts, stop).run, name="storage", daemon=True)
