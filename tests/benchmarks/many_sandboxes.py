"""A hundred sandboxes made and destroyed: what is left of them in both databases, on disk, among processes.

The service keeps one line of each as its history, which is not counted.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from gaia_vre.isolation.processes import INSTANCE_VARIABLE, marked
from tests.benchmarks.measure import Measure
from tests.benchmarks.ours import OurEnvironment
from tests.benchmarks.platforms import ours
from tests.benchmarks.sandboxes import sandbox, somebody

if TYPE_CHECKING:
    from collections.abc import Iterable

TIMES = 100
_SETTLING_SECONDS = 60
"""As long as the reconcile loop may take for what was just destroyed."""
_CALM_LOOKS = 5
"""So many looks, a second apart, have to find the same before the beginning is taken for one."""
_PATIENCE_LOOKS = 300
_FILLING = "gaia_vre.cli catalog"
"""The command that `gaia-vre up` fills the catalog with, which ends when it has."""
_TABLES = ("spawners", "servers", "api_tokens", "oauth_clients", "users")
_LIVE = ("running", "lease WHERE state != 'ended'", "sandbox WHERE state != 'destroyed'")


def things(state: Path) -> dict[str, int]:
    """Return how many rows of each table, entries of folders and processes there are."""
    hub = counted(next((state / "hub").glob("*.sqlite")), _TABLES)
    live = counted(state / "service" / "gaia.sqlite", _LIVE)
    folders = [state / "sandboxes", state / "logs" / "labs", state / "homes"]
    instance = json.loads((state / "secrets.json").read_text())["instance"]
    entries = {str(folder.relative_to(state)): sum(1 for _ in folder.rglob("*")) for folder in folders}
    return hub | live | entries | dict(Counter(map(command, marked(INSTANCE_VARIABLE, instance))))


def command(process: psutil.Process) -> str:
    """Return what a process is, in a word."""
    try:
        return " ".join(Path(word).name for word in process.cmdline()[:4])
    except psutil.Error:
        return "ended"


def counted(file: Path, tables: Iterable[str]) -> dict[str, int]:
    """Return how many rows of each table there are."""
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        return {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}


def calm(state: Path) -> dict[str, int]:
    """Return what there is once nothing comes or goes: the catalog is filled, and the first sandbox has ended."""
    looks = [things(state)]
    while len(looks) < _PATIENCE_LOOKS and not _is_calm(looks):
        time.sleep(1)
        looks.append(things(state))
    return looks[-1]


def _is_calm(looks: list[dict[str, int]]) -> bool:
    last = looks[-_CALM_LOOKS:]
    return last == looks[-1:] * _CALM_LOOKS and not any(_FILLING in name for name in looks[-1])


def measure() -> Measure:
    platform = ours()
    assert isinstance(platform, OurEnvironment)
    state = platform.folder / "state"
    with somebody(platform) as (_, client):
        sandbox(client)
        before = calm(state)
        begin = time.monotonic()
        for _ in range(TIMES):
            sandbox(client)
        seconds = time.monotonic() - begin
        after = things(state)
        for _ in range(_SETTLING_SECONDS):
            if after == before:
                break
            time.sleep(1)
            after = things(state)
    names = {*before, *after}
    left = {name: after.get(name, 0) - before.get(name, 0) for name in names if after.get(name) != before.get(name)}
    print(f"{TIMES} sandboxes one after the other: {seconds:.0f} s; before and after: {before}", file=sys.stderr)
    if left:
        print(f"left of {TIMES} sandboxes: {left}", file=sys.stderr)
    count = float(sum(map(abs, left.values())))
    return Measure(f"{TIMES} sandboxes made and destroyed: what is left", "things", [count], [0.0], aim=0.0)
