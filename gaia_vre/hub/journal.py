"""What the service could not be told yet: a small file that a kill does not tear, told later in order."""

from __future__ import annotations

import json
import os
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

MOST = 500
"""Records kept; a hub that cannot tell so many is long past small troubles."""
_BOOT = "/proc/sys/kernel/random/boot_id"


def moment() -> dict[str, Any]:
    """Return this moment, so that later one knows how long ago it was, whatever the clock was set to."""
    with open(_BOOT) as file:  # noqa: PTH123 - read often, and no path of ours
        boot = file.read().strip()
    return {"boot": boot, "since_boot": int(time.clock_gettime(time.CLOCK_BOOTTIME)), "wall": int(time.time())}


class Journal:
    """Records in one file, each written through to the disk before `add` returns.

    The methods block for as long as the disk takes: the hub calls them in a thread.
    """

    def __init__(self, path: Path, most: int = MOST, clock: Callable[[], dict[str, Any]] = moment) -> None:
        self._path, self._most, self.clock = path, most, clock
        self._lock = threading.Lock()
        self._records: list[dict[str, Any]] | None = None

    def add(self, kind: str, lease: str, **more: Any) -> bool:
        """Append a record of this moment; say whether there was room for it."""
        record = {"kind": kind, "lease": lease, **self.clock(), **more}
        with self._lock:
            known = self._known()
            if len(known) >= self._most:
                return False
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a") as file:
                file.write(f"\n{json.dumps(record)}\n")  # first the end of a line that a kill tore off
                file.flush()
                os.fsync(file.fileno())
            known.append(record)
        return True

    def pending(self) -> list[dict[str, Any]]:
        """Return what is still to be told, oldest first."""
        with self._lock:
            return list(self._known())

    def told(self, records: Collection[dict[str, Any]]) -> None:
        """Forget records; killed meanwhile, they are told again, which changes nothing."""
        with self._lock:
            rest = [one for one in self._known() if one not in records]
            fresh = self._path.with_suffix(".new")
            with fresh.open("w") as file:
                file.writelines(json.dumps(one) + "\n" for one in rest)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
            self._records = rest

    def _known(self) -> list[dict[str, Any]]:
        if self._records is None:
            self._records = _read(self._path)
        return self._records


def seconds_ago(record: dict[str, Any], now: dict[str, Any]) -> int:
    """Return how long ago a record was made; after a reboot by the wall clock."""
    clock = "since_boot" if record["boot"] == now["boot"] else "wall"
    return max(0, int(now[clock]) - int(record[clock]))


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        lines = path.read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return []
    return [record for line in lines if (record := _parsed(line))]


def _parsed(line: str) -> dict[str, Any] | None:
    """Return a record, or None for a line that a kill tore off."""
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) and {"kind", "lease", "boot", "wall"} <= set(record) else None
