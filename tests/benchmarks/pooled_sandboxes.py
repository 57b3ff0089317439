"""Sandboxes that were started ahead: how long it takes to get one, against a normal lab of ours."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from gaia_vre.isolation.keeper import WAITING
from tests.benchmarks.measure import Measure
from tests.benchmarks.platforms import pooled
from tests.benchmarks.sandboxes import lab, sandbox, somebody

if TYPE_CHECKING:
    from pathlib import Path

_TIMES = 7
_PATIENCE_SECONDS = 60.0
_IMPORTING_SECONDS = 5.0
"""After this one that waits has imported all that it can, and the machine is calm."""


def until_one_waits(sandboxes: Path) -> None:
    """Wait until a sandbox is ready to be somebody's."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not list(sandboxes.glob(f"*/{WAITING}")):
        if time.monotonic() > deadline:
            raise TimeoutError("no sandbox is started ahead")
        time.sleep(0.1)
    time.sleep(_IMPORTING_SECONDS)


def measure() -> Measure:
    platform = pooled()
    pairs = []
    with somebody(platform) as (username, client):
        lab(username, client), sandbox(client)  # warm the disk
        for _ in range(_TIMES):
            until_one_waits(platform.folder / "state" / "sandboxes")
            pairs.append((sandbox(client), lab(username, client)))
    sandboxes, labs = zip(*pairs, strict=True)
    return Measure("sandbox that was started ahead, against a lab of ours", "s", list(sandboxes), list(labs), aim=0.3)
