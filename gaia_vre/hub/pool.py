"""Sandboxes started ahead: closed in, with all imported, an empty home and nobody's token; each serves one start.

A member hangs on a pipe of this hub: when the hub is gone, however it went, the member reads the end of it and ends.
Its folder is marked as waiting, and the mark is refreshed for as long as the member lives; what the service claims has
the mark no more, and is the service's from then on.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import secrets
import subprocess
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psutil
from jupyterhub.utils import random_port

from gaia_vre.core.kinds import SANDBOX_SERVER
from gaia_vre.core.names import slug
from gaia_vre.core.state import StateFolder
from gaia_vre.hub.choices import Choice, choose
from gaia_vre.hub.launch import examples_folder, isolated, isolation_program, lab_command
from gaia_vre.hub.sandbox_rooms import enclosure_of
from gaia_vre.isolation.bubblewrap import Confinement
from gaia_vre.isolation.keeper import OWNER, WAITING
from gaia_vre.isolation.limits import existing_group, limit_group
from gaia_vre.isolation.processes import INSTANCE_VARIABLE, SERVER_VARIABLE
from gaia_vre.sandboxes.folders import Folders

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gaia_vre.core.settings import Settings

_LOOK_SECONDS = 1.0
_CALM_SECONDS = 3.0
"""After a start nothing is started ahead for so long: the processors are that start's."""
_OLDEST_SECONDS = 1800.0
_REPAIR_SECONDS = 30.0
"""After one that ended by itself."""
_SPARED_BYTES = 2**30
"""With less memory than this to be had, nothing is started ahead."""
_KEPT = ("LANG", "LC_ALL", "PATH", "SSL_CERT_FILE", "TZ")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Member:
    """A lab that waits to be somebody's."""

    number: str
    choice: Choice
    port: int
    process: subprocess.Popen[bytes]
    began: float

    def become(self, folder: Path, username: str, arguments: Sequence[str], environment: Mapping[str, str]) -> bool:
        """Let it be this person's; False when it has died meanwhile."""
        (folder / OWNER).write_text(username)
        orders = json.dumps({"arguments": list(arguments), "environment": dict(environment)})
        if self.process.stdin is None or self.process.poll() is not None:
            return False
        try:
            with self.process.stdin as way:
                way.write(orders.encode() + b"\n")
        except BrokenPipeError:
            return False
        return True

    def end(self) -> None:
        """Let it read the end of its orders, and not wait for it."""
        if self.process.stdin is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()


@dataclass
class Pool:
    """The sandboxes of one hub that wait to be somebody's.

    Parameters
    ----------
    instance
        Mark of the environment.
    """

    settings: Settings
    instance: str
    examples: Path
    members: dict[str, Member] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _next: float = 0.0

    @property
    def folder(self) -> StateFolder:
        return StateFolder(self.settings.state)

    @property
    def folders(self) -> Folders:
        return Folders(self.folder.sandboxes)

    def begin(self) -> None:
        """Disown what an earlier hub has left: it has ended with that hub, and the service takes its files away."""
        for folder in self.folder.sandboxes.glob("*"):
            (folder / WAITING).unlink(missing_ok=True)
            self._log(folder.name).unlink(missing_ok=True)  # what became somebody's has another

    def step(self) -> None:
        """Forget what has ended or is somebody's, end what is old or too many, and start one where one is missing."""
        now = time.monotonic()
        for member in list(self.members.values()):
            self._look_after(member, now)
        waiting = [one for one in self.members.values() if self._mark(one.number).exists()]
        for member in waiting[self.settings.sandboxes.pool :]:
            self._discard(member)
        if len(waiting) < self.settings.sandboxes.pool and now >= self._next and self._has_room():
            self._start()

    def take(self, number: str, choice: Choice) -> Member | None:
        """Return the member of this number for the start of a server; nobody gets it again."""
        with self._lock:
            member = self.members.pop(number, None)
        self._next = time.monotonic() + _CALM_SECONDS
        if member is None:
            return None
        if (member.choice.size, member.choice.environment) == (choice.size, choice.environment):
            return member
        member.end()
        return None

    def _look_after(self, member: Member, now: float) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.utime(self._mark(member.number))
        if member.process.poll() is not None:
            log.warning("The sandbox %s, which nobody had yet, has ended by itself", member.number)
            self._next = now + _REPAIR_SECONDS
            self._discard(member)
        elif now - member.began > _OLDEST_SECONDS:
            self._discard(member)

    def _discard(self, member: Member) -> None:
        """End a member, unless the service has claimed it meanwhile."""
        try:
            self._mark(member.number).unlink()
        except FileNotFoundError:
            if member.process.poll() is not None:  # its files are the service's, which starts another in them
                self._forget(member)
                self._log(member.number).unlink(missing_ok=True)
            return
        self._forget(member)
        member.end()
        member.process.kill()  # the keeper, and with it all that it keeps
        member.process.wait()
        if group := existing_group(self.instance, _group_name(member.number)):
            group.remove()
        self._log(member.number).unlink(missing_ok=True)
        self.folders.remove(member.number)

    def _forget(self, member: Member) -> None:
        with self._lock:
            self.members.pop(member.number, None)

    def _has_room(self) -> bool:
        """Tell whether one can be started ahead here without taking the memory that labs need."""
        return isolation_program(self.settings) is not None and psutil.virtual_memory().available > _SPARED_BYTES

    def _start(self) -> None:
        number = secrets.token_hex(4)
        home = self.folders.make(number)
        (home.parent / "deadline").write_text(f"{time.time() + 2 * _OLDEST_SECONDS:.0f}")
        member = self._launched(number, home)
        with self._lock:
            self.members[number] = member
        (home.parent / WAITING).touch()

    def _launched(self, number: str, home: Path) -> Member:
        settings, size = self.settings, self.settings.sandboxes.size
        choice, port = choose(settings.labs, {"size": size} if size else {}), random_port()
        enclosure = enclosure_of(settings, home.parent, "", f"{SANDBOX_SERVER}{number}")
        lab = [*lab_command(choice.environment)[:-1], "gaia_vre.lab.waiting"]
        command = isolated(
            enclosure.inside(lab, port), Confinement(home, apart=True), self.folder, self.examples, settings
        )
        group = limit_group(
            self.instance, _group_name(number), choice.size.cores, choice.size.memory_gib, enclosure.processes
        )
        command = group.entered_by(command) if group else command
        output = self._log(number)
        output.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with output.open("wb") as out:
            process = subprocess.Popen(
                enclosure.kept(command, port, group.folders if group else ()),
                cwd=home,
                env=self._environment(number, home),
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return Member(number, choice, port, process, time.monotonic())

    def _environment(self, number: str, home: Path) -> dict[str, str]:
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        marks = {INSTANCE_VARIABLE: self.instance, SERVER_VARIABLE: mark(self.instance, f"{SANDBOX_SERVER}{number}")}
        return kept | {"HOME": str(home), "SHELL": "/bin/bash"} | marks

    def _mark(self, number: str) -> Path:
        return self.folder.sandboxes / number / WAITING

    def _log(self, number: str) -> Path:
        return self.folder.lab_log("", f"{SANDBOX_SERVER}{number}")


def mark(instance: str, server: str) -> str:
    """Return the name that every process of a sandbox carries; no two sandboxes of anybody have the same."""
    return f"{instance}//{server}"


def _group_name(number: str) -> str:
    return slug(f"{SANDBOX_SERVER}{number}")


# The pool of this hub ----------------------------------------------------------------------------

_pools: list[Pool] = []
_tasks: set[asyncio.Task[None]] = set()


def watch_pool(settings: Settings, instance: str) -> None:
    """Keep sandboxes started ahead for as long as this hub runs, if the settings want some.

    JupyterHub reads its configuration inside its event loop; read elsewhere there is nothing to watch.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return
    pool = Pool(settings, instance, examples_folder(settings))
    pool.begin()
    if settings.sandboxes.pool and settings.has_sandboxes:
        _pools.append(pool)
        task = loop.create_task(_watch(pool))
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)


async def _watch(pool: Pool) -> None:
    while True:
        try:
            await asyncio.to_thread(pool.step)
        except Exception:
            log.exception("Starting sandboxes ahead failed; the next try is in %.0f s", _LOOK_SECONDS)
        await asyncio.sleep(_LOOK_SECONDS)


def taken(number: str, choice: Choice) -> Member | None:
    """Return the sandbox that this hub started ahead under this number, if it did."""
    return next((found for pool in _pools if (found := pool.take(number, choice))), None)


def marks() -> set[str]:
    """Return the marks of those that wait."""
    return {mark(pool.instance, f"{SANDBOX_SERVER}{number}") for pool in _pools for number in list(pool.members)}
