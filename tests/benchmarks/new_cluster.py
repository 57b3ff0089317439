"""P10: from asking for a new cluster to two workers, ours against stock dask-gateway.

Both run in front of the same fake hub, with their own proxy, on this machine, in turns. Stock
is UnsafeLocalBackend with Dask's own commands: no confinement, database in memory.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import dask

from gaia_vre.gateway.connect import cluster
from tests.benchmarks.measure import Measure, table
from tests.gateway.support import FakeHub, RunningGateway, until

RUNS = 3
STOCK = """
c.DaskGateway.address = "127.0.0.1:{api}"
c.DaskGateway.authenticator_class = "dask_gateway_server.auth.JupyterHubAuthenticator"
c.JupyterHubAuthenticator.jupyterhub_service_name = "dask-gateway"
c.Proxy.address = "127.0.0.1:{public}"
c.Proxy.externally_managed = True
c.ClusterConfig.scheduler_cmd = ["{bin}/dask", "scheduler"]
c.ClusterConfig.worker_cmd = ["{bin}/dask", "worker"]
"""


def stock(folder: Path, hub: FakeHub) -> RunningGateway:
    config = folder / "stock_config.py"
    gateway = RunningGateway(folder / "stock", hub, config=config)
    addresses = gateway.settings.addresses
    config.write_text(
        STOCK.format(api=addresses.gateway_api_port, public=addresses.gateway_port, bin=Path(sys.executable).parent)
    )
    return gateway


def known(gateway: RunningGateway) -> dask.config.set:
    """Tell this process how to reach the gateway, as ada."""
    os.environ["JUPYTERHUB_API_TOKEN"] = "token-of-ada"
    address = gateway.settings.addresses.gateway_url
    return dask.config.set(
        {
            "gateway.address": address,
            "gateway.proxy-address": address.replace("http", "gateway"),
            "gateway.auth.type": "jupyterhub",
        }
    )


def time_ours(gateway: RunningGateway) -> float:
    with known(gateway):
        start = time.perf_counter()
        running = cluster(workers=2)
        seconds = time.perf_counter() - start
        running.close()
    until(lambda: not gateway.cluster_processes(), 30)
    return seconds


def time_stock(gateway: RunningGateway) -> float:
    from dask_gateway import Gateway

    with known(gateway):
        start = time.perf_counter()
        client_side = Gateway()
        running = client_side.new_cluster()
        running.scale(2)
        client = running.get_client()
        client.wait_for_workers(2, timeout=120)
        seconds = time.perf_counter() - start
        running.close()
        client_side.close()
    time.sleep(3)  # its processes end on their own time
    return seconds


def measure() -> Measure:
    """Return seconds from asking to two workers, ours and stock in turns."""
    with (
        tempfile.TemporaryDirectory(prefix="gaia-") as folder,
        FakeHub() as hub,
        RunningGateway(Path(folder) / "ours", hub) as ours,
        stock(Path(folder), hub) as theirs,
    ):
        times = [(time_ours(ours), time_stock(theirs)) for _ in range(RUNS)]
    ours_s, stock_s = zip(*times, strict=True)
    return Measure("P10 new cluster to 2 workers", "s", list(ours_s), list(stock_s), aim=0.40)


if __name__ == "__main__":
    print(table([measure()]))
