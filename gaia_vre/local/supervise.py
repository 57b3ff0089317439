"""Keep the processes of the environment running, and end them all when asked."""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

import httpx2
import psutil

from gaia_vre.core.errors import Unavailable
from gaia_vre.isolation.limits import remove_groups
from gaia_vre.isolation.processes import INSTANCE_VARIABLE, end_marked
from gaia_vre.local.guardian import DISMISSED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gaia_vre.local.processes import ProcessPlan

_BECOME_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER: labs of a killed hub become our children, not init's
_STOP_SECONDS = 8.0
_FAILED_STARTS = 3
_LONGEST_DELAY = 10.0
_REAP_SECONDS = 5.0
_LOG_BYTES = 20_000_000


@dataclass
class Supervised:
    """One process with its plan and its history."""

    plan: ProcessPlan
    log: Path
    process: subprocess.Popen[bytes] | None = None
    ready: bool = False
    ever_ready: bool = False
    failures: int = 0
    start_at: float = 0.0
    """Monotonic time before which it is not started again."""

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def start(self) -> None:
        self.plan.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.log.exists() and self.log.stat().st_size > _LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.plan.command,
                cwd=self.plan.folder,
                env=self.plan.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def fail(self, now: float) -> None:
        """Note an unplanned end, and wait longer before each further start."""
        self.process, self.ready = None, False
        self.failures += 1
        self.start_at = now + min(_LONGEST_DELAY, 0.25 * 2 ** (self.failures - 1))

    def check(self, http: httpx2.Client) -> None:
        """Ask whether it is of use; a process that was ready once starts anew with a clean record."""
        if self.plan.health_url is None:
            self.ready = self.process is not None
        else:
            with contextlib.suppress(httpx2.HTTPError):
                answer = http.get(self.plan.health_url, headers=self.plan.health_headers)
                self.ready = answer.status_code == 200
        if self.ready:
            self.ever_ready, self.failures = True, 0

    def last_words(self) -> str:
        """Return the last line of its log that says something."""
        try:
            lines = self.log.read_text(errors="replace").splitlines()[-20:]
        except OSError:
            return "no log"
        return next((line.strip() for line in reversed(lines) if line.strip()), "no output")


@dataclass
class Supervisor:
    """Owns every process of one environment; used as a context manager.

    On leaving the block, whatever the reason, everything with the mark of the instance ends.
    """

    plans: list[ProcessPlan]
    logs: Path
    instance: str
    after_restart: Callable[[str], None] = lambda _: None
    """Called with a process's name when it is of use again after an unplanned end."""
    others: set[int] = field(default_factory=set)
    """Process ids of children that somebody else waits for."""
    members: list[Supervised] = field(init=False)
    _guardian: subprocess.Popen[bytes] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.members = [Supervised(plan, self.logs / f"{plan.name}.log") for plan in self.plans]
        self._http = httpx2.Client(timeout=2, trust_env=False)
        self._awaited: set[str] = set()
        self._reap_at = 0.0

    def __enter__(self) -> Supervisor:
        ctypes.CDLL(None).prctl(_BECOME_SUBREAPER, 1, 0, 0, 0)
        self._watch_over_us()
        for member in self.members:
            member.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()
        guardian = self._guardian
        end_marked(INSTANCE_VARIABLE, self.instance, _STOP_SECONDS, keep=[guardian.pid] if guardian else ())
        for member in self.members:
            if member.process:
                member.process.wait()
        self._reap_strangers()
        remove_groups(self.instance)
        if guardian:
            with contextlib.suppress(BrokenPipeError):
                _pipe(guardian).write(DISMISSED)
                _pipe(guardian).close()
            guardian.wait()

    @property
    def ready(self) -> bool:
        return all(member.ready for member in self.members)

    def step(self) -> bool:
        """Start what has ended, reap orphans, look after readiness. Return whether anything changed.

        Raises
        ------
        Unavailable
            A process ends again and again without ever having been ready.
        """
        before = [(member.pid, member.ready) for member in self.members]
        now = time.monotonic()
        for member in self.members:
            self._keep_running(member, now)
        if now >= self._reap_at:
            self._reap_strangers()
            self._reap_at = now + _REAP_SECONDS
        if self._guardian and self._guardian.poll() is not None:
            self._watch_over_us()
        return before != [(member.pid, member.ready) for member in self.members]

    def _keep_running(self, member: Supervised, now: float) -> None:
        if member.ended():
            member.fail(now)
            if not member.ever_ready and member.failures >= _FAILED_STARTS:
                raise Unavailable(f"{member.plan.name} does not start: {member.last_words()} (all of it: {member.log})")
        if member.process is None and now >= member.start_at:
            member.start()
            self._awaited.add(member.plan.name)
        if not member.ready:
            member.check(self._http)
            if member.ready and member.ever_ready and member.plan.name in self._awaited:
                self._awaited.discard(member.plan.name)
                self.after_restart(member.plan.name)

    def _watch_over_us(self) -> None:
        environment = self.plans[0].environment
        self._guardian = subprocess.Popen(
            [sys.executable, "-m", "gaia_vre.local.guardian"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _reap_strangers(self) -> None:
        """Reap orphans that became our children and have ended."""
        own = {member.pid for member in self.members} | {self._guardian.pid if self._guardian else None} | self.others
        for child in psutil.Process().children():
            with contextlib.suppress(psutil.NoSuchProcess, ChildProcessError):
                if child.pid not in own and child.status() == psutil.STATUS_ZOMBIE:
                    os.waitpid(child.pid, os.WNOHANG)


def _pipe(guardian: subprocess.Popen[bytes]) -> IO[bytes]:
    if guardian.stdin is None:
        raise BrokenPipeError
    return guardian.stdin
