"""The service in a process of its own, as the benchmarks ask it: a catalog, no hub behind it.

Run as ``python -m tests.benchmarks.served STATE PORT [DATABASE]``.
"""

from __future__ import annotations

import contextlib
import http.client
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.driver import pss_mb
from tests.support.environment import free_port, until

PREFIX = "/services/gaia"


@dataclass(frozen=True)
class Served:
    """A running service and one connection to it that is kept."""

    pid: int
    connection: http.client.HTTPConnection

    def get(self, address: str) -> bytes:
        """Return what is at an address below the service's own."""
        self.connection.request("GET", f"{PREFIX}/{address}")
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise AssertionError(f"{address}: {answer.status} {body[:500]!r}")
        return body

    @property
    def memory_mb(self) -> float:
        """Proportional memory of the process."""
        return pss_mb(Path(f"/proc/{self.pid}"))


@contextlib.contextmanager
def serving(state: Path, database: str | None = None) -> Iterator[Served]:
    """Run the service on loopback over a state folder."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "tests.benchmarks.served",
        str(state),
        str(port),
        *([database] if database else []),
    ]
    process = subprocess.Popen(command)
    served = Served(process.pid, http.client.HTTPConnection("127.0.0.1", port, timeout=60))
    try:
        until(lambda: _answers(served), 60, "the service answers")
        yield served
    finally:
        served.connection.close()
        process.terminate()
        process.wait(20)


def _answers(served: Served) -> bool:
    try:
        return bool(served.get("health"))
    except OSError:
        served.connection.close()
        return False


def _main(state: Path, port: int, database: str | None) -> None:
    import uvicorn

    from gaia_vre.database.engine import make_engine
    from gaia_vre.database.migrate import upgrade
    from gaia_vre.service.app import create_app
    from tests.service.conftest import make_world, with_settings

    engine = make_engine(f"sqlite:///{state / 'gaia.sqlite'}")
    upgrade(engine)
    world = with_settings(make_world(engine, state), database_url=database)
    app = create_app(world.parts, reconcile=False)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False, ws="none")


if __name__ == "__main__":
    _main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else None)
