"""Start a kernel from the spare interpreter when there is one."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from gaia_vre.lab import spare

if TYPE_CHECKING:
    from jupyter_client.connect import KernelConnectionInfo

_UNDERSTOOD = {"cwd", "env", "kernel_id", "extra_arguments"}
_CHANNELS = ("shell", "iopub", "control")


class PreparedProvisioner(LocalProvisioner):
    """Kernels as local processes, the first from the spare, each returned when it can be reached."""

    async def launch_kernel(self, cmd: list[str], **options: Any) -> KernelConnectionInfo:
        if not self._use_spare(cmd, options):
            await super().launch_kernel(cmd, **options)
        await self._reachable()
        return self.connection_info

    def _use_spare(self, command: list[str], options: dict[str, Any]) -> bool:
        """Return whether the spare has become this kernel."""
        if not options.keys() <= _UNDERSTOOD:
            return False
        folder = str(options.get("cwd") or Path.cwd())
        environment = {**options["env"], "JPY_PARENT_PID": str(os.getpid())}
        process = spare.take(command, folder, environment)
        if process is None:
            return False
        # The spare leads a session and a process group of its own, as every kernel does.
        self.process, self.pid, self.pgid, self.cwd = process, process.pid, process.pid, folder
        return True

    async def _reachable(self, seconds: float = 20) -> None:
        """Wait for the kernel's sockets.

        Whoever connects to a socket that is not there yet tries again after 100 ms, and the
        server asks again after 500 ms whether the kernel is alive.
        """
        if self.connection_info["transport"] != "ipc":
            return
        wanted = [Path(f"{self.connection_info['ip']}-{self.connection_info[f'{c}_port']}") for c in _CHANNELS]  # type: ignore[literal-required]
        deadline = time.monotonic() + seconds
        while not all(path.exists() for path in wanted) and time.monotonic() < deadline:
            if await self.poll() is not None:
                return
            await asyncio.sleep(0.005)
