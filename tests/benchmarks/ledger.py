"""P14 and P15: an admission decided, and a pass over what runs, among 15,000 users, 300 projects and 8 sites.

Run as ``python -m tests.benchmarks.ledger``: on SQLite, on Debian's PostgreSQL where it is installed, then
jupyterhub-credit-service in an environment of its own (minutes).
"""

from __future__ import annotations

import contextlib
import json
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert, text

from gaia_vre.core.errors import DoesNotFit
from gaia_vre.database.engine import make_engine
from gaia_vre.database.migrate import upgrade
from gaia_vre.database.quotas import AccountRow
from gaia_vre.quotas.accounts import Accounts
from gaia_vre.quotas.checking import differences
from gaia_vre.quotas.clock import Instant
from gaia_vre.quotas.ledger import Ledger, Wanted
from gaia_vre.quotas.model import BUDGETS, CAPS, LEVELS, Holding, Rate
from tests.support.postgresql import new_database, running_postgresql

ROOT = Path(__file__).parents[2]
USERS, PROJECTS, SITES, LEASES, STARTS = 15_000, 300, 8, 3_000, 300
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LAB = Rate(Holding(cores=2_000_000, memory=8_000_000, servers=1_000_000))
_NUMBERS = {
    f"{part}_{name}": 0 for part, names in (("held", CAPS), ("used", BUDGETS), ("reserved", BUDGETS)) for name in names
}


def main() -> None:
    """Print what each database needs, then what stock software does, and the ratios."""
    found = {}
    for name, engine in _databases():
        try:
            found[name] = _measure(name, engine)
        finally:
            engine.dispose()
    stock = _stock()
    print(f"jupyterhub-credit-service: decision {stock['decision'] * 1e3:.2f} ms, pass {stock['pass']:.1f} s")
    for name, (decision, whole) in found.items():
        print(
            f"{name}: ratio {decision / stock['decision']:.2f} for a decision, {whole / stock['pass']:.4f} for a pass"
        )


def _measure(name: str, engine: Engine) -> tuple[float, float]:
    upgrade(engine)
    _fill(engine)
    ledger, chance = Ledger(engine), random.Random(5)
    starts = [_timed(lambda number=number: _start(ledger, chance, number)) for number in range(STARTS)]
    middle, late = statistics.median(starts), statistics.quantiles(starts, n=20)[-1]
    print(f"{name}: reserve median {middle * 1e3:.2f} ms, 95th percentile {late * 1e3:.2f} ms", flush=True)
    for number in range(STARTS, LEASES):
        _start(ledger, chance, number)
    running = [lease.id for lease in ledger.live()]
    passes = [_timed(lambda at=at: ledger.settle(running, Instant(at, NOW))) for at in range(60, 600, 60)]
    print(
        f"{name}: pass over {len(running):,} leases {min(passes) * 1e3:.0f} ms at best, "
        f"{statistics.median(passes) * 1e3:.0f} ms median",
        flush=True,
    )
    print(f"{name}: 64 at once with room for 10: {_race(engine, ledger)} admitted", flush=True)
    print(f"{name}: {len(differences(engine, NOW))} balances differ from their entries", flush=True)
    return middle, statistics.median(passes)


def _stock() -> dict[str, float]:
    uv, script = ROOT / ".tools" / "bin" / "uv", Path(__file__).with_name("stock_credits.py")
    package = ["--with", "jupyterhub-credit-service==0.4.2", "--with", "jupyterhub==6.1.1"]
    command = [str(uv), "run", "--quiet", "--no-project", "--python", sys.executable, *package, "python", str(script)]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def _start(ledger: Ledger, chance: random.Random, number: int) -> None:
    user, project = f"user-{chance.randrange(USERS)}", f"project:p{chance.randrange(PROJECTS)}"
    ledger.reserve(Wanted(f"lease-{number}", "server", user, "", project, LAB), Instant(0, NOW))


def _race(engine: Engine, ledger: Ledger) -> int:
    with engine.begin() as connection:
        connection.execute(text("UPDATE account SET limit_servers = held_servers + 10000000 WHERE name = 'project:p0'"))
    admitted = []

    def start(number: int) -> None:
        wanted = Wanted(f"race-{number}", "server", f"user-{number}", "", "project:p0", LAB)
        with contextlib.suppress(DoesNotFit):
            admitted.append(ledger.reserve(wanted, Instant(600, NOW)))

    threads = [threading.Thread(target=start, args=(number,)) for number in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(admitted)


def _fill(engine: Engine) -> None:
    """Make the accounts of everybody, with limits that are never reached."""
    accounts = Accounts(engine)
    for number in range(SITES):
        accounts.create("site", f"s{number}", None, "A site", NOW)
        accounts.create("community", f"c{number}", f"site:s{number}", "A community", NOW)
    for number in range(PROJECTS):
        accounts.create("project", f"p{number}", f"community:c{number % SITES}", "A project", NOW)
    community = accounts.find("community:c0").id
    rows = [_row(kind, f"user-{number}", community) for number in range(USERS) for kind in ("person", "ceiling")]
    limits = ", ".join(f"limit_{name} = 1000000000000000000" for name in (*CAPS, *BUDGETS))
    with engine.begin() as connection:
        connection.execute(insert(AccountRow), rows)
        connection.execute(text(f"UPDATE account SET {limits}"))


def _row(kind: str, user: str, community: int) -> dict[str, Any]:
    return {
        "name": f"{kind}:{user}",
        "kind": kind,
        "level": LEVELS[kind],
        "parent_id": community if kind == "person" else None,
        "title": user,
        "created": NOW,
        "sources": {},
    } | _NUMBERS


def _timed(act: Any) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def _databases() -> Iterator[tuple[str, Engine]]:
    with tempfile.TemporaryDirectory() as folder:
        yield "SQLite", make_engine(f"sqlite:///{Path(folder) / 'gaia.sqlite'}")
        with running_postgresql(Path(folder)) as server:
            yield "PostgreSQL", make_engine(new_database(server))


if __name__ == "__main__":
    main()
