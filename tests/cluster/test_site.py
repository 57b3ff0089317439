"""What people do at a site on Kubernetes, done at a real one."""

from __future__ import annotations

import io
import json
import os
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gaia_vre.database.engine import make_engine
from gaia_vre.database.migrate import differences
from gaia_vre.database.restore import restore
from tests.support.environment import until
from tests.support.lab_client import LabClient, LabError
from tests.support.site import Site

SignIn = Callable[[str], LabClient]
LABS = int(os.environ.get("GAIA_CLUSTER_LABS", "3"))
"""How many labs run while the hub is replaced."""


def test_the_charts_own_test_passes(site: Site) -> None:
    command = ["helm", "test", site.namespace, "--namespace", site.namespace, "--logs"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WRONG" not in done.stdout


def test_a_lab_knows_the_catalog_without_set_up(sign_in: SignIn) -> None:
    lab = sign_in("ada")
    lab.start_server({"size": "small"}, seconds=180)
    with lab.open_notebook() as kernel:
        reply = kernel.execute("import gaia_vre as gaia; print(float(gaia.open('oisst-1981-12-31').sst.max()) > 20)")
        assert reply.text.strip().endswith("True"), reply.text


def test_two_workers_compute_the_right_number(site: Site, sign_in: SignIn) -> None:
    lab = sign_in("ada")
    lab.start_server({"size": "small"}, seconds=180)
    code = (
        "import gaia_vre as gaia, dask.array as da\n"
        "cluster = gaia.cluster(workers=2)\n"
        "cluster.get_client().wait_for_workers(2, timeout=180)\n"
        "total = int(da.arange(10_000_000, chunks=500_000).sum().compute())\n"
        "workers = len(cluster.scheduler_info['workers'])\n"
        "cluster.close()\n"
        "print(total, workers)"
    )
    with lab.open_notebook() as kernel:
        reply = kernel.execute(code, seconds=300)
    assert reply.text.strip().endswith("49999995000000 2"), reply.text
    until(lambda: not dask_pods(site), 90, "nothing of the cluster is left")


def test_a_cluster_computes_on_while_gateway_and_controller_are_replaced(site: Site, sign_in: SignIn) -> None:
    lab = sign_in("ada")
    lab.start_server({"size": "small"}, seconds=180)
    begin = (
        "import gaia_vre as gaia\n"
        "cluster = gaia.cluster(workers=1)\n"
        "client = cluster.get_client()\n"
        "client.wait_for_workers(1, timeout=180)\n"
        "print(client.submit(sum, [1, 2]).result())"
    )
    with lab.open_notebook() as kernel:
        assert kernel.execute(begin, seconds=300).text.strip().endswith("3")
        before = dask_pods(site)
        site.kubectl("delete", "pod", "--selector", "app.kubernetes.io/component in (gateway,controller)")
        for name in ("api-dask-gateway", "controller-dask-gateway"):
            site.kubectl("rollout", "status", f"deployment/{name}", "--timeout", "180s")
        assert kernel.execute("print(client.submit(sum, [3, 4]).result())").text.strip().endswith("7")
        assert dask_pods(site) == before
        kernel.execute("cluster.close()", seconds=120)
    until(lambda: not dask_pods(site), 90, "nothing of the cluster is left")


def dask_pods(site: Site) -> list[str]:
    found = site.get("pods", "--selector", "app.kubernetes.io/name=dask-gateway", namespace=site.users)["items"]
    return [pod["metadata"]["name"] for pod in found]


def test_a_start_over_a_cap_is_refused_in_words_and_leaves_no_pod(site: Site, sign_in: SignIn) -> None:
    lab = sign_in("grace")
    with pytest.raises(LabError, match=r"community:everybody|6 cores|of 6"):
        lab.start_server({"size": "vast"}, seconds=60)
    assert not any("grace" in pod for pod in site.lab_pods())
    lab.start_server({"size": "small"}, seconds=180)


def test_labs_run_on_while_the_hub_is_replaced(site: Site, sign_in: SignIn) -> None:
    labs = [sign_in(f"person{number}") for number in range(LABS)]
    with ThreadPoolExecutor(4) as starting:
        list(starting.map(lambda lab: lab.start_server({"size": "tiny"}, seconds=300), labs))
    before = site.lab_pods()
    assert len(before) == LABS
    replaced = threading.Event()
    with ThreadPoolExecutor(LABS) as asking, labs[0].open_notebook() as kernel:
        kernel.execute("x = 41")
        lost = [asking.submit(lost_until, replaced, lab) for lab in labs]
        try:
            site.kubectl("delete", "pod", "--selector", "component=hub")
            site.kubectl("rollout", "status", "deployment/hub", "--timeout", "180s")
        finally:
            replaced.set()
        assert kernel.execute("print(x + 1)").text.strip() == "42"
    assert [each.result() for each in lost] == [[]] * LABS
    assert site.lab_pods() == before


def lost_until(ended: threading.Event, lab: LabClient) -> list[int]:
    """Ask a lab again and again, and return the answers that were not right."""
    lost = []
    while not ended.wait(0.5):
        status = lab.api("GET", "kernels").status_code
        if status != 200:
            lost.append(status)
    return lost


def test_the_database_is_backed_up_while_the_service_works(site: Site, tmp_path: Path) -> None:
    command = ["kubectl", "--namespace", site.namespace, "exec", "deployment/gaia-service", "--container", "service"]
    made = subprocess.run([*command, "--", "gaia-vre", "database", "backup", "-"], check=True, capture_output=True)
    engine = make_engine(f"sqlite:///{tmp_path / 'gaia.sqlite'}")
    assert restore(engine, Path("-"), io.BytesIO(made.stdout)) > 0
    assert differences(engine) == []
    engine.dispose()


REACH = """
import json, socket

def reaches(host, port):
    try:
        socket.create_connection((host, port), 3).close()
        return True
    except OSError:
        return False

print(json.dumps([reaches(host, port) for host, port in {targets!r}]))
"""


def test_network_policies_block_what_labs_must_not_reach_and_nothing_else(site: Site, sign_in: SignIn) -> None:
    ada, grace = sign_in("ada"), sign_in("grace")
    for lab in (ada, grace):
        lab.start_server({"size": "small"}, seconds=180)
    api = site.get("service", "kubernetes", namespace="default")["spec"]["clusterIP"]
    proxy = site.get("service", "proxy-api")["spec"]["clusterIP"]
    shut = {
        "metadata of the cloud": ("169.254.169.254", 80),
        "API server": (api, 443),
        "another lab": (site.pod("grace")["status"]["podIP"], 8888),
        "API of the proxy": (proxy, 8001),
        "gateway behind its router": (f"api-dask-gateway.{site.namespace}", 8000),
    }
    open_ = {
        "hub": (f"hub.{site.namespace}", 8081),
        "router of the gateway": (f"traefik-dask-gateway.{site.namespace}", 80),
        "service": (f"gaia-service.{site.namespace}", 8000),
    }
    with ada.open_notebook() as kernel:
        reply = kernel.execute(REACH.format(targets=[*shut.values(), *open_.values()]))
    found = dict(zip([*shut, *open_], json.loads(reply.text), strict=True))
    assert found == dict.fromkeys(shut, False) | dict.fromkeys(open_, True)
