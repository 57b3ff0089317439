"""300 projects, one with 200 members: the list and the page over HTTP, and a pass in which nothing has changed.

Run as ``python -m tests.benchmarks.projects``.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import uvicorn
from sqlalchemy import insert

from gaia_vre.database.engine import make_engine
from gaia_vre.database.migrate import upgrade
from gaia_vre.database.projects import MemberRow, ProjectRow, ProjectShareRow
from gaia_vre.projects.model import Project
from gaia_vre.projects.mounts import Mount
from gaia_vre.quotas.clock import Instant
from gaia_vre.quotas.ledger import Wanted
from gaia_vre.service.app import create_app
from gaia_vre.service.projects.leaving import Leaving
from gaia_vre.service.projects.tending import tend
from tests.benchmarks.ledger import LAB
from tests.service.conftest import HOME, World, make_world
from tests.service.fakes import NOON, server
from tests.support.environment import free_port, until

PROJECTS, MEMBERS, OTHERS, LABS, LOOKS = 300, 200, 10, 200, 100
LARGE = "large"
"""The project of many members."""
PAGE_MS, PASS_MS = 200, 1000


def main() -> None:
    """Print the percentiles."""
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{Path(folder) / 'gaia.sqlite'}")
        upgrade(engine)
        world = make_world(engine, Path(folder))
        _fill(world)
        parts = world.parts
        with _served(world) as client:
            for path in ("projects", f"projects/{LARGE}", "api/projects", f"api/projects/{LARGE}/members"):
                _say(path, lambda path=path: client.get(path).raise_for_status(), PAGE_MS)  # type: ignore[misc]
            live, leaving = parts.office.ledger.live(), Leaving(parts)

            def one_pass() -> None:
                tend(parts.registry, NOON)
                parts.project_servers.settle()
                parts.project_servers.compare(parts.hub.active_servers())
                leaving.step(live, NOON)

            one_pass()
            world.hub.calls.clear()
            _say("pass, nothing changed", one_pass, PASS_MS)
            print(f"{len(world.hub.calls) // (LOOKS + 1)} questions to the hub in each pass")


@contextmanager
def _served(world: World) -> Iterator[httpx2.Client]:
    """Serve the service by uvicorn on a port of this machine, and yield ada as its client."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(create_app(world.parts, reconcile=False), port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    until(lambda: server.started, 20, "the service answers")
    headers = {"Accept": "text/html", "Authorization": "token ada-token"}
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}{HOME}", headers=headers, trust_env=False) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


def _fill(world: World) -> None:
    """Make projects of ada's with started servers, one of them large, and labs that have their folders."""
    engine, registry = world.parts.engine, world.parts.registry
    made = []
    for number in range(PROJECTS):
        row = {"slug": f"p{number}-x" if number else LARGE, "title": f"Project {number}", "description": "Words " * 20}
        row |= {"visibility": "listed", "community": "community:local", "state": "active", "starts": NOON}
        row |= {"ends": NOON.replace(year=2027), "created": NOON, "created_by": "ada", "changed": NOON, "amounts": {}}
        with engine.begin() as connection:
            connection.execute(insert(ProjectRow).values(**row))
        made.append(registry.projects.find(str(row["slug"])))
    for project in made:
        _people(world, project)
    registry.founding.open_missing()
    for number in range(LABS):
        lease, user = f"s-{number}", f"user-{number}"
        world.parts.office.ledger.reserve(
            Wanted(lease, "server", user, "", f"project:{LARGE}", LAB), Instant(10**6, NOON)
        )
        world.parts.mounts.record(lease, [Mount(lease, made[0].id, writable=True)])
    world.hub.servers[f"p-{LARGE}"] = {"": server()}


def _people(world: World, project: Project) -> None:
    names = [f"user-{number}" for number in range((MEMBERS if project.slug == LARGE else OTHERS) - 1)]
    rows = [{"username": "ada", "role": "owner"}, *({"username": name, "role": "editor"} for name in names)]
    given = {"project_id": project.id, "since": NOON, "by": "ada"}
    with world.parts.engine.begin() as connection:
        connection.execute(insert(MemberRow), [given | row for row in rows])
        shares = [{"project_id": project.id, "username": row["username"], "granted": True} for row in rows]
        connection.execute(insert(ProjectShareRow), shares)
    world.hub.shares[f"p-{project.slug}"] = {row["username"] for row in rows}


def _say(what: str, act: Callable[[], object], limit: float) -> None:
    begun = time.perf_counter()
    act()
    first = (time.perf_counter() - begun) * 1e3
    found = []
    for _ in range(LOOKS):
        begun = time.perf_counter()
        act()
        found.append((time.perf_counter() - begun) * 1e3)
    late = sorted(found)[int(LOOKS * 0.95)]
    middle = statistics.median(found)
    print(f"{what:<26} p50 {middle:>6.1f} ms, p95 {late:>6.1f} ms, first {first:>6.1f} ms   limit {limit}", flush=True)


if __name__ == "__main__":
    main()
