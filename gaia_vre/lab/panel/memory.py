"""How much memory this server takes, of how much."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_GROUP = Path("/sys/fs/cgroup")
_LIMIT_VARIABLE = "MEM_LIMIT"


@dataclass(frozen=True)
class Memory:
    """Bytes taken, and the limit where there is one."""

    used: int
    limit: int | None


def memory_of_server(group: Path = _GROUP) -> Memory:
    """Return the memory of the lab with its kernels and terminals.

    The container's own account is what the limit counts. Where it cannot be read, it is the sum
    over the lab's processes, a page that several share counted once.
    """
    limit = _number(os.environ.get(_LIMIT_VARIABLE, "")) or None
    return Memory(_of_container(group) or _of_processes(), limit)


def _of_container(group: Path) -> int | None:
    """Return what a container's group counts without files that may be dropped; None outside of one."""
    try:
        if Path("/proc/self/cgroup").read_text().strip() != "0::/":
            return None
        used = int((group / "memory.current").read_text())
        kept = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        return used - int(kept.get("inactive_file", 0))
    except (OSError, ValueError):
        return None


def _of_processes() -> int:
    import psutil

    own = psutil.Process()
    total = 0
    for process in (own, *own.children(recursive=True)):
        try:
            total += process.memory_full_info().pss
        except (psutil.Error, AttributeError):
            continue
    return total


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
