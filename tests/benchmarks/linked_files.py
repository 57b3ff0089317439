"""Read a thousand small files of one store through a link, against plain static files of the same server."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import socket
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from gaia_vre.database.engine import make_engine
from gaia_vre.database.migrate import upgrade
from gaia_vre.service.app import create_app
from gaia_vre.service.catalog.gate import Gate
from gaia_vre.service.catalog.links import Link
from tests.benchmarks.measure import Measure, table
from tests.service.conftest import make_world
from tests.service.fakes import NOON

if TYPE_CHECKING:
    from collections.abc import Iterator

FILES = 1000
BYTES = 4096
AT_ONCE = 16
RUNS = 7
AIM = 2.0
DATASET = "store"


def measure() -> Measure:
    """Read every file some times, ours and stock in turn."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        chunks = state / "restricted" / DATASET / "c"
        chunks.mkdir(parents=True)
        for number in range(FILES):
            (chunks / str(number)).write_bytes(bytes(BYTES))
        path = linked_path(state)
        with serving(serve_ours, state) as ours, serving(serve_stock, state / "restricted") as stock:
            pairs = [(milliseconds(f"{ours}{path}/c"), milliseconds(f"{stock}/{DATASET}/c")) for _ in range(RUNS)]
    name = f"{FILES:,} files of {BYTES} bytes through a link"
    return Measure(name, "ms", [one for one, _ in pairs], [other for _, other in pairs], AIM)


def world_of(state: Path) -> Any:
    engine = make_engine(f"sqlite:///{state / 'gaia.sqlite'}")
    upgrade(engine)
    return make_world(engine, state)


def linked_path(state: Path) -> str:
    world = world_of(state)
    gate = Gate(world.parts)
    segment = gate.links.segment(Link(DATASET, "ada", NOON.replace(year=NOON.year + 1)))
    world.close()
    return f"/services/gaia/files/{DATASET}/{segment}"


def serve_ours(taken: socket.socket, state: Path) -> None:
    run(create_app(world_of(state).parts, reconcile=False), taken)


def serve_stock(taken: socket.socket, folder: Path) -> None:
    run(Starlette(routes=[Mount("/", StaticFiles(directory=folder))]), taken)


def run(app: Any, taken: socket.socket) -> None:
    uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False)).run(sockets=[taken])


@contextlib.contextmanager
def serving(serve: Any, folder: Path) -> Iterator[str]:
    taken = socket.create_server(("127.0.0.1", 0))
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(taken, folder), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"
    finally:
        process.terminate()
        process.join()
        taken.close()


def milliseconds(place: str) -> float:
    return asyncio.run(_read_all(place))


async def _read_all(place: str) -> float:
    names = iter(range(FILES))
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{place}/0") as answer:
            assert answer.status == 200, await answer.text()

        async def reader() -> None:
            for number in names:
                async with session.get(f"{place}/{number}") as answer:
                    assert len(await answer.read()) == BYTES

        start = time.perf_counter()
        await asyncio.gather(*(reader() for _ in range(AT_ONCE)))
        return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    print(table([measure()]))
