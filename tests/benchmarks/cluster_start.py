"""The start of a lab on a cluster, and the hub's CPU for it: our release against one of zero-to-jupyterhub alone.

python -m tests.benchmarks.cluster_start

KUBECONFIG, GAIA_CLUSTER_VALUES and GAIA_CLUSTER_NAMESPACE are those of the tests on a cluster. The stock release has
the same chart, images, resources and kind of home; it takes any name at sign-in and asks nothing at the start.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.lab_client import LabClient
from tests.support.site import CHART, Site, a_site, forwarded, helm

STARTS = 10
_STOCK = "gaia-stock"
_TICKS = os.sysconf("SC_CLK_TCK")
_OURS = "/opt/gaia-vre/etc/jupyterhub/jupyterhub_config.d"
_CPU = "import sys; print(sum(map(int, open('/proc/1/stat').read().rpartition(')')[2].split()[11:13])))"


@dataclass
class Release:
    """A release with its labs, and what was measured of it."""

    name: str
    site: Site
    password: str
    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def start(self, number: int) -> None:
        """Start and stop the lab of a person who had one before, so that no volume is waited for."""
        with LabClient(self.site.url) as lab:
            lab.login(f"bench{number % 2}", self.password)
            before, begin = self.hub_seconds(), time.perf_counter()
            lab.start_server({"size": "small"} if self.name == "ours" else None, seconds=180)
            seconds = time.perf_counter() - begin
            if number >= 2:  # the first of each person makes the volume
                self.seconds.append(seconds)
                self.cpu.append(self.hub_seconds() - before)
            lab.stop_server(120)

    def hub_seconds(self) -> float:
        return int(self.site.kubectl("exec", "deployment/hub", "--", "python3", "-c", _CPU)) / _TICKS


def stock_values(ours: dict[str, Any]) -> dict[str, Any]:
    """Return values of the official chart that make of our images a JupyterHub of its own."""
    hub = ours["jupyterhub"]
    image = hub["singleuser"]["image"]
    return {
        "hub": {
            "image": hub["hub"]["image"],
            "db": {"pvc": {"storage": "1Gi"}},
            # Our configuration is in the image: nothing of it is read there.
            "extraVolumes": [{"name": "none", "emptyDir": {}}],
            "extraVolumeMounts": [{"name": "none", "mountPath": _OURS}],
        },
        "proxy": {"chp": hub["proxy"]["chp"], "service": {"type": "ClusterIP"}},
        "singleuser": {
            "image": image,
            "cmd": "jupyterhub-singleuser",
            "storage": {"capacity": "1Gi"},
            "cloudMetadata": {"blockWithIptables": False},
            "cpu": {"limit": 1, "guarantee": 0.1},
            "memory": {"limit": "1G", "guarantee": "1G"},
        },
        "scheduling": {"userScheduler": {"enabled": False}},
        "prePuller": {"hook": {"enabled": False}, "continuous": {"enabled": False}},
    }


def install_stock(namespace: str) -> None:
    """Install the official chart, and wait until it is ready."""
    ours: dict[str, Any] = {}
    for file in os.environ["GAIA_CLUSTER_VALUES"].split(os.pathsep):
        ours |= yaml.safe_load(Path(file).read_text())
    [chart] = (CHART / "charts").glob("jupyterhub-*.tgz")
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(stock_values(ours), file)
        file.flush()
        helm("upgrade", "--install", "stock", str(chart), "--create-namespace", "-f", file.name, namespace=namespace)


def main() -> int:
    """Measure one after the other, so that the noise of the machine falls on both."""
    install_stock(_STOCK)
    try:
        with a_site() as ours, forwarded(_STOCK) as url:
            both = [Release("ours", ours, ours.password()), Release("stock", Site(_STOCK, url), "any")]
            for number in range(STARTS + 2):
                for release in both:
                    release.start(number)
    finally:
        subprocess.run(["kubectl", "delete", "namespace", _STOCK], check=False, stdout=subprocess.DEVNULL)
    for what, unit, values in (("start of a lab", "s", "seconds"), ("hub CPU of a start", "s", "cpu")):
        mine, theirs = (statistics.median(getattr(each, values)) for each in both)
        print(f"{what:<20} ours {mine:.2f} {unit}, stock {theirs:.2f} {unit}, ratio {mine / theirs:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
