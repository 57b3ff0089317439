"""P11: the second computation on two workers of the gateway, against two of a LocalCluster.

Once with next to no traffic between the workers, and once with half of the data crossing:
the gateway's workers talk TLS, those of a LocalCluster do not.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import dask.array
from distributed import Client, LocalCluster

from gaia_vre.gateway.connect import cluster
from tests.benchmarks.measure import Measure, table
from tests.benchmarks.new_cluster import known
from tests.gateway.support import FakeHub, RunningGateway

RUNS = 5


def reduction(client: Any) -> None:
    numbers = dask.array.random.random((20_000, 10_000), chunks=2_000)
    client.compute((numbers**2).mean(axis=0).std()).result()


def exchange(client: Any) -> None:
    numbers = dask.array.random.random((12_000, 12_000), chunks=1_500)
    client.compute(((numbers + numbers.T) ** 2).mean(axis=0).std()).result()


def timed(work: Any, client: Any) -> float:
    start = time.perf_counter()
    work(client)
    return time.perf_counter() - start


def compare(name: str, work: Any, gateway: Any, local: Any) -> Measure:
    for client in (gateway, local):
        work(client)
    times = [(timed(work, gateway), timed(work, local)) for _ in range(RUNS)]
    ours_s, local_s = zip(*times, strict=True)
    return Measure(f"P11 second computation, {name}, against LocalCluster", "s", list(ours_s), list(local_s), aim=1.05)


def measures() -> list[Measure]:
    """Return seconds of the second computation on two workers, with little and with much traffic between them."""
    with (
        tempfile.TemporaryDirectory(prefix="gaia-") as folder,
        FakeHub() as hub,
        RunningGateway(Path(folder), hub) as gateway,
        LocalCluster(n_workers=2, threads_per_worker=1, memory_limit="2GiB", dashboard_address="127.0.0.1:0") as local,
        Client(local) as client,
        known(gateway),
    ):
        ours = cluster(workers=2)
        found = [compare(work.__name__, work, ours.client, client) for work in (reduction, exchange)]
        ours.close()
    return found


if __name__ == "__main__":
    print(table(measures()))
