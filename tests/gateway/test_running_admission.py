"""A real gateway that asks a service with a real ledger; it is killed where that hurts most."""

import concurrent.futures
import contextlib
import gc
import time
import warnings
from datetime import UTC, datetime, timedelta

import dask.array
import pytest
from dask_gateway import GatewayWarning

from gaia_vre.core.errors import InvalidInput, Unavailable
from gaia_vre.gateway.connect import cluster
from tests.gateway.fake_service import PROJECT
from tests.gateway.support import FakeHub, RunningGateway, kernel_of, until

# As on one machine, but quicker to ask again.
CONFIG = """
from gaia_vre.core.settings import load_settings
from gaia_vre.gateway.configuration import configure

configure(c, load_settings())
c.GaiaLocalBackend.ask_period = 1.5
c.GaiaLocalBackend.cluster_heartbeat_period = 1
c.GaiaLocalBackend.cluster_heartbeat_timeout = 30
"""


@pytest.fixture(scope="module")
def running_gateway(tmp_path_factory):
    folder = tmp_path_factory.mktemp("admission")
    config = folder / "config.py"
    config.write_text(CONFIG)
    with FakeHub() as hub, RunningGateway(folder / "state", hub, config) as running:
        yield running


@pytest.fixture
def desk(running_gateway):
    desk = running_gateway.service.desk
    desk.allow()
    yield desk
    desk.silent = False
    try:
        until(lambda: not running_gateway.cluster_processes(), 20)
    finally:
        end_clusters(running_gateway)  # what one trial leaves behind fails that one alone
    until(lambda: not desk.live(), 20)
    desk.check()


def end_clusters(gateway):
    for each in gateway.api("gaia/clusters", "token-of-gaia")[1] or []:
        gateway.api(f"gaia/clusters/{each['name']}", "token-of-gaia", "DELETE")


@pytest.fixture
def gateway(running_gateway, desk):
    with kernel_of(running_gateway, "ada"):
        yield running_gateway


def workers_of(gateway):
    _, seen = gateway.api("gaia/clusters", "token-of-gaia")
    return [each["workers"] for each in seen]


def kill_when(gateway, method, path, *, told=False):
    """Kill the gateway once, when it asks this; ``told``: after it was decided, before the answer."""
    service = gateway.service

    def kill(asked, where):
        if asked == method and where.endswith(path):
            service.before = service.after = lambda *_: None
            gateway.kill("server")

    setattr(service, "after" if told else "before", kill)


def start_again(gateway):
    until(lambda: "server" not in gateway.processes, 20)
    gateway.start("server")
    gateway.wait_until_ready()


def test_fewer_workers_than_asked_come_with_the_reason_and_the_rest_when_there_is_room(gateway, desk):
    desk.allow(cores=3)
    with pytest.warns(GatewayWarning, match=r"2 of 5 workers: Ocean heat"):
        started = cluster(workers=5)
    with contextlib.closing(started):
        with pytest.warns(GatewayWarning, match="2 of 6 workers"):
            started.scale(6)
        assert "2 workers, 2 cores, 4.00 GiB, paid by project:ocean; 2 of 6 workers" in repr(started)
        assert "2 of 6 workers" in started._repr_html_()
        desk.allow(cores=5)
        started.client.wait_for_workers(4, timeout=20)
        assert desk.held("cores") == 5


def test_a_refused_cluster_leaves_the_kernel_well(gateway, desk):
    desk.allow(clusters=0)
    for _ in range(2):
        with pytest.raises(InvalidInput, match=r"Ocean heat: 1 Dask clusters asked, 0 of 0 left"):
            cluster()
        gc.collect()
    assert gateway.api("clusters/?status=pending,running,failed", "token-of-ada") == (200, {})
    desk.allow()
    with contextlib.closing(cluster(workers=1)):
        assert dask.array.arange(10, chunks=5).sum().compute() == 45


def test_a_refusal_that_takes_its_time_is_no_silence(gateway, desk, monkeypatch):
    desk.allow(clusters=0)
    monkeypatch.setattr(gateway.service, "before", lambda *_: time.sleep(2.5))
    with pytest.raises(InvalidInput, match="0 of 0 left"):
        cluster()


def test_who_pays_can_be_chosen_and_an_unknown_account_is_named(gateway, desk):
    with pytest.raises(InvalidInput, match="no account 'project:moon'"):
        cluster(account="project:moon")
    with pytest.raises(InvalidInput, match="account: 'no account'"):
        cluster(account="no account")
    with contextlib.closing(cluster(workers=1, account="person:ada")) as started:
        assert started.granted().account == "person:ada"
        assert desk.held("workers", "person:ada") == 1


def test_a_cluster_is_the_child_of_the_lab_it_is_started_from(gateway, desk, monkeypatch):
    monkeypatch.setenv("GAIA_VRE_LEASE", "s-of-ada")
    with contextlib.closing(cluster(workers=0)):
        assert [lease.parent for lease in desk.live()] == ["s-of-ada"]


def test_adaptive_growth_stops_at_the_limit_and_a_lower_one_stops_workers(gateway, desk):
    desk.allow(cores=4)
    with contextlib.closing(cluster(adaptive=(0, 8))) as started:
        futures = started.client.map(time.sleep, [0.5] * 400, pure=False)
        started.client.wait_for_workers(3, timeout=30)
        assert "3 of " in started.granted().message
        desk.allow(cores=2)
        until(lambda: len(started.client.scheduler_info()["workers"]) == 1, 40)
        until(lambda: desk.held("cores") == 2, 10)
        desk.allow(cores=9)
        started.client.wait_for_workers(3, timeout=40)
        started.client.cancel(futures)


def test_clusters_of_one_project_that_race_never_hold_more_than_there_is(gateway, desk):
    desk.allow(cores=7)
    most = []
    with warnings.catch_warnings(), contextlib.ExitStack() as open_clusters:
        warnings.simplefilter("ignore", GatewayWarning)
        started = [open_clusters.enter_context(contextlib.closing(cluster(workers=0))) for _ in range(3)]
        with concurrent.futures.ThreadPoolExecutor(3) as threads:
            growing = threads.map(lambda each: [each.scale(number) for number in (1, 2, 3, 4)], started)
            most.extend(desk.held("cores") for _ in growing)
        until(lambda: sum(workers_of(gateway)) == 4, 20)
        for _ in range(10):
            most.append(desk.held("cores"))
            assert sum(workers_of(gateway)) <= 4
    assert max(most) == 7


def test_while_the_service_is_silent_what_runs_goes_on_and_small_clusters_start(gateway, desk):
    with contextlib.closing(cluster(workers=1)) as before:
        desk.silent = True
        with pytest.warns(GatewayWarning, match="1 of 3 workers: the service"):
            before.scale(3)
        with pytest.warns(GatewayWarning, match="3 of 9 workers: the service"):
            after = cluster(workers=9)
        with contextlib.closing(after):
            assert after.client.submit(sum, [1, 2]).result(timeout=20) == 3
            with pytest.raises(InvalidInput, match="start on at most 4 cores, of which 0 are left"):
                cluster(workers=0)
            desk.silent = False
            before.client.wait_for_workers(3, timeout=20)
            after.client.wait_for_workers(9, timeout=30)
            assert desk.held("workers") == 12


@pytest.mark.parametrize("told", [False, True], ids=["before it is decided", "after it is decided"])
def test_a_gateway_killed_while_it_asks_for_a_cluster_leaves_neither_lease_nor_cluster(gateway, desk, told):
    kill_when(gateway, "POST", "", told=told)
    with pytest.raises(Unavailable):
        cluster(workers=1)
    start_again(gateway)
    until(lambda: not desk.live(), 10)
    assert gateway.api("clusters/", "token-of-ada") == (200, {})


@pytest.mark.parametrize("told", [False, True], ids=["before it is decided", "after it is decided"])
def test_a_gateway_killed_during_growth_ends_up_with_the_lease_of_what_runs(gateway, desk, told):
    with contextlib.closing(cluster(workers=1)) as started:
        kill_when(gateway, "POST", "resize", told=told)
        with contextlib.suppress(Exception):
            started.scale(3)
        start_again(gateway)
        until(lambda: desk.held("workers") == workers_of(gateway)[0] == 1, 20)
        started.scale(3)
        started.client.wait_for_workers(3, timeout=20)
        assert (len(desk.live()), desk.held("workers")) == (1, 3)


@pytest.mark.parametrize("told", [False, True], ids=["before it is decided", "after it is decided"])
def test_a_gateway_killed_while_it_gives_back_loses_no_lease(gateway, desk, told):
    started = cluster(workers=1)
    kill_when(gateway, "DELETE", "", told=told)
    started.close()
    start_again(gateway)
    until(lambda: not desk.live(), 10)
    assert desk.held("cores") == 0


def test_a_gateway_that_was_away_knows_what_was_granted(gateway, desk):
    with contextlib.closing(cluster(workers=2)) as started:
        gateway.kill("server")
        desk.silent = True
        gateway.start("server")
        gateway.wait_until_ready()
        assert started.granted().workers == 2
        assert started.client.submit(sum, [1, 2]).result(timeout=20) == 3
        desk.silent = False
        until(lambda: desk.held("workers") == 2, 10)


def test_a_kept_cluster_outlives_its_kernel_and_its_owner_alone_keeps_it(gateway, desk):
    started = cluster(workers=0)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert started.keep(tomorrow).kept == tomorrow
    path, body = f"gaia/clusters/{started.name}/keep", {"until": None}
    assert gateway.api(path, "token-of-eve", "POST", body)[0] == 404
    assert gateway.api("gaia/clusters", "token-of-gaia")[1][0]["kept"] == tomorrow.isoformat()
    started.close()
    assert started.name in gateway.api("clusters/", "token-of-ada")[1]
    assert gateway.api(f"gaia/clusters/{started.name}", "token-of-gaia", "DELETE")[0] == 204


@pytest.mark.parametrize(
    ("until_when", "told"),
    [
        pytest.param("2020-01-01T00:00:00+00:00", "is not within the next 30 days", id="past"),
        pytest.param("2999-01-01T00:00:00+00:00", "is not within the next 30 days", id="far ahead"),
        pytest.param("2999-01-01", "has no time zone", id="no zone"),
        pytest.param("tomorrow", "'tomorrow' is no instant", id="words"),
        pytest.param(["x"], "is no instant", id="a list"),
    ],
)
def test_a_cluster_is_kept_only_for_a_time(gateway, desk, until_when, told):
    with contextlib.closing(cluster(workers=0)) as started:
        path = f"gaia/clusters/{started.name}/keep"
        status, answer = gateway.api(path, "token-of-ada", "POST", {"until": until_when})
        assert (status, told in answer["error"]) == (422, True)


@pytest.mark.parametrize("bounds", [{"minimum": -1}, {"maximum": 2.5}, {"minimum": True}])
def test_an_adaptive_cluster_needs_whole_numbers(gateway, desk, bounds):
    with contextlib.closing(cluster(workers=0)) as started:
        path = f"clusters/{started.name}/adapt"
        status, answer = gateway.api(path, "token-of-ada", "POST", bounds)
        assert (status, "a whole number from 0 is needed" in answer["error"]) == (409, True)


def test_a_billion_workers_are_no_more_than_one_cluster_may_have(gateway, desk):
    desk.allow(workers=1)
    with contextlib.closing(cluster(workers=0)) as started:
        with pytest.warns(GatewayWarning, match="1 of 40 workers: Ocean heat"):
            started.scale(10**9)
        with pytest.raises(InvalidInput, match="workers: 1e"):
            cluster(workers=10**9)


def test_all_that_was_tried_sums_up(running_gateway, desk):
    desk.check()
    assert desk.held("cores", PROJECT) == 0
