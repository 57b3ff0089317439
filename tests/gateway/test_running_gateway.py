"""A real gateway and proxy in front of a fake hub; clusters are real processes."""

import asyncio
import contextlib
import os
import subprocess
import sys
import urllib.parse

import dask
import dask.array
import psutil
import pytest

from gaia_vre.core.errors import InvalidInput, Unavailable
from gaia_vre.gateway.connect import cluster
from gaia_vre.isolation.bubblewrap import bubblewrap
from tests.gateway.support import FakeHub, RunningGateway, get, kernel_of, until

CLIENT_CODE = """
from gaia_vre.gateway.connect import cluster
running = cluster(workers=1)
print(running.client.submit(sum, [1, 2]).result())
"""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    # A long path on purpose: Unix sockets end at 107 bytes.
    state = tmp_path_factory.mktemp("state") / ("long-" * 20)
    with FakeHub() as hub, RunningGateway(state, hub, cluster_workers_limit=3, user_clusters_limit=3) as running:
        yield running


@pytest.fixture
def ada(gateway):
    with kernel_of(gateway, "ada"):
        yield
    until(lambda: not gateway.cluster_processes(), 20)


@pytest.fixture
def running(ada):
    with contextlib.closing(cluster(workers=2)) as started:
        yield started


def dashboard_of(gateway, running, page="status"):
    inside = running.dashboard_link.split("/proxy/")[1].partition("/")[2]
    return urllib.parse.urljoin(f"{gateway.settings.addresses.gateway_url}/{inside}", page)


def members(gateway, parents):
    return [each for each in gateway.cluster_processes() if each.ppid() in parents and each.name() != "bwrap"]


def family(gateway):
    """Return launcher, scheduler and nannies of the only cluster that runs; whoever ends meanwhile is none."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return family_now(gateway)
    return family(gateway)


def family_now(gateway):
    shells = {each.pid for each in gateway.cluster_processes() if each.name() == "bwrap"}
    (launcher,) = members(gateway, shells)
    scheduler, *nannies = sorted(members(gateway, {launcher.pid}), key=lambda each: each.create_time())
    return launcher, scheduler, nannies


def test_two_workers_compute_the_right_number(running):
    assert len(running.client.scheduler_info()["workers"]) == 2
    assert dask.array.arange(1000, chunks=100).sum().compute() == 499500
    assert "2 workers, 2 cores, 4.00 GiB" in repr(running)
    assert "Dashboard" in running._repr_html_()


@pytest.mark.skipif(not bubblewrap(), reason="bubblewrap does not work here")
def test_workers_see_their_owners_home_and_no_other(gateway, running):
    gateway.folder.home("eve").mkdir(parents=True, exist_ok=True)
    (seen,) = running.client.run(os.listdir, str(gateway.folder.homes), workers=[first_worker(running)]).values()
    assert seen == ["ada"]
    (files,) = running.client.run(os.listdir, str(gateway.folder.gateway), workers=[first_worker(running)]).values()
    assert files == ["clusters"]
    tokens = running.client.run(lambda: [key for key in os.environ if key.startswith("JUPYTERHUB")])
    assert list(tokens.values()) == [[], []]


def first_worker(running):
    return next(iter(running.client.scheduler_info()["workers"]))


def test_another_user_reaches_nothing_of_a_cluster(gateway, running):
    path = f"clusters/{running.name}"
    assert gateway.api("clusters/", "token-of-eve") == (200, {})
    assert gateway.api(path, "token-of-eve")[0] == 403
    assert gateway.api(path, "token-of-eve", "DELETE")[0] == 403
    assert gateway.api(f"{path}/scale", "token-of-eve", "POST", {"count": 0})[0] == 403
    assert gateway.api(f"{path}/adapt", "token-of-eve", "POST", {"active": False})[0] == 403
    assert gateway.api(f"{path}/heartbeat", "token-of-eve", "POST", {})[0] == 401
    assert gateway.api("clusters/", "token-without-access")[0] == 401
    assert gateway.api("clusters/", "no token")[0] == 401


def test_a_dashboard_opens_only_with_its_owners_link(gateway, running):
    assert running.dashboard_link.startswith("/user/ada/proxy/")
    for page in ("status", "json/counts.json", "individual-plots.json", "info/main/workers.html", "metrics"):
        assert get(dashboard_of(gateway, running, page))[0] == 200
    by_name = f"{gateway.settings.addresses.gateway_url}/clusters/{running.name}"
    for page in ("", "/status", "/json/counts.json", "/info/main/workers.html", "/metrics", "/sitemap.json"):
        assert get(by_name + page)[0] == 404


def test_no_port_of_a_cluster_answers_a_stranger_on_this_machine(gateway, running):
    ports = {
        each.laddr.port
        for process in gateway.cluster_processes()
        for each in process.net_connections("tcp")
        if each.status == "LISTEN"
    }
    assert len(ports) >= 5
    for port in ports:
        for page in ("status", "json/counts.json", "info/main/workers.html", "metrics", "health"):
            assert get(f"http://127.0.0.1:{port}/{page}")[0] in {0, 404}


def test_the_scheduler_takes_no_client_without_the_clusters_key(gateway, running):
    import ssl

    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    port = gateway.settings.addresses.gateway_port
    with pytest.raises(ssl.SSLError):
        _talk(context, port, f"daskgateway-{running.name}")


def _talk(context, port, name):
    import socket

    with (
        socket.create_connection(("127.0.0.1", port), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname=name) as encrypted,
    ):
        encrypted.sendall(b"hello")
        encrypted.recv(1)


def test_scaling_stops_at_the_limit_and_says_so(running):
    with pytest.warns(UserWarning, match="limit of 3 workers"):
        running.scale(10)
    running.client.wait_for_workers(3, timeout=20)
    with pytest.warns(UserWarning, match="limit of 3 workers"):
        running.adapt(minimum=5, maximum=9)
    assert len(running.client.scheduler_info()["workers"]) == 3


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        ({"workers": 4}, "workers: 4 workers asked, at most 3 allowed"),
        ({"workers": -1}, "workers: -1 asked, a whole number from 0 is needed"),
        ({"cores": 5}, "worker_cores: 5 cores asked, at most 4 allowed"),
        ({"memory_gib": 9}, "worker_memory_gib: 9 GiB asked, at most 8 allowed"),
    ],
)
def test_a_refusal_leaves_the_kernel_well(ada, choice, told):
    with pytest.raises(InvalidInput) as refusal:
        cluster(**choice)
    assert str(refusal.value) == told
    with contextlib.closing(cluster(workers=0)) as started:
        assert "0 workers" in repr(started)


def test_a_gateway_that_does_not_answer_is_named(monkeypatch):
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "x")
    known = {"gateway.address": "http://127.0.0.1:9", "gateway.auth.type": "jupyterhub"}
    with dask.config.set(known), pytest.raises(Unavailable, match=r"127\.0\.0\.1:9"):
        cluster()


def test_a_kernel_that_exits_takes_its_clusters_along(gateway):
    environ = {**os.environ, **gateway.client_environment("ada")}
    done = subprocess.run([sys.executable, "-c", CLIENT_CODE], env=environ, capture_output=True, check=True, timeout=60)
    assert done.stdout.strip() == b"3"
    until(lambda: gateway.api("clusters/", "token-of-ada") == (200, {}), 5)
    until(lambda: not gateway.cluster_processes(), 20)


def test_the_panel_of_jupyterlab_starts_and_adapts_clusters(gateway, ada):
    async def use_panel():
        from dask_labextension.manager import make_cluster, make_cluster_model

        started, bounds = await make_cluster({"adapt": {"minimum": 1, "maximum": 2}})
        model = make_cluster_model("id", "name", started, bounds)
        await started.close()
        return model

    model = asyncio.run(use_panel())
    assert model["adapt"] == {"minimum": 1, "maximum": 2}
    assert model["dashboard_link"].startswith("/user/ada/proxy/")


def test_the_service_sees_every_cluster_and_can_end_one(gateway, running):
    assert gateway.api("gaia/clusters", "token-of-eve")[0] == 403
    _, (seen,) = gateway.api("gaia/clusters", "token-of-gaia")
    assert (seen["username"], seen["workers"], seen["status"]) == ("ada", 2, "running")
    assert gateway.api(f"gaia/clusters/{running.name}", "token-of-eve", "DELETE")[0] == 403
    assert gateway.api(f"gaia/clusters/{running.name}", "token-of-gaia", "DELETE")[0] == 204
    until(lambda: not gateway.cluster_processes(), 20)


def test_a_killed_worker_and_a_killed_nanny_are_replaced(gateway, running):
    _, _, (first, second) = family(gateway)
    members(gateway, {first.pid})[0].kill()
    second.kill()
    until(lambda: len(family(gateway)[2]) == 2 and second not in family(gateway)[2], 30)
    running.client.wait_for_workers(2, timeout=30)
    assert running.client.submit(sum, [1, 2]).result(timeout=20) == 3


def test_workers_restart_when_the_user_says_so(running):
    running.client.restart(timeout=30)
    assert running.client.submit(sum, [1, 2]).result(timeout=20) == 3


def test_a_killed_scheduler_ends_its_cluster_and_leaves_nothing(gateway, ada):
    started = cluster(workers=1)
    family(gateway)[1].kill()
    until(lambda: not gateway.cluster_processes(), 20)
    until(lambda: gateway.api("clusters/", "token-of-ada") == (200, {}), 20)
    started.close(shutdown=False)


def test_work_goes_on_while_the_gateway_is_killed_and_started_again(gateway, running):
    before = {each.pid for each in gateway.cluster_processes()}
    gateway.kill("server")
    assert running.client.submit(sum, [1, 2]).result(timeout=20) == 3
    gateway.start("server")
    gateway.wait_until_ready()
    assert before <= {each.pid for each in gateway.cluster_processes()}
    until(lambda: running.name in gateway.api("clusters/", "token-of-ada")[1], 10)
    running.scale(3)
    running.client.wait_for_workers(3, timeout=20)


def test_work_goes_on_after_the_proxy_is_killed_and_started_again(gateway, running):
    gateway.kill("proxy")
    gateway.start("proxy")
    gateway.wait_until_ready()
    until(lambda: running.client.status == "running", 20)
    assert running.client.submit(sum, [1, 3]).result(timeout=20) == 4


def test_another_run_of_the_environment_takes_over_nothing(gateway, ada):
    started = cluster(workers=1)
    gateway.kill("server")
    gateway.environ["GAIA_VRE_INSTANCE"] += "-again"
    gateway.start("server")
    gateway.wait_until_ready()
    until(lambda: gateway.api("clusters/", "token-of-ada") == (200, {}), 10)
    until(lambda: not gateway.cluster_processes(), 10)
    started.close(shutdown=False)


def test_without_bubblewrap_a_killed_launcher_takes_all_along(tmp_path):
    with FakeHub() as hub, RunningGateway(tmp_path, hub, isolation="off") as gateway, kernel_of(gateway, "ada"):
        started = cluster(workers=1)
        oldest = min(gateway.cluster_processes(), key=lambda each: each.create_time())
        oldest.kill()
        until(lambda: not gateway.cluster_processes(), 20)
        until(lambda: gateway.api("clusters/", "token-of-ada") == (200, {}), 20)
        started.close(shutdown=False)


def test_what_died_or_was_forgotten_meanwhile_is_cleaned_at_the_next_start(gateway, ada):
    started = cluster(workers=1)
    gateway.kill("server")
    (gateway.folder.gateway / "gateway.sqlite").unlink()
    gateway.start("server")
    gateway.wait_until_ready()
    until(lambda: not gateway.cluster_processes(), 20)
    assert list((gateway.folder.gateway / "clusters").iterdir()) == []
    started.close(shutdown=False)
