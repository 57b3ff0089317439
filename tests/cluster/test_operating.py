"""What operators do to a site, and what a cluster does to it, while people work."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx2
import pytest

from tests.cluster.test_site import dask_pods
from tests.support.environment import until
from tests.support.lab_client import LabClient
from tests.support.site import Site, upgraded

SignIn = Callable[[str], LabClient]

RUN_SECONDS = 200
"""The API server tells moments to the second: less could not show 2 %."""
CLUSTER = """
import gaia_vre as gaia
cluster = gaia.cluster(workers=1)
client = cluster.get_client()
client.wait_for_workers(1, timeout=180)
print(client.submit(sum, [1, 2]).result())
"""


# Accounting --------------------------------------------------------------------------------------


def test_a_lab_is_charged_for_as_long_as_its_pod_was_there(site: Site, sign_in: SignIn) -> None:
    lab = sign_in("meter")
    with lab.service() as api:
        before = core_seconds(api)
        lab.start_server({"size": "small"}, seconds=180)
        created = site.pod("meter")["metadata"]["creationTimestamp"]
        until(lambda: age(created) > RUN_SECONDS, 2 * RUN_SECONDS, "it ran a while")
        lab.stop_server(120)
        ran = age(created)
        until(lambda: not api.get("/quotas/usage").json()["holds"], 120, "the lease has ended")
        charged = core_seconds(api) - before
    assert charged == pytest.approx(ran, rel=0.02)


def core_seconds(api: httpx2.Client) -> float:
    rows = api.get("/quotas/history").json()["rows"]
    return sum(float(row["core_hours"]) for row in rows) * 3600


def age(moment: str) -> float:
    """Return how many seconds ago a moment was."""
    return time.time() - datetime.fromisoformat(moment).timestamp()


def pod_of(site: Site, selector: str) -> Any:
    [found] = site.get("pods", "--selector", selector)["items"]
    return found["metadata"]["uid"], [one["restartCount"] for one in found["status"]["containerStatuses"]]


# Upgrade, rollback, drain ------------------------------------------------------------------------


def test_an_upgrade_and_a_rollback_keep_what_runs(site: Site, sign_in: SignIn) -> None:
    ada, bob = sign_in("ada"), sign_in("bob")
    ada.start_server({"size": "small"}, seconds=180)
    with ada.open_notebook() as kernel, bob.service() as api:
        assert kernel.execute(CLUSTER, seconds=300).text.strip().endswith("3")
        sandbox = api.post("/sandboxes", json={}).json()
        until(lambda: api.get(f"/sandboxes/{sandbox['id']}").json()["state"] == "running", 120, "the sandbox runs")
        before = sorted(pod["metadata"]["uid"] for pod in site.get("pods", namespace=site.users)["items"])
        with upgraded(site, "jupyterhub.custom.gaia.service.catalog_anonymous=false"):
            after = sorted(pod["metadata"]["uid"] for pod in site.get("pods", namespace=site.users)["items"])
            assert after == before
            assert kernel.execute("print(client.submit(sum, [3, 4]).result())").text.strip().endswith("7")
        assert kernel.execute("print(client.submit(sum, [5, 6]).result())").text.strip().endswith("11")
        kernel.execute("cluster.close()", seconds=120)
        api.delete(f"/sandboxes/{sandbox['id']}")
    until(lambda: not dask_pods(site), 90, "nothing of the cluster is left")


def test_a_drained_node_is_the_told_reason_and_holds_nothing(site: Site, sign_in: SignIn) -> None:
    lab = sign_in("ada")
    lab.start_server({"size": "small"}, seconds=180)
    lab.upload("kept.txt", "still there")
    node = site.pod("ada")["spec"]["nodeName"]
    try:
        site.kubectl("drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--force", "--timeout", "180s")
    finally:
        site.kubectl("uncordon", node)
    for name in ("proxy", "hub", "service"):
        site.recovered(name, 0)
    with lab.service() as api:
        until(lambda: api.get("/quotas/usage").status_code == 200, 60, "the service is reached")
        until(lambda: not api.get("/quotas/usage").json()["holds"], 180, "nothing is held")
        # With one node the hub that could have told went with the lab.
        until(lambda: api.get("/endings").json()[0]["name"] == "", 60, "the end is known")
        assert api.get("/endings").json()[0]["reason"] in {"node", "lost"}
    lab.start_server({"size": "small"}, seconds=180)
    assert lab.api("GET", "contents/kept.txt").json()["content"] == "still there"
