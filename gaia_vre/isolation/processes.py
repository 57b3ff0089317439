"""Find and end the processes of one environment or one server, by a mark in their environment."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import TYPE_CHECKING

import psutil

from gaia_vre.isolation.keep import NAME as KEEPER

if TYPE_CHECKING:
    from collections.abc import Iterable

INSTANCE_VARIABLE = "GAIA_VRE_INSTANCE"
"""Set in every process of one state folder."""

SERVER_VARIABLE = "GAIA_VRE_SERVER"
"""Set in every process of one hub server: ``instance/user/server name``."""

_WRAPPERS = ("bwrap", KEEPER)
"""Processes that stand around a lab."""


def marked(variable: str, value: str) -> list[psutil.Process]:
    """Return the processes that carry this mark, without this one and those it descends from."""
    own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    return [
        process
        for process in psutil.process_iter()
        if process.pid not in own and variable_of(process, variable) == value
    ]


def end(processes: Iterable[psutil.Process], grace_seconds: float) -> None:
    """Ask the processes to stop, then kill what is left, with all their descendants.

    bubblewrap would die of the signal before what it confines, so it is not asked.
    """
    family = _with_descendants(processes)
    for process in family:
        if not _is_wrapper(process):
            _signal(process, signal.SIGTERM)
    psutil.wait_procs(family, timeout=grace_seconds)
    for process in _with_descendants(family):
        _signal(process, signal.SIGKILL)
    psutil.wait_procs(family, timeout=5)


def end_marked(variable: str, value: str, grace_seconds: float, keep: Iterable[int] = ()) -> int:
    """End every process with this mark; look again until none is left. Return how many were found."""
    kept = set(keep)
    found: set[int] = set()
    for _ in range(50):
        left = [process for process in marked(variable, value) if process.pid not in kept and not is_dead(process)]
        if not left:
            break
        found.update(process.pid for process in left)
        end(left, grace_seconds)
        grace_seconds = 0
        time.sleep(0.05)
    return len(found)


def workload(pid: int) -> psutil.Process | None:
    """Return what runs inside the wrapper with this process id: the process to send signals to."""
    try:
        process = psutil.Process(pid)
        while _is_wrapper(process):
            children = process.children()
            if not children:
                return None
            process = children[0]
    except psutil.NoSuchProcess:
        return None
    return process


def variable_of(process: psutil.Process, name: str) -> str | None:
    """Return a variable of a process's environment, or None when it has none or has gone."""
    try:
        value: str | None = process.environ().get(name)
    except (psutil.Error, OSError):
        return None
    return value


def is_dead(process: psutil.Process) -> bool:
    """Whether the process is gone, or only waits to be reaped."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _is_wrapper(process: psutil.Process) -> bool:
    try:
        return process.name() in _WRAPPERS
    except psutil.NoSuchProcess:
        return False


def _with_descendants(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    family = {process.pid: process for process in processes}
    for process in list(family.values()):
        with contextlib.suppress(psutil.NoSuchProcess):
            family.update((child.pid, child) for child in process.children(recursive=True))
    return list(family.values())


def _signal(process: psutil.Process, number: int) -> None:
    with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        process.send_signal(number)
