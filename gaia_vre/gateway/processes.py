"""Find and end the processes of clusters by the folder that their environment names."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import psutil

from gaia_vre.isolation.processes import is_dead, variable_of

FOLDER_VARIABLE = "GAIA_VRE_CLUSTER_FOLDER"
"""Set for every process of a cluster; survives the gateway, so leftovers are found by it."""


def identify(pid: int) -> dict[str, float]:
    """Return what tells this process from a later one with the same number."""
    return {"pid": pid, "created": psutil.Process(pid).create_time()}


def is_alive(identity: dict[str, float] | None) -> bool:
    """Say whether the very process that was identified still runs."""
    if not identity:
        return False
    try:
        process = psutil.Process(int(identity["pid"]))
        return bool(process.create_time() == identity["created"] and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def by_folder(root: Path) -> dict[Path, list[psutil.Process]]:
    """Return the processes of all clusters whose folder lies directly in this one."""
    found: dict[Path, list[psutil.Process]] = {}
    for process in psutil.process_iter():
        folder = variable_of(process, FOLDER_VARIABLE)
        if folder and Path(folder).parent == root and not is_dead(process):
            found.setdefault(Path(folder), []).append(process)
    return found


def end(folder: Path, seconds: float) -> int:
    """End all processes of a cluster, by force after so many seconds; return how many there were."""
    processes = by_folder(folder.parent).get(folder, [])
    _signal(_roots(processes), "terminate")
    stubborn = _left(processes, seconds)
    _signal(stubborn, "kill")
    _left(stubborn, seconds)
    return len(processes)


def _left(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    deadline = time.monotonic() + seconds
    while processes and time.monotonic() < deadline:
        time.sleep(0.02)
        processes = [each for each in processes if not is_dead(each)]
    return processes


def _roots(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Return the launchers: they end what they forked, and bubblewrap ends with them."""
    inner = {each.pid: each.ppid() for each in processes if not is_dead(each) and each.name() != "bwrap"}
    return [each for each in processes if each.pid in inner and inner[each.pid] not in inner]


def _signal(processes: list[psutil.Process], action: str) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            getattr(process, action)()
