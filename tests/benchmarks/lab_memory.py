"""P4: memory of a lab with one idle kernel: server and kernel, shared pages counted in part."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.benchmarks.driver import alternately, first_visit, memory_mb, run
from tests.benchmarks.measure import Measure

if TYPE_CHECKING:
    from tests.benchmarks.platforms import Platform


def idle(platform: Platform) -> float:
    """Return the memory of a lab a few seconds after its first cell, in MB."""
    with first_visit(platform) as (client, kernel):
        run(kernel, "1 + 1")
        time.sleep(3)
        return memory_mb(client.username)


def measure() -> Measure:
    return Measure("P4 memory of an idle lab with one kernel (PSS)", "MB", *alternately(idle, times=3), aim=0.7)
