"""The administrators' pages among 15,000 people and 2,000 servers, beside the hub's own list of users.

Run as ``python -m tests.benchmarks.people``; the hub's list is asked of a stock JupyterHub with as many users.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx2
from fastapi.testclient import TestClient
from jupyterhub import orm
from sqlalchemy import create_engine, insert, select
from sqlalchemy.orm import Session

from gaia_vre.database.engine import make_engine
from gaia_vre.database.migrate import upgrade
from gaia_vre.database.people import PersonRow
from gaia_vre.database.projects import MemberRow, ProjectRow
from gaia_vre.database.quotas import AccountRow
from gaia_vre.quotas.clock import Instant
from gaia_vre.quotas.ledger import Wanted
from gaia_vre.service.app import create_app
from tests.benchmarks.ledger import LAB
from tests.benchmarks.stock import StockHub
from tests.service.conftest import HOME, World, make_world
from tests.service.fakes import NOON, server

PEOPLE, SERVERS, PROJECTS, MEMBERS, LOOKS, LIMIT_MS = 15_000, 2_000, 300, 20, 40, 200
PAGES = (
    "people",
    "people?page=300",
    "people?q=user-12&sort=name",
    "people?sort=held",
    "people?project=p7",
    "people?group=group-7",
    "servers",
    "servers?sort=size&page=20",
    "servers?q=user-19&kind=personal",
    "shares",
)
TOKEN = "benchmark-token-of-an-administrator"


def main() -> None:
    """Print the percentiles of each page, and of the hub's list."""
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{Path(folder) / 'gaia.sqlite'}")
        upgrade(engine)
        world = make_world(engine, Path(folder))
        _fill(world)
        headers = {"Accept": "text/html", "Authorization": "token root-token"}
        client = TestClient(create_app(world.parts, reconcile=False), headers=headers)
        print(f"{PEOPLE:,} people, {SERVERS:,} servers, {PROJECTS} projects", flush=True)
        for page in PAGES:
            _print(f"operate/{page}", lambda page=page: client.get(f"{HOME}operate/{page}").raise_for_status())
        world.close()
    with _stock() as hub:
        for query in ("limit=25&sort=-last_activity", "limit=200", "limit=25&name_filter=user-12"):
            _print(
                f"stock GET /hub/api/users?{query}", lambda query=query: hub.get(f"/users?{query}").raise_for_status()
            )


def _fill(world: World) -> None:
    engine = world.parts.engine
    people = [
        {
            "username": f"user-{number}",
            "last_activity": NOON - timedelta(minutes=number),
            "groups": f"\ngroup-{number % 50}\n",
            "seen": NOON,
        }
        for number in range(PEOPLE)
    ]
    times = {"starts": NOON, "ends": NOON, "created": NOON, "changed": NOON}
    texts = {"description": "", "visibility": "private", "community": "", "state": "active", "created_by": "root"}
    projects = [
        {"id": n + 1, "slug": f"p{n}", "title": f"Project {n}", "amounts": {}} | times | texts for n in range(PROJECTS)
    ]
    members = [
        {"project_id": n + 1, "username": f"user-{n * MEMBERS + one}", "role": "editor", "since": NOON, "by": "root"}
        for n in range(PROJECTS)
        for one in range(MEMBERS)
    ]
    with engine.begin() as connection:
        connection.execute(insert(PersonRow), people)
        connection.execute(insert(ProjectRow), projects)
        connection.execute(insert(MemberRow), members)
    with engine.connect() as connection:
        site = str(connection.scalar(select(AccountRow.name).where(AccountRow.kind == "site")))
    for number in range(SERVERS):
        wanted = Wanted(f"s-{number}", "server", f"user-{number}", "", site, LAB)
        world.parts.office.ledger.reserve(wanted, Instant(0, NOON))
    world.hub.servers |= {f"user-{number}": {"": server()} for number in range(SERVERS)}


@contextmanager
def _stock() -> Iterator[httpx2.Client]:
    hub = StockHub.create()
    try:
        hub.start()
        hub.stop()
        with Session(create_engine(f"sqlite:///{hub.folder / 'jupyterhub.sqlite'}")) as session:
            session.add_all(
                orm.User(name=f"user-{number}", last_activity=(NOON - timedelta(minutes=number)).replace(tzinfo=None))
                for number in range(PEOPLE)
            )
            session.commit()
        config = hub.folder / "jupyterhub_config.py"
        role = {"name": "looks", "scopes": ["list:users", "read:users", "read:servers"], "services": ["looks"]}
        service = {"name": "looks", "api_token": TOKEN}
        config.write_text(
            f"{config.read_text()}\nc.JupyterHub.services = [{service}]\nc.JupyterHub.load_roles = [{role}]\n"
        )
        hub.start()
        headers = {"Authorization": f"token {TOKEN}"}
        with httpx2.Client(base_url=f"{hub.url}/hub/api", headers=headers, timeout=60) as client:
            yield client
    finally:
        hub.remove()


def _print(name: str, look: Callable[[], object]) -> None:
    took = []
    for _ in range(LOOKS):
        begun = time.perf_counter()
        look()
        took.append((time.perf_counter() - begun) * 1e3)
    took.sort()
    late = took[int(LOOKS * 0.95)]
    print(f"{name:<56} p50 {statistics.median(took):>7.1f} ms, p95 {late:>7.1f} ms   limit {LIMIT_MS}", flush=True)


if __name__ == "__main__":
    main()
