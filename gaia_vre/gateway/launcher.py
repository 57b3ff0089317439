"""Start a cluster's scheduler and workers by forking: Dask is imported once, not once a process.

One launcher runs per cluster, inside its confinement. It forks the scheduler at once and a
worker (with its nanny) for each request that the gateway sends over a Unix socket, one JSON
object a line::

    {"op": "start", "name": "…", "arguments": ["{scheduler}", "--nthreads", "1", …]}
    {"op": "stop", "name": "…"}
    {"op": "list"}

Each answer is the names of the workers that run. The launcher outlives the gateway: the socket
is a file, so a restarted gateway goes on where the killed one stopped. It ends when the
scheduler ends, and everything it started ends with it.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click

from gaia_vre.gateway.preload import ADDRESS_PIPE_VARIABLE
from gaia_vre.gateway.tls import guard_streams

Child = Callable[[], None]
"""What a forked process does; the launcher's own stack is left before it runs."""

SCHEDULER_PLACE = "{scheduler}"
_REQUEST_BYTES = 65536
_REQUEST_SECONDS = 2.0
_END_SECONDS = 2.0
_PR_SET_PDEATHSIG = 1


class Launcher:
    """Fork, watch and end the processes of one cluster."""

    def __init__(self, control: socket.socket, scheduler_arguments: list[str]) -> None:
        self.control = control
        self.scheduler_arguments = scheduler_arguments
        self.address: str | None = None
        self.scheduler_pid = 0
        self.workers: dict[str, int] = {}
        self.waiting: dict[str, list[str]] = {}
        self.ended: int | None = None
        self.selector = selectors.DefaultSelector()

    def run(self) -> Child | None:
        """Serve until the cluster ends; in a forked process, return what it does instead."""
        self._watch_signals()
        self.control.setblocking(False)
        self.selector.register(self.control, selectors.EVENT_READ, self._serve)
        child = self._start_scheduler()
        while child is None and self.ended is None:
            for key, _ in self.selector.select():
                child = key.data()
                if child is not None or self.ended is not None:
                    break
        if child is None:
            self._end_all()
        return child

    def _watch_signals(self) -> None:
        reading, writing = socket.socketpair()
        for end in (reading, writing):
            end.setblocking(False)
        signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _noted)
        self.wakeup = (reading, writing)
        self.selector.register(reading, selectors.EVENT_READ, self._signalled)

    def _start_scheduler(self) -> Child | None:
        reading, writing = os.pipe()
        pid = self._fork()
        if pid == 0:
            os.close(reading)
            os.environ[ADDRESS_PIPE_VARIABLE] = str(writing)
            return lambda: _run_scheduler(self.scheduler_arguments)
        os.close(writing)
        self.scheduler_pid = pid
        self.selector.register(reading, selectors.EVENT_READ, lambda: self._learn_address(reading))
        return None

    def _learn_address(self, pipe: int) -> Child | None:
        self.selector.unregister(pipe)
        self.address = os.read(pipe, 4096).decode() or None
        os.close(pipe)
        return self._start_waiting()

    def _start_waiting(self) -> Child | None:
        while self.address and self.waiting:
            name, arguments = self.waiting.popitem()
            pid = self._fork()
            if pid == 0:
                filled = [self.address if each == SCHEDULER_PLACE else each for each in arguments]
                return lambda: _run_worker(filled)
            self.workers[name] = pid
        return None

    def _serve(self) -> Child | None:
        with contextlib.suppress(OSError):
            connection, _ = self.control.accept()
            with connection:
                connection.settimeout(_REQUEST_SECONDS)
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    self._obey(json.loads(_read_line(connection)))
                connection.sendall(json.dumps([*self.workers, *self.waiting]).encode() + b"\n")
        return self._start_waiting()

    def _obey(self, request: dict[str, object]) -> None:
        name = str(request.get("name"))
        if request["op"] == "start" and name not in self.workers:
            arguments = request["arguments"]
            assert isinstance(arguments, list)  # noqa: S101 - the gateway wrote it
            self.waiting[name] = [str(each) for each in arguments]
        elif request["op"] == "stop":
            self.waiting.pop(name, None)
            if name in self.workers:
                os.kill(self.workers[name], signal.SIGTERM)

    def _signalled(self) -> Child | None:
        received = self.wakeup[0].recv(1024)
        if signal.SIGTERM in received or signal.SIGINT in received:
            self.ended = 0
        self._reap()
        return None

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                self.workers = {name: worker for name, worker in self.workers.items() if worker != pid}
                if pid == self.scheduler_pid:
                    self.scheduler_pid = 0
                    self.ended = abs(os.waitstatus_to_exitcode(status))

    def _end_all(self) -> None:
        # Workers first: one that loses its scheduler while it closes waits for it.
        self._end(lambda: list(self.workers.values()))
        self._end(lambda: [self.scheduler_pid] if self.scheduler_pid else [])

    def _end(self, remaining: Callable[[], list[int]]) -> None:
        _signal(remaining(), signal.SIGTERM)
        deadline = time.monotonic() + _END_SECONDS
        while remaining() and time.monotonic() < deadline:
            time.sleep(0.02)
            self._reap()
        _signal(remaining(), signal.SIGKILL)

    def _fork(self) -> int:
        sys.stdout.flush()
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._become_child(parent)
        return pid

    def _become_child(self, parent: int) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self.selector.close()
        for each in (self.control, *self.wakeup):
            each.close()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def _noted(number: int, frame: object) -> None:
    """Do nothing: the number arrives through the wake-up descriptor."""


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _read_line(connection: socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\n") and len(line) < _REQUEST_BYTES:
        part = connection.recv(_REQUEST_BYTES)
        if not part:
            break
        line += part
    return line


def _run_scheduler(arguments: list[str]) -> None:
    from distributed.cli import dask_scheduler

    dask_scheduler.main(arguments, prog_name="dask scheduler")


def _run_worker(arguments: list[str]) -> None:
    from distributed.cli import dask_worker

    # Modules beside the user's notebooks can be used in tasks, but stand in for no installed one.
    sys.path.append(str(Path.cwd()))
    # A signal that arrives in a worker must not wake the nanny it was forked from.
    os.register_at_fork(after_in_child=lambda: signal.set_wakeup_fd(-1))
    dask_worker.main(arguments, prog_name="dask worker")


def _configure() -> None:
    import dask

    dask.config.set(
        {
            # The nanny was forked from a process without threads, and forks its worker before any task runs.
            "distributed.worker.multiprocessing-method": "fork",
            # Workers answer no HTTP; all there is to see stands on the scheduler's dashboard.
            "distributed.worker.http.routes": [],
            "distributed.scheduler.http.routes": [
                "distributed.http.scheduler.prometheus",
                "distributed.http.scheduler.info",
                "distributed.http.scheduler.json",
                "distributed.http.health",
                "distributed.http.statics",
            ],
        }
    )


def _import() -> None:
    """Import what every process of the cluster needs, before the first fork."""
    import distributed.cli.dask_scheduler
    import distributed.cli.dask_worker
    import distributed.http.scheduler.info
    import distributed.http.scheduler.prometheus  # noqa: F401

    guard_streams()
    gc.collect()
    gc.freeze()


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--control", type=int, required=True, help="File descriptor of the listening Unix socket.")
@click.argument("scheduler_arguments", nargs=-1, type=click.UNPROCESSED)
def main(control: int, scheduler_arguments: tuple[str, ...]) -> None:
    """Run one cluster."""
    _import()
    _configure()
    launcher = Launcher(socket.socket(fileno=control), list(scheduler_arguments))
    child = launcher.run()
    if child is not None:
        child()
    sys.exit(launcher.ended or 0)


if __name__ == "__main__":
    main()
