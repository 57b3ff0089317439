"""Memory and processor limits of one server, by control groups where this machine lets us.

Version 1 needs a writable memory and cpu hierarchy; version 2 a delegated group with both
controllers. Where neither is there, `limits_work` says so and nothing is limited.
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

_MOUNT = Path("/sys/fs/cgroup")
_PERIOD_MICROSECONDS = 100_000
_ENTER = 'while [ "$1" != -- ]; do echo 0 > "$1/cgroup.procs"; shift; done; shift; exec "$@"'


@dataclass(frozen=True)
class LimitGroup:
    """The control groups of one server: one folder (version 2) or one for each controller."""

    folders: tuple[Path, ...]

    def entered_by(self, command: list[str]) -> list[str]:
        """Return the command that first moves itself into the group, so nothing it starts escapes."""
        return ["/bin/sh", "-c", _ENTER, "enter", *map(str, self.folders), "--", *command]

    def memory_kills(self) -> int:
        """Return how many processes the kernel killed here for want of memory."""
        for folder in self.folders:
            for name in ("memory.events", "memory.oom_control"):
                with contextlib.suppress(OSError):
                    counts = dict(line.split() for line in (folder / name).read_text().splitlines())
                    return int(counts.get("oom_kill", 0))
        return 0

    def remove(self) -> None:
        """Remove the group once it is empty; the kernel needs a moment after the last exit."""
        for folder in self.folders:
            for _ in range(20):
                with contextlib.suppress(FileNotFoundError):
                    try:
                        folder.rmdir()
                    except OSError:
                        time.sleep(0.01)
                        continue
                break


def limits_work(instance: str) -> bool:
    """Whether groups with memory and processor limits can be made here."""
    return bool(_parents(instance))


def limit_group(
    instance: str, name: str, cores: float, memory_gib: float, processes: int | None = None
) -> LimitGroup | None:
    """Make the group of one server, or return None where this machine does not let us.

    Parameters
    ----------
    instance
        Mark of the environment; groups of one instance stand together.
    name
        Folder name of the server, unique in the instance.
    cores, memory_gib
        Limits; memory counts the page cache of the server's own files, as the kernel does.
    processes
        Most processes and threads, where this machine can count them.
    """
    folders = []
    for parent in (*_parents(instance), *(_counting(instance) if processes else ())):
        folder = parent / name
        try:
            folder.mkdir(exist_ok=True)
            _write_limits(folder, cores, memory_gib)
            _write_count(folder, processes)
        except OSError:
            return None
        folders.append(folder)
    return LimitGroup(tuple(folders)) if folders else None


def existing_group(instance: str, name: str) -> LimitGroup | None:
    """Return the group that a server was started in before the hub came back."""
    parents = (*_parents(instance), *_counting(instance, make=False))
    folders = tuple(parent / name for parent in parents if (parent / name).is_dir())
    return LimitGroup(folders) if folders else None


def remove_groups(instance: str) -> None:
    """Remove every empty group of this instance."""
    for parent in (*_parents(instance), *_counting(instance, make=False)):
        for folder in [child for child in parent.iterdir() if child.is_dir()]:
            LimitGroup((folder,)).remove()
        LimitGroup((parent,)).remove()


def _write_limits(folder: Path, cores: float, memory_gib: float) -> None:
    limit = str(int(memory_gib * 2**30))
    quota = str(int(cores * _PERIOD_MICROSECONDS))
    if (folder / "memory.max").exists():
        (folder / "memory.max").write_text(limit)
        (folder / "cpu.max").write_text(f"{quota} {_PERIOD_MICROSECONDS}")
    elif (folder / "memory.limit_in_bytes").exists():
        (folder / "memory.limit_in_bytes").write_text(limit)
    elif (folder / "cpu.cfs_period_us").exists():
        (folder / "cpu.cfs_period_us").write_text(str(_PERIOD_MICROSECONDS))
        (folder / "cpu.cfs_quota_us").write_text(quota)


def _write_count(folder: Path, processes: int | None) -> None:
    if processes and (folder / "pids.max").exists():
        (folder / "pids.max").write_text(str(processes))


def _counting(instance: str, *, make: bool = True) -> tuple[Path, ...]:
    """Return where version 1 counts processes; version 2 does it in the same groups as all else."""
    path = _own_groups().get("pids")
    base = _MOUNT / "pids" / (path or "").lstrip("/")
    parent = base / f"gaia-vre-{instance}"
    if path is None or not (base / "cgroup.procs").exists() or not os.access(base, os.W_OK):
        return ()
    return _made([parent]) if make else ((parent,) if parent.is_dir() else ())


def _parents(instance: str) -> tuple[Path, ...]:
    return _version_2(instance) or _version_1(instance)


def _version_1(instance: str) -> tuple[Path, ...]:
    own = _own_groups()
    parents = []
    for controller in ("memory", "cpu"):
        base = _MOUNT / controller / own.get(controller, "/").lstrip("/")
        if not (base / "cgroup.procs").exists() or not os.access(base, os.W_OK):
            return ()
        parents.append(base / f"gaia-vre-{instance}")
    return _made(parents)


def _version_2(instance: str) -> tuple[Path, ...]:
    own = _own_groups().get("")
    if own is None:
        return ()
    # Groups with processes in them give no controllers to their children, so ours stand beside us.
    base = (_MOUNT / own.lstrip("/")).parent
    try:
        controllers = (base / "cgroup.subtree_control").read_text().split()
    except OSError:
        return ()
    if not {"memory", "cpu"} <= set(controllers) or not os.access(base, os.W_OK):
        return ()
    parents = _made([base / f"gaia-vre-{instance}"])
    for parent in parents:
        with contextlib.suppress(OSError):
            (parent / "cgroup.subtree_control").write_text("+memory +cpu")
        with contextlib.suppress(OSError):
            (parent / "cgroup.subtree_control").write_text("+pids")
    return parents


def _made(parents: list[Path]) -> tuple[Path, ...]:
    try:
        for parent in parents:
            parent.mkdir(exist_ok=True)
    except OSError:
        return ()
    return tuple(parents)


def _own_groups() -> dict[str, str]:
    """Return the path of this process's group by controller; '' stands for version 2."""
    groups: dict[str, str] = {}
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            groups.update(dict.fromkeys(controllers.split(","), path))
    return groups
