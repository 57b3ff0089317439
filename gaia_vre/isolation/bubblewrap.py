"""Run a command that sees only its own home, the data and the system's programs."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt")
_CONFIGURATION = (
    "/etc/alternatives",
    "/etc/ca-certificates",
    "/etc/fonts",
    "/etc/hosts",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/nsswitch.conf",
    "/etc/resolv.conf",
    "/etc/ssl",
)
_SCRATCH = ("/tmp", "/var/tmp")  # noqa: S108 - mount points inside the confinement

_SCRATCH_BYTES = 2**30
"""Most that each of them holds in a confinement that is apart; it is memory."""


@dataclass(frozen=True)
class Confinement:
    """What a confined process may see besides the system's programs and its Python."""

    home: Path
    """Read and write; also the working folder and $HOME."""
    read_only: tuple[Path, ...] = ()
    read_write: tuple[Path, ...] = ()
    placed: tuple[tuple[Path, Path], ...] = ()
    """What is seen, read and write, at another place than its own."""
    apart: bool = False
    """With a network of its own, and so that it dies with its parent."""


@functools.cache
def bubblewrap() -> str | None:
    """Return the path of a bubblewrap that works here, or None."""
    program = shutil.which("bwrap")
    if program is None:
        return None
    trial = [
        program,
        "--unshare-user",
        "--unshare-pid",
        "--ro-bind",
        "/",
        "/",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "true",
    ]
    try:
        worked = subprocess.run(trial, capture_output=True, timeout=10, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return None
    return program if worked else None


def confined(command: list[str], confinement: Confinement, program: str) -> list[str]:
    """Return the argument list that runs the command inside bubblewrap.

    The process gets user, PID, IPC and host-name namespaces of its own, a fresh /tmp and
    /proc, and uid 1000; unless it is to be apart it shares the network. All paths keep their names, so what a user
    sees in a message is what an operator sees on disk.
    """
    argv = [program, "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    argv += ["--uid", "1000", "--gid", "1000", "--hostname", "gaia", "--cap-drop", "ALL"]
    argv += ["--proc", "/proc", "--dev", "/dev", "--dir", "/run", "--dir", "/var"]
    for mount in (*_SCRATCH, *(("/dev/shm",) if confinement.apart else ())):  # noqa: S108 - inside
        argv += [*(("--size", str(_SCRATCH_BYTES)) if confinement.apart else ()), "--tmpfs", mount]
    for system_path in (*_SYSTEM, *_CONFIGURATION):
        if Path(system_path).is_symlink():
            argv += ["--symlink", str(Path(system_path).readlink()), system_path]
        else:
            argv += ["--ro-bind-try", system_path, system_path]
    for folder in (*python_folders(), *confinement.read_only):
        argv += ["--ro-bind", str(folder), str(folder)]
    for folder in (confinement.home, *confinement.read_write):
        argv += ["--bind", str(folder), str(folder)]
    for folder, place in confinement.placed:
        argv += ["--bind", str(folder), str(place)]
    if confinement.apart:
        argv += ["--unshare-net", "--die-with-parent", "--new-session", "--disable-userns"]
        # What is written to these would be memory that nobody counts.
        argv += ["--remount-ro", "/dev", "--remount-ro", "/"]
    return [*argv, "--chdir", str(confinement.home), "--", *command]


@functools.cache
def python_folders() -> tuple[Path, ...]:
    """Return what this Python needs to run: its environment, its base and an editable checkout."""
    package = Path(__file__).resolve().parent.parent
    wanted = {Path(sys.prefix).resolve(), Path(sys.base_prefix).resolve(), Path(sys.prefix).absolute(), package}
    return tuple(
        folder
        for folder in sorted(wanted)
        if not any(folder.is_relative_to(system) for system in _SYSTEM)
        and not any(folder != other and folder.is_relative_to(other) for other in wanted)
    )
