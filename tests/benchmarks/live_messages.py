"""Thousands of listeners to the stream of messages: what an idle one costs, and how soon a message arrives.

Run as ``python -m tests.benchmarks.live_messages [LISTENERS [SECONDS]]``: by default 3,000, watched for 60 s. The
service is a process of its own on loopback with a hub in memory; messages are stored by another process.
"""

from __future__ import annotations

import asyncio
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import psutil

from gaia_vre.database.engine import make_engine
from gaia_vre.database.migrate import upgrade
from gaia_vre.messages.model import Message
from gaia_vre.messages.store import Messages
from tests.service.conftest import make_world

LISTENERS, SECONDS = 3000, 60
LIMIT_MS, LIMIT_KIB = 1.0, 100
_AT_ONCE, _OWN, _BROADCASTS = 50, 200, 5
_LONGEST_SECONDS = 300


class Line:
    """One listener: notes when each message came."""

    def __init__(self) -> None:
        self.came: dict[str, float] = {}
        self.hello = asyncio.Event()
        self._rest = b""
        self.writer: asyncio.StreamWriter | None = None

    async def listen(self, port: int, number: int) -> None:
        reader, self.writer = await asyncio.open_connection("127.0.0.1", port, limit=2**16)
        lines = (
            "GET /services/gaia/api/events HTTP/1.1",
            "Host: 127.0.0.1",
            f"Authorization: token user-{number}-token",
            "Accept: text/event-stream",
        )
        self.writer.write("\r\n".join((*lines, "", "")).encode())
        with suppress(ConnectionError):
            while chunk := await reader.read(2**16):
                self._take(chunk)

    def _take(self, chunk: bytes) -> None:
        now = time.time()
        *blocks, self._rest = (self._rest + chunk).split(b"\n\n")
        for block in blocks:
            if b"event: hello" in block:
                self.hello.set()
            elif b"event: message" in block:
                self.came[block.partition(b'"title": "')[2].partition(b'"')[0].decode()] = now


def serve(folder: Path, port: int, count: int) -> None:
    """Be the service until ended."""
    import uvicorn

    from gaia_vre.service.app import create_app

    world = make_world(make_engine(_database(folder)), folder)
    for number in range(count):
        world.hub.tokens[f"user-{number}-token"] = world.hub.tokens["ada-token"] | {"name": f"user-{number}"}
    object.__setattr__(world.parts, "clock", lambda: datetime.now(UTC))
    uvicorn.run(create_app(world.parts, reconcile=False), port=port, log_level="warning", backlog=4096)


async def measure(folder: Path, port: int, process: psutil.Process, count: int, seconds: float) -> None:
    """Open the listeners, watch them idle, then tell them something."""
    messages = Messages(make_engine(_database(folder)))
    alone = await _cpu(process, min(seconds, 10)) * 60 / min(seconds, 10)
    empty = process.memory_info().rss
    lines, opening = [Line() for _ in range(count)], time.monotonic()
    begun, gate = process.cpu_times(), asyncio.Semaphore(_AT_ONCE)

    async def open_one(number: int) -> asyncio.Task[None]:
        async with gate:
            task = asyncio.create_task(lines[number].listen(port, number))
            await lines[number].hello.wait()
            return task

    tasks = await asyncio.wait_for(asyncio.gather(*map(open_one, range(count))), _LONGEST_SECONDS)
    took, cost = time.monotonic() - opening, _spent(begun, process)
    each = (process.memory_info().rss - empty) / count / 1024
    print(f"{count:,} listeners opened in {took:.1f} s, {cost / count * 1000:.2f} ms CPU each")
    print(f"memory   {each:>8.1f} KiB a listener   limit {LIMIT_KIB}")
    idle = await _cpu(process, seconds) * 60 / seconds
    print(f"idle     {idle / count * 1000:>8.3f} ms CPU a minute a listener   limit {LIMIT_MS:g}")
    print(f"         {idle * 1000:>8.0f} ms CPU a minute the service, {alone * 1000:.0f} before the first listener")
    sent = {f"own {number}": (number % count, _send(messages, number % count, number)) for number in range(_OWN)}
    everybody = {}
    for number in range(_BROADCASTS):
        everybody[f"all {number}"] = _send(messages, None, number)
        await asyncio.sleep(2)
    await _until(lambda: all(f"all {_BROADCASTS - 1}" in line.came for line in lines))
    _print("own message", [lines[who].came[key] - at for key, (who, at) in sent.items()])
    _print("broadcast", [line.came[key] - at for key, at in everybody.items() for line in lines])
    wrong = sum(key.startswith("own") and sent[key][0] != who for who, line in enumerate(lines) for key in line.came)
    print(f"messages that came to another: {wrong}")
    for line, task in zip(lines, tasks, strict=True):
        task.cancel()
        if line.writer:
            line.writer.close()


async def _until(condition: object) -> None:
    for _ in range(600):
        if condition():  # type: ignore[operator]
            return
        await asyncio.sleep(0.1)
    raise TimeoutError("a message did not come within a minute")


def _send(messages: Messages, who: int | None, number: int) -> float:
    title = f"{'all' if who is None else 'own'} {number}"
    name = None if who is None else f"user-{who}"
    messages.send(Message(title, "operators", name, datetime.now(UTC), {"title_en": title}))
    return time.time()


def _print(what: str, delays: list[float]) -> None:
    found = sorted(delays)
    late = found[int(len(found) * 0.95)]
    print(f"{what:<12} p50 {statistics.median(found) * 1000:>6.0f} ms, p95 {late * 1000:>6.0f} ms, {len(found):,} came")


async def _cpu(process: psutil.Process, seconds: float) -> float:
    before = process.cpu_times()
    await asyncio.sleep(seconds)
    return _spent(before, process)


def _spent(before: psutil._common.pcputimes, process: psutil.Process) -> float:
    after = process.cpu_times()
    return float(after.user + after.system - before.user - before.system)


def _database(folder: Path) -> str:
    return f"sqlite:///{folder / 'gaia.sqlite'}"


def main(count: int = LISTENERS, seconds: float = SECONDS) -> None:
    """Start the service, measure it, and stop it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, count + 500), hard))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        engine = make_engine(_database(folder))
        upgrade(engine)
        engine.dispose()
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        command = [sys.executable, "-m", "tests.benchmarks.live_messages", "serve", str(folder), str(port), str(count)]
        service = subprocess.Popen(command)
        try:
            _wait(port)
            asyncio.run(measure(folder, port, psutil.Process(service.pid), count, seconds))
        finally:
            service.terminate()
            with suppress(subprocess.TimeoutExpired):
                service.wait(20)
            service.kill()


def _wait(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
    else:
        main(*map(int, sys.argv[1:3]))
