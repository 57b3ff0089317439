"""A hundred sandboxes made and destroyed: what is left of them in the hub's database, on disk, among processes."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import sys
import time
from typing import TYPE_CHECKING

from gaia_vre.isolation.processes import INSTANCE_VARIABLE, marked
from tests.benchmarks.measure import Measure
from tests.benchmarks.ours import OurEnvironment
from tests.benchmarks.platforms import ours
from tests.benchmarks.sandboxes import sandbox, somebody

if TYPE_CHECKING:
    from pathlib import Path

TIMES = 100
_SETTLING_SECONDS = 60
"""As long as the reconcile loop may take for what was just destroyed."""
_TABLES = ("spawners", "servers", "api_tokens", "oauth_clients", "users")


def things(state: Path) -> dict[str, int]:
    """Return how many rows of each table, entries of folders and processes there are."""
    file = next((state / "hub").glob("*.sqlite"))
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        rows = {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in _TABLES}
    folders = [state / "sandboxes", state / "logs" / "labs", state / "homes"]
    instance = json.loads((state / "secrets.json").read_text())["instance"]
    entries = {str(folder.relative_to(state)): sum(1 for _ in folder.rglob("*")) for folder in folders}
    return rows | entries | {"processes": len(marked(INSTANCE_VARIABLE, instance))}


def measure() -> Measure:
    platform = ours()
    assert isinstance(platform, OurEnvironment)
    state = platform.folder / "state"
    with somebody(platform) as (_, client):
        sandbox(client)
        before = things(state)
        for _ in range(TIMES):
            sandbox(client)
        after = things(state)
        for _ in range(_SETTLING_SECONDS):
            if after == before:
                break
            time.sleep(1)
            after = things(state)
    left = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    if left:
        print(f"left of {TIMES} sandboxes: {left}", file=sys.stderr)
    count = float(sum(map(abs, left.values())))
    return Measure(f"{TIMES} sandboxes made and destroyed: what is left", "things", [count], [0.0], aim=0.0)
