"""A kernel's interpreter made ready while the lab's server is still starting.

Importing IPython takes most of a kernel's start, and at that moment the machine's other
core is idle. The spare is used only where a kernel started now would be the same: same
command, same interpreter variables, no package installed since.
"""

from __future__ import annotations

import json
import os
import site
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KERNEL_COMMAND = ("-m", "ipykernel_launcher")
UNUSED_SECONDS = 600
"""After this a spare that nobody asked for gives its memory back."""

_READ_AT_START = ("PYTHON", "PYDEVD_", "LD_", "MALLOC_", "LC_", "LANG", "HOME")
"""Beginnings of variables that an interpreter or a module reads before a kernel's orders come."""


@dataclass(frozen=True)
class Spare:
    """A waiting interpreter and what it was started with."""

    process: subprocess.Popen[bytes]
    environment: dict[str, str]
    packages: tuple[tuple[str, int], ...]

    @classmethod
    def start(cls, environment: Mapping[str, str]) -> Spare:
        """Start an interpreter in a session of its own, as kernels are."""
        program = Path(__file__).with_name("warm.py")
        # ipykernel reads at import whom to follow into death.
        variables = {**environment, "JPY_PARENT_PID": str(os.getpid())}
        process = subprocess.Popen(
            [sys.executable, str(program)], stdin=subprocess.PIPE, env=variables, start_new_session=True
        )
        return cls(process, dict(environment), _package_folders())

    def fits(self, command: Sequence[str], environment: Mapping[str, str]) -> bool:
        """Tell whether a kernel started now by this command would be no different."""
        return (
            tuple(command[:3]) == (sys.executable, *KERNEL_COMMAND)
            and self.process.poll() is None
            and _early(environment) == _early(self.environment)
            and _package_folders() == self.packages
        )

    def become(self, arguments: Sequence[str], folder: str, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Let the interpreter be the kernel; its standard input is closed, as any kernel's."""
        orders = {"arguments": list(arguments), "folder": folder, "environment": dict(environment)}
        if self.process.stdin:
            self.process.stdin.write(json.dumps(orders).encode() + b"\n")
            self.process.stdin.close()
        return self.process

    def discard(self) -> None:
        """End the interpreter; it leaves by itself at the end of its input."""
        if self.process.stdin and not self.process.stdin.closed:
            self.process.stdin.close()
        self.process.wait()


_waiting: list[Spare] = []
"""At most one: that of this server."""


def prepare() -> None:
    """Start the spare of this server, if it has none yet."""
    if not _waiting:
        _waiting.append(Spare.start(os.environ))


def take(command: Sequence[str], folder: str, environment: Mapping[str, str]) -> subprocess.Popen[bytes] | None:
    """Return the kernel that the spare has become, or None when it is used or does not fit."""
    if not _waiting:
        return None
    spare = _waiting.pop()
    try:
        if spare.fits(command, environment):
            return spare.become(command[3:], folder, environment)
    except BrokenPipeError:
        return None
    spare.discard()
    return None


def discard() -> None:
    """End a spare that nobody has asked for."""
    while _waiting:
        _waiting.pop().discard()


def _early(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(_READ_AT_START)}


def _package_folders() -> tuple[tuple[str, int], ...]:
    """Return the folders that packages are installed to, each with the time of its last change."""
    folders = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), site.getusersitepackages()}
    return tuple((folder, _changed(folder)) for folder in sorted(folders))


def _changed(folder: str) -> int:
    try:
        return Path(folder).stat().st_mtime_ns
    except OSError:
        return 0
