import asyncio
from types import SimpleNamespace

import pytest
from dask_gateway import GatewayCluster
from dask_gateway_server.backends.base import PublicException
from dask_gateway_server.backends.db_base import DataManager, JobStatus
from dask_gateway_server.models import User
from traitlets.config import Config

from gaia_vre.core.settings import parse_settings
from gaia_vre.gateway.backend import GaiaLocalBackend
from gaia_vre.gateway.configuration import configure
from gaia_vre.gateway.panel import Cluster
from gaia_vre.isolation.bubblewrap import bubblewrap
from tests.gateway.fake_service import Desk, admission_of

ADA, EVE = User("ada"), User("eve")


class Queue(list):
    """Takes what the reconcilers would work on."""

    put = list.append


@pytest.fixture
def backend(tmp_path):
    config = Config()
    settings = {"state": str(tmp_path), "dask": {"user_clusters_limit": 2, "cluster_workers_limit": 3}}
    configure(config, parse_settings(settings))
    backend = GaiaLocalBackend(config=config)
    backend.db = DataManager()
    backend.queue = Queue()
    desk = Desk(tmp_path / "service")
    backend.open_admission(admission_of(desk))
    yield backend
    backend.db.db.dispose()
    desk.close()


def heartbeat(count, active=()):
    addresses = dict.fromkeys(("api_address", "scheduler_address", "dashboard_address"), "tls://127.0.0.1:1")
    return {**addresses, "count": count, "active_workers": active, "closing_workers": (), "closed_workers": ()}


def start(backend, user, **options):
    return backend.db.get_cluster(asyncio.run(backend.start_cluster(user, options)))


def test_one_user_holds_only_so_many_clusters(backend):
    first = start(backend, ADA)
    start(backend, ADA)
    with pytest.raises(PublicException, match="2 clusters of ada are running and at most 2 may") as refusal:
        start(backend, ADA)
    assert first.name in str(refusal.value)
    start(backend, EVE)


def test_a_closed_cluster_makes_room_at_once(backend):
    first = start(backend, ADA)
    start(backend, ADA)
    asyncio.run(backend.stop_cluster(first.name))
    start(backend, ADA)


@pytest.mark.parametrize(("claimed", "granted"), [(2, 2), (100, 3), (-5, 0)])
def test_a_scheduler_gets_no_more_workers_than_the_limit(backend, claimed, granted):
    cluster = start(backend, ADA)
    asyncio.run(backend.on_cluster_heartbeat(cluster.name, heartbeat(claimed)))
    assert cluster.count == granted


def test_a_refused_option_is_told_to_the_user(backend):
    with pytest.raises(PublicException, match="workers: 4 workers asked, at most 3 allowed"):
        start(backend, ADA, workers=4)


def test_the_dashboard_is_told_to_the_owner_with_its_secret(backend):
    cluster = start(backend, ADA)
    backend.db.update_cluster(cluster, status=JobStatus.RUNNING, dashboard_address="http://127.0.0.1:1")
    (told,) = asyncio.run(backend.list_clusters(username="ada"))
    route = told.to_dict()["dashboard_route"]
    assert route.startswith(f"/clusters/{cluster.name}/")
    assert len(route.split("/")[3]) == 32
    assert cluster.token not in route


def test_processes_get_no_variable_that_is_not_listed(backend, monkeypatch):
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "secret")
    monkeypatch.setenv("DASK_GATEWAY_PROXY_TOKEN", "secret")
    monkeypatch.setenv("GAIA_VRE_INSTANCE", "this-one")
    backend.api_url = "http://127.0.0.1:1/api"
    cluster = start(backend, ADA)
    cluster.state = {"workdir": "/x"}
    env = backend.get_scheduler_env(cluster)
    assert "secret" not in env.values()
    assert env["GAIA_VRE_INSTANCE"] == "this-one"
    assert env["HOME"] == f"{backend.homes_directory}/ada"


@pytest.mark.skipif(not bubblewrap(), reason="bubblewrap does not work here")
def test_a_cluster_can_write_only_its_home_and_its_scratch(backend):
    cluster = start(backend, EVE)
    argv = backend.confine(cluster, ["true"])
    written = [argv[at + 1] for at, word in enumerate(argv) if word == "--bind"]
    folder = f"{backend.clusters_directory}/{cluster.name}"
    assert written == [f"{backend.homes_directory}/eve", f"{folder}/scratch"]
    assert argv[-2:] == ["--", "true"]


def test_without_isolation_the_command_stays_as_it_is(backend):
    backend.isolation = "off"
    assert backend.confine(SimpleNamespace(name="x", username="ada", options={}), ["true"]) == ["true"]


def test_the_panel_of_jupyterlab_starts_children_of_the_lab(monkeypatch):
    given = {}
    monkeypatch.setenv("GAIA_VRE_LEASE", "s-of-ada")
    monkeypatch.setattr(GatewayCluster, "__init__", lambda _, **options: given.update(options))
    monkeypatch.setattr(GatewayCluster, "__del__", lambda _: None)
    Cluster(workers=1)
    assert given == {"workers": 1, "lease": "s-of-ada"}
