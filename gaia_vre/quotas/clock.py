"""The ledger's clock: seconds that really passed, whatever somebody sets the wall clock to.

What is charged is a difference of two readings. While the machine runs, they come from the time
since it booted, which nobody sets; after a reboot, or on another machine, from the wall clocks.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from gaia_vre.database.quotas import ClockRow

if TYPE_CHECKING:
    from sqlalchemy import Engine

_ROW = 1


@dataclass(frozen=True)
class Instant:
    """A moment: the second of the ledger's clock, and what the wall clock says to people."""

    seconds: int
    wall: datetime


@dataclass(frozen=True)
class Reading:
    """What the machine's clocks say."""

    wall: datetime
    boot: str
    """Names this run of this machine."""
    since_boot: int


class Clocks(Protocol):
    """The machine's clocks."""

    def __call__(self) -> Reading: ...


def machine_clocks() -> Reading:
    """Read the clocks of this machine; time asleep counts."""
    return Reading(datetime.now(UTC), _boot(), int(time.clock_gettime(time.CLOCK_BOOTTIME)))


class LedgerClock:
    """Tells the ledger's time; several processes, also on several machines, read the same."""

    def __init__(self, engine: Engine, clocks: Clocks = machine_clocks) -> None:
        self._engine, self._clocks = engine, clocks
        self._lock = threading.Lock()
        self._base: tuple[str, int] | None = None

    def now(self) -> Instant:
        """Return the moment; asks the database once in a run of the machine."""
        reading = self._clocks()
        with self._lock:
            if self._base is None or self._base[0] != reading.boot:
                self._base = (reading.boot, self._recorded(reading) - reading.since_boot)
            return Instant(self._base[1] + reading.since_boot, reading.wall)

    def mark(self) -> Instant:
        """Record the moment, so that a machine that boots later goes on from it."""
        reading, now = self._clocks(), self.now()
        values = {"seconds": now.seconds, "wall": reading.wall, "boot": reading.boot, "since_boot": reading.since_boot}
        with self._engine.begin() as connection:
            later = ClockRow.seconds <= now.seconds
            connection.execute(update(ClockRow).where(ClockRow.id == _ROW, later).values(values))
        return now

    def _recorded(self, reading: Reading) -> int:
        """Return the ledger's second at this reading."""
        first = {"id": _ROW, "seconds": 0, "wall": reading.wall, "boot": reading.boot, "since_boot": reading.since_boot}
        query = select(ClockRow.seconds, ClockRow.wall, ClockRow.boot, ClockRow.since_boot)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
            if row is None:
                try:
                    connection.execute(insert(ClockRow).values(first))
                    connection.commit()
                except IntegrityError:
                    connection.rollback()  # another process was first
                row = connection.execute(query).one()
        if row.boot == reading.boot:
            return int(row.seconds + reading.since_boot - row.since_boot)
        return int(row.seconds + max(0, (reading.wall - row.wall).total_seconds()))


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
