"""What a person does, timed: sign in, start, first cell."""

from __future__ import annotations

import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.platforms import newcomer, ours, stock
from tests.support.lab_client import Kernel, LabClient, LabError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.benchmarks.platforms import Platform


@contextmanager
def first_visit(platform: Platform) -> Iterator[tuple[LabClient, Kernel]]:
    """Sign in as somebody new, start a lab, open a notebook; stop the lab at the end."""
    username = newcomer()
    password = platform.password(username)
    with LabClient(platform.url) as client:
        client.login(username, password)
        client.start_server()
        try:
            with client.open_notebook() as kernel:
                yield client, kernel
        finally:
            client.stop_server()


def seconds_to(platform: Platform, code: str) -> float:
    """Return the time from the login form to the answer of one cell."""
    password = platform.password("")
    begin = time.perf_counter()
    username = newcomer()
    with LabClient(platform.url) as client:
        client.login(username, password)
        client.start_server()
        try:
            with client.open_notebook() as kernel:
                run(kernel, code)
                return time.perf_counter() - begin
        finally:
            client.stop_server()


def run(kernel: Kernel, code: str) -> str:
    """Run a cell that must succeed."""
    reply = kernel.execute(code)
    if reply.status != "ok":
        raise LabError(reply.text)
    return reply.text


def alternately(sample: Callable[[Platform], float], times: int) -> tuple[list[float], list[float]]:
    """Sample ours and stock in turn, so that both meet the same noise; the first of each warms the disk."""
    samples: tuple[list[float], list[float]] = ([], [])
    for number in range(times + 1):
        for collected, platform in zip(samples, (ours(), stock()), strict=True):
            value = sample(platform)
            if number:
                collected.append(value)
    return samples


def memory_mb(username: str) -> float:
    """Return the proportional set size of a person's lab: its server and all its kernels, in MB."""
    return sum(pss_mb(folder) for folder in Path("/proc").glob("[0-9]*") if _is_lab_of(folder, username))


def _is_lab_of(folder: Path, username: str) -> bool:
    try:
        return f"JUPYTERHUB_USER={username}".encode() in (folder / "environ").read_bytes().split(b"\0")
    except OSError:
        return False


def pss_mb(folder: Path) -> float:
    """Return the proportional set size of a process, given its folder in /proc, in MB."""
    for line in (folder / "smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0
