"""Start labs as processes of one machine, each in its own home, view and limits."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import psutil
from jupyterhub.spawner import SimpleLocalProcessSpawner
from jupyterhub.utils import random_port, url_escape_path, url_path_join

from gaia_vre.core.errors import InvalidInput
from gaia_vre.core.kinds import SANDBOX_SERVER, kind_of
from gaia_vre.core.names import slug
from gaia_vre.core.settings import load_settings
from gaia_vre.core.state import StateFolder
from gaia_vre.hub import pool, steps
from gaia_vre.hub.choices import Choice, choose
from gaia_vre.hub.launch import examples_folder, gaia_environment, isolated, isolation_program, lab_command
from gaia_vre.hub.refusal import Refusal
from gaia_vre.hub.rooms import Opening, Room, open_room
from gaia_vre.hub.sandbox_rooms import enclosure_of, end_told, folder_of, tell_end
from gaia_vre.isolation.limits import existing_group, limit_group
from gaia_vre.isolation.processes import INSTANCE_VARIABLE, SERVER_VARIABLE, end, end_marked, is_dead, workload

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from gaia_vre.isolation.enclosure import Enclosure

_PORT_LOOKS_SECONDS = 0.02
_STOP_SECONDS = 10.0
_KEPT = ("LANG", "LC_ALL", "PATH", "SSL_CERT_FILE", "TZ")


class LocalSpawner(SimpleLocalProcessSpawner):  # type: ignore[misc]
    """A lab as a process: isolated by bubblewrap, limited by control groups, found again after a hub restart.

    `start` returns when the lab's port answers, so the hub's own polling, which backs off,
    finds it at its first look.
    """

    started: float | None = None
    """Creation time of the process: a process id alone may have been given to another."""
    end_reason: str | None = None
    lease: str | None = None
    """What this start has reserved; set before it and taken away after its end."""
    granted: Mapping[str, Any] = MappingProxyType({})
    """What the service answered when it admitted this start; empty where it was silent."""
    room: Room | None = None
    """What this start runs in."""
    refused: bool = False
    """The last start was refused: there is no end to tell of."""
    ran: bool = False
    """It has answered: what never did costs nothing."""
    step_names = steps.LOCAL
    api_token: str

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self.settings = load_settings()
        self.folder = StateFolder(self.settings.state)
        self.examples = examples_folder(self.settings)
        self.env_keep = list(_KEPT)

    # What it is ---------------------------------------------------------------------------------

    @property
    def mark(self) -> str:
        """The name that every process of this server carries."""
        if self._sandbox:
            return pool.mark(self.instance, self.name)
        return f"{self.instance}/{self.user.name}/{self.name}"

    @property
    def instance(self) -> str:
        return os.environ.get(INSTANCE_VARIABLE, "")

    def _default_home_dir(self) -> str:
        return str(self.folder.home(self.user.name))

    def user_env(self, env: dict[str, str]) -> dict[str, str]:
        home = str(self._home)
        return env | {"USER": self.user.name, "HOME": home, "SHELL": "/bin/bash"}

    def get_env(self) -> dict[str, str]:
        env: dict[str, str] = super().get_env()
        env |= gaia_environment(self.settings, self.folder, self.examples, env["JUPYTERHUB_SERVICE_PREFIX"])
        if self.lease:
            env["GAIA_VRE_LEASE"] = self.lease
        env |= self.room.environment if self.room else {}
        if enclosure := self._enclosure():
            env |= enclosure.environment
        return env | {INSTANCE_VARIABLE: self.instance, SERVER_VARIABLE: self.mark}

    # Start --------------------------------------------------------------------------------------

    async def start(self) -> tuple[str, int]:
        choice = self._choice()
        self._apply(choice)
        self.end_reason, self.ran = None, False
        if not await self._adopted(choice):
            await self._started(choice)
        steps.note(self, steps.CONTAINER)
        await self._until_it_answers()
        self.ran = True
        steps.note(self, steps.LAB)
        return "127.0.0.1", self.port

    async def _started(self, choice: Choice) -> None:
        """Start a process of its own."""
        loop = asyncio.get_running_loop()
        # A hub that was killed while starting this server has forgotten its process.
        await loop.run_in_executor(None, end_marked, SERVER_VARIABLE, self.mark, 1.0)
        room = self.room = await loop.run_in_executor(None, self._open_room)
        self.port = random_port()
        command = [*lab_command(choice.environment, room.module), *self.get_args(), *room.arguments]
        enclosure = self._enclosure()
        command = enclosure.inside(command, self.port) if enclosure else command
        self._launch(isolated(command, room.confinement, self.folder, self.examples, self.settings), room.home, choice)

    async def _adopted(self, choice: Choice) -> bool:
        """Let a sandbox that was started ahead be this one, if the service has chosen such."""
        folder = self._sandbox
        member = pool.taken(folder.name, choice) if folder else None
        if folder is None or member is None:
            return False
        room = self.room = await asyncio.get_running_loop().run_in_executor(None, self._open_room)
        self.port = member.port
        arguments = [*self.get_args(), *room.arguments]
        if not member.become(folder, self.user.name, arguments, self.get_env()):
            return False
        with contextlib.suppress(FileNotFoundError):
            self.folder.lab_log("", self.name).rename(self._log)
        self._note_process(member.process)
        return True

    def _choice(self) -> Choice:
        try:
            return choose(self.settings.labs, self.user_options)
        except InvalidInput as error:
            raise Refusal(error.message, reason="options", status=400) from error

    def _apply(self, choice: Choice) -> None:
        self.cpu_limit = choice.size.cores
        self.mem_limit = int(choice.size.memory_gib * 2**30)

    def _launch(self, command: list[str], home: Path, choice: Choice) -> None:
        enclosure = self._enclosure()
        processes = enclosure.processes if enclosure else None
        size = choice.size
        group = limit_group(self.instance, self._group_name, size.cores, size.memory_gib, processes)
        command = group.entered_by(command) if group else command
        if enclosure:
            command = enclosure.kept(command, self.port, group.folders if group else ())
        with self._log.open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=home,
                env=self.get_env(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._note_process(process)

    def _note_process(self, process: subprocess.Popen[bytes]) -> None:
        self.proc, self.pid = process, process.pid
        self.started = psutil.Process(self.pid).create_time()

    async def _until_it_answers(self) -> None:
        deadline = time.monotonic() + self.start_timeout
        while time.monotonic() < deadline:
            if await self.poll() is not None:
                raise Refusal(f"The lab ended while it started: {self._last_words()}", reason="exited", status=500)
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                await asyncio.sleep(_PORT_LOOKS_SECONDS)
                continue
            writer.close()
            return

    def progress(self) -> AsyncIterator[dict[str, Any]]:
        return steps.progress(self)

    # Watch and stop -----------------------------------------------------------------------------

    async def poll(self) -> int | None:
        process = self._process()
        if process is not None and not is_dead(process):
            return None
        status = self.proc.poll() if self.proc is not None else 0
        if self.pid:
            self.pid = 0  # another look meanwhile has nothing more to note
            await asyncio.get_running_loop().run_in_executor(None, self._note_end, status)
            token = self.api_token
            self.clear_state()
            self.api_token = token  # by it the hub finds the token to end, which else outlives the server
        return status if status is not None else 0

    async def stop(self, now: bool = False) -> None:
        """End the server: asked first, killed with everything it started after 10 s."""
        process = self._process()
        if process is None:
            return
        inside = workload(process.pid)
        loop = asyncio.get_running_loop()
        if inside is not None and not now:
            with contextlib.suppress(psutil.NoSuchProcess):
                inside.send_signal(signal.SIGTERM)
            await loop.run_in_executor(None, psutil.wait_procs, [process], _STOP_SECONDS)
        await loop.run_in_executor(None, end, [process], 0.0)
        await loop.run_in_executor(None, end_marked, SERVER_VARIABLE, self.mark, 0.0)
        if self.proc is not None:
            self.proc.poll()
        self._compare_ends()
        if group := existing_group(self.instance, self._group_name):
            await loop.run_in_executor(None, group.remove)

    def run_post_stop_hook(self) -> Any:
        """End what tokens are left of this server, then call the hook.

        JupyterHub 6.1 ends the one that it remembers, and after a restart it remembers none.
        """
        note = f"Server at {url_path_join(self.user.base_url, url_escape_path(self.name), '/')}"
        for token in [one for one in self.user.orm_user.api_tokens if one.note == note]:
            self.user.db.delete(token)
        self.user.db.commit()
        return super().run_post_stop_hook()

    def _process(self) -> psutil.Process | None:
        """Return the running process of this server, not another that got its id."""
        if not self.pid:
            return None
        try:
            process = psutil.Process(self.pid)
            same = self.started is None or abs(process.create_time() - self.started) < 1
        except psutil.NoSuchProcess:
            return None
        return process if same else None

    def _note_end(self, status: int | None) -> None:
        """Remember why the server ended, for the person who finds it stopped."""
        group = existing_group(self.instance, self._group_name)
        if group is not None and group.memory_kills():
            self.end_reason = "memory"
        elif status:
            self.end_reason = "crashed"
        self._compare_ends()
        if group is not None:
            group.remove()

    def _compare_ends(self) -> None:
        """Take the word of a sandbox's keeper for why it ended, or leave ours."""
        if self._sandbox is None:
            return
        if told := end_told(self._sandbox):
            self.end_reason = told
        else:
            tell_end(self._sandbox, self.end_reason or "asked")

    # State that outlives the hub ----------------------------------------------------------------

    def get_state(self) -> dict[str, Any]:
        state: dict[str, Any] = super().get_state()
        if self.lease:
            state["lease"] = self.lease
        state["steps"] = steps.done(self)
        return state | {"started": self.started, "ran": self.ran} if self.pid else state

    def load_state(self, state: dict[str, Any]) -> None:
        super().load_state(state)
        self.started = state.get("started")
        self.lease, self.ran = state.get("lease"), bool(state.get("ran"))

    def clear_state(self) -> None:
        super().clear_state()
        self.started = None

    # Files --------------------------------------------------------------------------------------

    def _open_room(self) -> Room:
        bound = isolation_program(self.settings) is not None
        return open_room(
            Opening(self.user.name, self.name, self.folder, self.granted, self.settings.project_folders, bound)
        )

    @property
    def _sandbox(self) -> Path | None:
        """The folder of the sandbox that this is."""
        sandbox = kind_of(self.user.name, self.name) == "sandbox"
        return folder_of(self.folder, self.name) if sandbox and self.name.startswith(SANDBOX_SERVER) else None

    def _enclosure(self) -> Enclosure | None:
        folder = self._sandbox
        return enclosure_of(self.settings, folder, self.user.name, self.name) if folder else None

    @property
    def _home(self) -> Path:
        return self.room.home if self.room else self.folder.home(self.user.name)

    @property
    def _group_name(self) -> str:
        return slug(self.name if self._sandbox else f"{self.user.name}/{self.name}")

    @property
    def _log(self) -> Path:
        """The output of the lab; begun anew at each start, only operators read it."""
        log = self.folder.lab_log(self.user.name, self.name)
        log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return log

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines()[-50:]
        return next((line.strip() for line in reversed(lines) if line.strip()), "it wrote nothing")[:300]
