"""The page of use among 15,000 users and 300 projects with a year of days behind them.

Run as ``python -m tests.benchmarks.usage_page``: of a member, of a manager, and of somebody with nothing.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import Engine, insert, select

from gaia_vre.database.engine import make_engine
from gaia_vre.database.migrate import upgrade
from gaia_vre.database.quotas import AccountRow, SpendRow
from gaia_vre.quotas.clock import Instant
from gaia_vre.quotas.ledger import Wanted
from gaia_vre.quotas.model import BUDGETS
from gaia_vre.service.app import create_app
from tests.benchmarks.ledger import LAB, LEASES, PROJECTS, SITES, USERS, _row
from tests.service.conftest import HOME, make_world, with_quotas
from tests.service.fakes import NOON

DAYS, MEMBERS, LOOKS, LIMIT_MS = 365, 50, 40, 200
ACTIVE_DAYS = 40
_AT_ONCE = 20_000


def main() -> None:
    """Print the percentiles of the page and of the export."""
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{Path(folder) / 'gaia.sqlite'}")
        upgrade(engine)
        world = with_quotas(make_world(engine, Path(folder)), **_quotas())
        rows = _fill(engine)
        for number in range(LEASES):
            user, project = f"user-{number}", f"project:p{number % PROJECTS}"
            world.parts.office.ledger.reserve(Wanted(f"s-{number}", "server", user, "", project, LAB), Instant(0, NOON))
        print(f"{USERS:,} users, {PROJECTS} projects, {rows:,} sums of days, {LEASES:,} things that run")
        app = create_app(world.parts, reconcile=False)
        for user in ("user-7", "lead-7", "nobody"):
            world.hub.tokens[f"{user}-token"] = world.hub.tokens["ada-token"] | {"name": user}
            client = TestClient(app, headers={"Accept": "text/html", "Authorization": f"token {user}-token"})
            for path in ("usage", "api/quotas/history?since=2025-11-25&until=2026-11-24&format=csv"):
                found = sorted(_looked(client, f"{HOME}{path}") for _ in range(LOOKS))
                late = found[int(LOOKS * 0.95)]
                print(
                    f"{user:<8} {path.partition('?')[0]:<22} p50 {statistics.median(found):>6.1f} ms, "
                    f"p95 {late:>6.1f} ms   limit {LIMIT_MS}",
                    flush=True,
                )
        world.close()


def _quotas() -> dict[str, Any]:
    sites = [{"name": f"site:s{number}"} for number in range(SITES)]
    communities = [{"name": f"community:c{number}", "parent": f"site:s{number}"} for number in range(SITES)]
    projects = [
        {
            "name": f"project:p{number}",
            "parent": f"community:c{number % SITES}",
            "members": [f"user-{number}", f"lead-{number}"],
            "managers": [f"lead-{number}"],
            "credits": 10**6,
            "days": 90,
        }
        for number in range(PROJECTS)
    ]
    return {"accounts": sites + communities + projects, "defaults": {"person": {"credits": 1000, "days": 30}}}


def _fill(engine: Engine) -> int:
    """Make everybody's accounts, and the sums of a year; return how many."""
    with engine.begin() as connection:
        community = connection.scalar(select(AccountRow.id).where(AccountRow.name == "community:c0"))
        kinds = ("person", "ceiling")
        connection.execute(
            insert(AccountRow), [_row(k, f"user-{n}", community or 0) for n in range(USERS) for k in kinds]
        )
        ids = dict(connection.execute(select(AccountRow.name, AccountRow.id)).all())
    written, rows = 0, _spends(random.Random(5), ids)
    while some := list(islice(rows, _AT_ONCE)):
        with engine.begin() as connection:
            connection.execute(insert(SpendRow), some)
        written += len(some)
    return written


def _spends(chance: random.Random, ids: dict[str, int]) -> Iterator[dict[str, Any]]:
    for number in range(USERS):
        for ago in chance.sample(range(DAYS), ACTIVE_DAYS):
            yield _spend(chance, ids[f"person:user-{number}"], f"user-{number}", ago)
    for project in range(PROJECTS):
        for member in range(MEMBERS):
            for ago in chance.sample(range(DAYS), ACTIVE_DAYS):
                user = f"user-{(project + member * PROJECTS) % USERS}"
                yield _spend(chance, ids[f"project:p{project}"], user, ago)


def _spend(chance: random.Random, account: int, user: str, ago: int) -> dict[str, Any]:
    amounts = dict.fromkeys(BUDGETS, chance.randrange(10**10))
    return {"account_id": account, "username": user, "day": NOON.date() - timedelta(ago), "seconds": 3600} | amounts


def _looked(client: TestClient, address: str) -> float:
    begun = time.perf_counter()
    assert client.get(address).status_code == 200, address
    return (time.perf_counter() - begun) * 1e3


if __name__ == "__main__":
    main()
