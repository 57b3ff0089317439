"""Sandboxes: how long a start takes against a normal lab of ours, and what many leave behind."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx2

from tests.benchmarks.measure import Measure
from tests.benchmarks.platforms import newcomer, ours
from tests.support.lab_client import LabClient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.benchmarks.platforms import Platform

_TIMES = 7
_PATIENCE_SECONDS = 120.0
_CALM_SECONDS = 1.0
"""What ended before has then been cleared away."""


@contextmanager
def somebody(platform: Platform) -> Iterator[tuple[str, httpx2.Client]]:
    """Return a new person and what asks hub and service with a token of theirs."""
    username = newcomer()
    with LabClient(platform.url) as browser:
        browser.login(username, platform.password(username))
        asked = browser.http.post(
            f"/hub/api/users/{username}/tokens", json={"note": "benchmark"}, headers=browser._headers("/hub/")
        )
    headers = {"Authorization": f"token {asked.json()['token']}"}
    with httpx2.Client(base_url=platform.url, headers=headers, timeout=60, trust_env=False) as client:
        yield username, client


def until_ready(client: httpx2.Client, user: str, name: str = "") -> None:
    """Wait, as a page does, for the hub's word that a server is ready: it comes by itself, and disturbs no start."""
    path = f"/hub/api/users/{user}/{f'servers/{name}' if name else 'server'}/progress"
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with client.stream("GET", path) as events:
            told = (json.loads(line[5:]) for line in events.iter_lines() if line.startswith("data:"))
            if events.status_code == 200 and any(one.get("ready") for one in told):
                return
        time.sleep(0.02)  # the hub has not heard of it yet
    raise TimeoutError(f"{name!r} is not ready")


def lab(username: str, client: httpx2.Client) -> float:
    """Start and stop a normal lab; return the seconds of the start.

    Who asks the hub for it waits for the answer until it is ready, who asks for a sandbox does not: both are
    asked for by one and watched by another, as pages do.
    """
    time.sleep(_CALM_SECONDS)
    with ThreadPoolExecutor(1) as asking:
        begin = time.perf_counter()
        asked = asking.submit(client.post, f"/hub/api/users/{username}/server")
        until_ready(client, username)
        seconds = time.perf_counter() - begin
        asked.result().raise_for_status()
    while client.delete(f"/hub/api/users/{username}/server").status_code == 202:
        time.sleep(0.1)
    return seconds


def sandbox(client: httpx2.Client) -> float:
    """Make and destroy a sandbox; return the seconds of the start."""
    time.sleep(_CALM_SECONDS)
    begin = time.perf_counter()
    made = client.post("/services/gaia/api/sandboxes", json={}).json()
    until_ready(client, made["server"], made["server"])
    seconds = time.perf_counter() - begin
    address = f"/services/gaia/api/sandboxes/{made['id']}"
    client.delete(address)
    while client.get(address).json()["state"] != "destroyed":
        time.sleep(0.1)
    return seconds


def measure() -> Measure:
    with somebody(ours()) as (username, client):
        lab(username, client), sandbox(client)  # warm the disk
        pairs = [(sandbox(client), lab(username, client)) for _ in range(_TIMES)]
    sandboxes, labs = zip(*pairs, strict=True)
    return Measure("sandbox start, against a normal lab of ours", "s", list(sandboxes), list(labs), aim=1.1)
