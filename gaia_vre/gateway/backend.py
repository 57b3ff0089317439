"""Run clusters as processes of one machine, each confined to its owner's home.

Every cluster has a folder: credentials and the control socket, which the cluster cannot
change, and ``scratch``, where its workers spill. Processes outlive a killed gateway; the next
one finds them by its database and by the folder in their environment.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dask_gateway_server.backends.db_base import JobStatus
from dask_gateway_server.backends.local import UnsafeLocalBackend
from traitlets import Dict, Float, Unicode

from gaia_vre.core.names import slug
from gaia_vre.gateway import processes
from gaia_vre.gateway.grants import Grant
from gaia_vre.gateway.launcher import SCHEDULER_PLACE
from gaia_vre.gateway.leased import Leased
from gaia_vre.gateway.limits import Limits
from gaia_vre.gateway.owned import owned
from gaia_vre.gateway.preload import WORKERS_VARIABLE
from gaia_vre.gateway.routes import add_routes
from gaia_vre.isolation.bubblewrap import Confinement, bubblewrap, confined
from gaia_vre.isolation.processes import variable_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

_CONTROL_SECONDS = 60.0
_CONTROL_BYTES = 1_000_000
# numpy reads these when it is imported, which the launcher does before any nanny could set them.
_WORKER_DEFAULTS = {
    "MALLOC_TRIM_THRESHOLD_": "65536",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


class GaiaLocalBackend(Limits, Leased, UnsafeLocalBackend):  # type: ignore[misc]
    """Clusters on this machine: forked by a launcher, confined by bubblewrap, found again after a crash.

    Notes
    -----
    UnsafeLocalBackend starts everything under the gateway's own user; the separation of users
    is bubblewrap's. LocalBackend would need root.
    """

    homes_directory = Unicode(help="Folder of the users' homes.", config=True)
    data_directories = Unicode("", help="Folders that clusters may read, separated by colons.", config=True)
    isolation = Unicode("auto", help="auto, required or off, as for labs.", config=True)
    watch_period = Float(2.0, help="Time (in seconds) between looks at the clusters' processes.", config=True)
    environment_prefixes = Dict(help="Python folders of environments other than the gateway's.", config=True)

    async def do_setup(self) -> None:
        if self.isolation == "required" and not bubblewrap():
            raise RuntimeError("labs.isolation is 'required', but bubblewrap does not work here")
        self._give_up_unbegun()  # before anything waits: the reconcilers begin then
        os.makedirs(self.clusters_directory, mode=0o700, exist_ok=True)  # noqa: PTH103
        await self._adopt_or_end()
        self.task_pool.spawn(self._watch_loop())

    async def setup(self, app: Any) -> None:
        await super().setup(app)
        add_routes(app, self)

    # What admission asks --------------------------------------------------------------------------

    def prepare(self, user: Any, options: dict[str, Any], config: Any) -> Any:
        return self.db.create_cluster(user.name, options, config.to_dict())

    async def begin(self, cluster: Any) -> None:
        self.queue.put(cluster)

    def drop(self, cluster: Any) -> None:
        # As if it had ended long ago: it goes with the next cleaning, which is now.
        self.db.update_cluster(cluster, status=JobStatus.FAILED, target=JobStatus.FAILED, stop_time=0)
        self.db.cleanup_expired(self.db_cluster_max_age)

    def give_up(self, cluster: Any) -> None:
        self.remember(cluster, Grant("held").dump())  # perhaps; giving back nothing is harmless
        self.db.update_cluster(cluster, target=JobStatus.FAILED)
        self.queue.put(cluster)

    def find(self, name: str) -> Any | None:
        return self.db.get_cluster(name)

    def known(self) -> Iterable[Any]:
        known: Iterable[Any] = self.db.name_to_cluster.values()
        return known

    def active(self) -> Iterable[Any]:
        active: Iterable[Any] = self.db.active_clusters()
        return active

    def may_run(self, cluster: Any) -> bool:
        return bool(cluster.target <= JobStatus.RUNNING)

    def is_over(self, cluster: Any) -> bool:
        return bool(cluster.status >= JobStatus.STOPPED)

    def occupied(self, cluster: Any) -> int:
        return sum(worker.status < JobStatus.STOPPED for worker in cluster.workers.values())

    def running(self, cluster: Any) -> int:
        return len(cluster.active_workers())

    def status(self, cluster: Any) -> Any:
        return cluster.model_status

    def facts(self, cluster: Any) -> dict[str, Any] | None:
        return (cluster.state or {}).get("grant")

    def remember(self, cluster: Any, facts: dict[str, Any]) -> None:
        self.db.update_cluster(cluster, state={**(cluster.state or {}), "grant": facts})

    def _give_up_unbegun(self) -> None:
        """End clusters that a killed gateway had only asked for: nobody was told their names."""
        for cluster in list(self.db.active_clusters()):
            if cluster.status == JobStatus.CREATED and self.facts(cluster) is None:
                self.give_up(cluster)

    # How it runs ----------------------------------------------------------------------------------

    async def get_cluster(self, cluster_name: str, wait: bool = False) -> Any:
        return owned(await super().get_cluster(cluster_name, wait))

    async def list_clusters(self, username: str | None = None, statuses: Any = None) -> list[Any]:
        return [owned(model) for model in await super().list_clusters(username, statuses)]

    def get_env(self, cluster: Any) -> dict[str, str]:
        folder = self._folder(cluster)
        env: dict[str, str] = {**_WORKER_DEFAULTS, **super().get_env(cluster)}
        env |= {
            "HOME": str(self._home(cluster)),
            "DASK_TEMPORARY_DIRECTORY": str(folder / "scratch"),
            WORKERS_VARIABLE: str(cluster.options.get("workers", 0)),
            processes.FOLDER_VARIABLE: str(folder),
        }
        return env

    def get_scheduler_env(self, cluster: Any) -> dict[str, str]:
        # Scheduler and workers are forked from one process, so they share one environment.
        return {**super().get_worker_env(cluster), **super().get_scheduler_env(cluster)}

    def get_scheduler_command(self, cluster: Any) -> list[str]:
        command: list[str] = super().get_scheduler_command(cluster)
        at = command.index("--preload") + 2
        return [*command[:at], "--preload", "gaia_vre.gateway.preload", "--no-dashboard", *command[at:]]

    def worker_arguments(self, worker: Any) -> list[str]:
        command = self.get_worker_command(worker.cluster, worker.name, scheduler_address=SCHEDULER_PLACE)
        arguments: list[str] = command[len(worker.cluster.config.worker_cmd) :]
        return [*arguments, "--host", f"tls://{self.default_host}", "--no-dashboard", "--death-timeout", "60"]

    def confine(self, cluster: Any, command: list[str]) -> list[str]:
        """Return the command inside bubblewrap, or as it is where bubblewrap is off or missing."""
        program = bubblewrap() if self.isolation != "off" else None
        if program is None:
            return command
        folder = self._folder(cluster)
        prefix = self.environment_prefixes.get(cluster.options.get("environment"))
        readable = [Path(each) for each in self.data_directories.split(":") if each and Path(each).exists()]
        confinement = Confinement(
            home=self._home(cluster),
            read_only=(*readable, folder / ".certs", *([Path(prefix)] if prefix else [])),
            read_write=(folder / "scratch",),
        )
        return confined(command, confinement, program)

    async def do_start_cluster(self, cluster: Any) -> AsyncIterator[dict[str, Any]]:
        await self._end(cluster.name)  # a gateway killed at this point has left a folder
        folder = Path(self.setup_working_directory(cluster))
        (folder / "scratch").mkdir(mode=0o700)
        self._home(cluster).mkdir(parents=True, exist_ok=True, mode=0o700)
        yield self._state(cluster, workdir=str(folder))
        launched = await self._launch(cluster, folder)
        yield self._state(cluster, **launched)
        for _ in range(min(cluster.options.get("workers", 0), self.grant(cluster).granted)):
            self.queue.put(self.db.create_worker(cluster))

    async def do_stop_cluster(self, cluster: Any) -> None:
        await self._end(cluster.name)

    async def do_check_clusters(self, clusters: list[Any]) -> list[bool]:
        return [processes.is_alive(cluster.state) for cluster in clusters]

    async def do_start_worker(self, worker: Any) -> AsyncIterator[dict[str, Any]]:
        await self._control(
            worker.cluster, {"op": "start", "name": worker.name, "arguments": self.worker_arguments(worker)}
        )
        yield {"started": True}

    async def do_stop_worker(self, worker: Any) -> None:
        if processes.is_alive(worker.cluster.state) and worker.cluster.target == JobStatus.RUNNING:
            await self._control(worker.cluster, {"op": "stop", "name": worker.name})

    async def do_check_workers(self, workers: list[Any]) -> list[bool]:
        running = {cluster: await self._running(cluster) for cluster in {worker.cluster for worker in workers}}
        return [worker.name in running[worker.cluster] for worker in workers]

    def _state(self, cluster: Any, **added: Any) -> dict[str, Any]:
        """Return what is known of a cluster with this added; what was granted stays."""
        cluster.state = {**(cluster.state or {}), **added}
        state: dict[str, Any] = cluster.state
        return state

    async def _launch(self, cluster: Any, folder: Path) -> dict[str, float]:
        argv = self.get_scheduler_command(cluster)
        at = len(cluster.config.scheduler_cmd)
        with _listening(folder) as control:
            command = [*argv[:at], "--control", str(control.fileno()), *argv[at:]]
            with (folder / "logs" / "cluster.log").open("xb") as log:
                process = await asyncio.create_subprocess_exec(
                    *self.confine(cluster, command),
                    cwd=folder / "scratch",
                    env=self.get_scheduler_env(cluster),
                    pass_fds=[control.fileno()],
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=asyncio.subprocess.STDOUT,
                    start_new_session=True,
                )
        return processes.identify(process.pid)

    async def _control(self, cluster: Any, request: dict[str, Any]) -> list[str]:
        async with asyncio.timeout(_CONTROL_SECONDS):
            with _Reachable(self._folder(cluster)) as path:
                reader, writer = await asyncio.open_unix_connection(path)
            try:
                writer.write(json.dumps(request).encode() + b"\n")
                await writer.drain()
                answer: list[str] = json.loads(await reader.read(_CONTROL_BYTES))
            finally:
                writer.close()
        return answer

    async def _running(self, cluster: Any) -> list[str]:
        try:
            return await self._control(cluster, {"op": "list"})
        except (OSError, ValueError):
            return []

    async def _watch_loop(self) -> None:
        while True:
            await asyncio.sleep(self.watch_period)
            try:
                self._fail_the_dead()
            except Exception:
                self.log.exception("Looking at the clusters' processes failed; trying again")

    def _fail_the_dead(self) -> None:
        for cluster in list(self.db.active_clusters()):
            if cluster.status > JobStatus.CREATED and not processes.is_alive(cluster.state):
                self.log.warning("Cluster %s of %s has died: %s", cluster.name, cluster.username, self._last(cluster))
                self.db.update_cluster(cluster, target=JobStatus.FAILED)
                self.queue.put(cluster)

    def _last(self, cluster: Any) -> str:
        try:
            lines = (self._folder(cluster) / "logs" / "cluster.log").read_text(errors="replace").splitlines()
        except OSError:
            return "no log"
        return " | ".join(lines[-3:])[-500:] or "empty log"

    async def _adopt_or_end(self) -> None:
        """Keep the clusters that a previous gateway of this run started; end all other processes."""
        instance = os.environ.get("GAIA_VRE_INSTANCE")
        root = Path(self.clusters_directory)
        found = await asyncio.to_thread(processes.by_folder, root)
        kept = {cluster.name for cluster in self.db.active_clusters() if cluster.status < JobStatus.CLOSING}
        for folder, members in found.items():
            strangers = [member for member in members if variable_of(member, "GAIA_VRE_INSTANCE") != instance]
            if folder.name not in kept or strangers:
                self.log.warning("Ending %d processes left over from cluster %s", len(members), folder.name)
                await asyncio.to_thread(processes.end, folder, self.sigterm_timeout)
        self._fail_the_dead()
        for name in os.listdir(root):  # noqa: PTH208
            if name not in kept:
                shutil.rmtree(root / name, ignore_errors=True)

    async def _end(self, name: str) -> None:
        folder = Path(self.clusters_directory) / name
        await asyncio.to_thread(processes.end, folder, self.sigterm_timeout)
        self.cleanup_working_directory(str(folder))

    def _folder(self, cluster: Any) -> Path:
        return Path(str(self.clusters_directory)) / str(cluster.name)

    def _home(self, cluster: Any) -> Path:
        return Path(str(self.homes_directory)) / slug(cluster.username)


def _listening(folder: Path) -> socket.socket:
    """Return a socket that listens in this folder; the launcher inherits it."""
    listener = socket.socket(socket.AF_UNIX)
    with _Reachable(folder) as path:
        listener.bind(path)
    listener.listen(64)
    return listener


class _Reachable:
    """The control socket's path through an open folder: Unix socket paths end at 107 bytes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> str:
        self._descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        return f"/proc/self/fd/{self._descriptor}/control"

    def __exit__(self, *error: object) -> None:
        os.close(self._descriptor)
