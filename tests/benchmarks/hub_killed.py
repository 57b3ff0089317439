"""P16: kill -9 of the hub; how long a person's running lab is out of reach."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.benchmarks.driver import alternately, first_visit, run
from tests.benchmarks.measure import Measure
from tests.benchmarks.waiting import until_login_page

if TYPE_CHECKING:
    from tests.benchmarks.platforms import Platform
    from tests.support.lab_client import LabClient

WATCHED_SECONDS = 15
_BETWEEN_SECONDS = 0.02


def lost(platform: Platform) -> float:
    """Return the seconds during which requests to a running lab failed after the hub was killed."""
    with first_visit(platform) as (client, kernel):
        run(kernel, "1 + 1")
        platform.kill_hub()
        seconds = _seconds_out_of_reach(client)
        until_login_page(platform.url)
        time.sleep(2)
    return seconds


def _seconds_out_of_reach(client: LabClient) -> float:
    lost_seconds, end = 0.0, time.monotonic() + WATCHED_SECONDS
    while time.monotonic() < end:
        begin = time.monotonic()
        reached = _reached(client)
        time.sleep(_BETWEEN_SECONDS)
        if not reached:
            lost_seconds += time.monotonic() - begin
    return lost_seconds


def _reached(client: LabClient) -> bool:
    import httpx2

    try:
        return client.api("GET", "status", timeout=2, follow_redirects=False).status_code == 200
    except httpx2.HTTPError:
        return False


def measure() -> Measure:
    return Measure("P16 kill -9 of the hub, lab out of reach", "s", *alternately(lost, times=2), aim=0.0)
