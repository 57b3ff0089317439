"""Dask clusters as pods: the same admission as on one machine, and what only a cluster knows."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import kubernetes_validate
import pytest
from dask_gateway_server.app import DaskGateway
from dask_gateway_server.auth import JupyterHubAuthenticator
from dask_gateway_server.backends.base import PublicException
from dask_gateway_server.backends.kubernetes.backend import KubeClusterConfig
from dask_gateway_server.backends.kubernetes.controller import KubeController
from dask_gateway_server.models import ClusterStatus, User
from dask_gateway_server.utils import FrozenAttrDict
from kubernetes_asyncio.client.rest import ApiException
from traitlets.config import Config

from gaia_vre.core.settings import parse_settings
from gaia_vre.gateway.admission import lease_of
from gaia_vre.gateway.kubernetes import configure
from gaia_vre.gateway.kubernetes.backend import GaiaKubeBackend
from gaia_vre.gateway.kubernetes.patient import TROUBLE_SECONDS, Patient
from gaia_vre.gateway.routes import _described
from tests.gateway.conformance import ADA, AdmissionConformance
from tests.gateway.fake_service import PROJECT, Desk, admission_of
from tests.support.dask_objects import DaskObjects
from tests.support.pod_security import violations

NAMESPACE = "gaia-users-of-a-long-institute-name"
SHARED = {"homes": {"kind": "shared-claim", "claim": "homes"}, "data": {"claim": "datasets"}}
ENVIRONMENTS = [{"name": "pangeo", "title": "Pangeo"}, {"name": "ocean", "title": "Ocean", "image": "example/ocean:2"}]


def configured(given: dict[str, Any] | None = None, **kubernetes: Any) -> Config:
    """Return the configuration of a gateway's API server, as the official chart begins it."""
    config = Config()
    config.DaskGateway.backend_class = "dask_gateway_server.backends.kubernetes.KubeBackend"
    config.KubeBackend.update(gateway_instance="dask-gateway", api_url="http://api-dask-gateway.gaia:8000/api")
    chart = {"image": "gaia-vre-user:1", "scheduler_cores": 0.1, "scheduler_cores_limit": 1.0}
    config.KubeClusterConfig.update(
        {**chart, "scheduler_memory": "256M", "scheduler_memory_limit": "2G", **(given or {})}
    )
    values = {"kubernetes": {"namespace": NAMESPACE, **kubernetes}, "labs": {"environments": ENVIRONMENTS}}
    configure(config, parse_settings(values | {"addresses": {"service": "http://gaia-service.gaia:8000"}}))
    return config


@pytest.fixture
def desk(tmp_path):
    desk = Desk(tmp_path / "service")
    yield desk
    desk.close()


@pytest.fixture
def objects():
    return DaskObjects()


@pytest.fixture
def backend(objects):
    backend = GaiaKubeBackend(config=configured({"scheduler_memory_limit": "2 G"}))
    objects.serve(backend)
    return backend


class TestOnKubernetes(AdmissionConformance):
    def end(self, backend, cluster):
        backend.informer.phase(cluster.name, "Stopped")
        backend.clusters[cluster.name].status = ClusterStatus.STOPPED

    def run(self, backend, cluster):
        backend.clusters[cluster.name].status = ClusterStatus.RUNNING
        backend.clusters[cluster.name].api_address = "http://dask-1.gaia:8788"


def play(backend, desk, scenario):
    """Run a scenario to its end, with whatever it set going."""

    async def whole():
        backend.open_admission(admission_of(desk))
        result = await scenario()
        while backend._tasks:
            await asyncio.gather(*backend._tasks)
        await backend.admission.close()
        return result

    return asyncio.run(whole())


def started(backend, desk, **options: Any) -> Any:
    async def scenario():
        return backend.find(await backend.start_cluster(ADA, options))

    return play(backend, desk, scenario)


# What only a cluster knows -------------------------------------------------------------------------


def test_a_lease_has_its_clusters_name_however_long_the_namespace_is(backend, desk):
    cluster = started(backend, desk)
    assert cluster.name.startswith(f"{NAMESPACE}.")
    (lease,) = desk.live()
    assert lease.id == lease_of(cluster.name)
    assert len(lease.id) == 34


def test_a_scheduler_holds_what_it_may_use_not_what_it_requests(backend, desk):
    started(backend, desk)
    assert desk.held("cores") == 1


def test_a_restarted_gateway_goes_on_from_what_the_objects_say(backend, objects, desk):
    cluster = started(backend, desk, workers=2)
    again = GaiaKubeBackend(config=configured())
    objects.serve(again)
    asyncio.run(again.sync_cluster(cluster.name))
    grant = again.grant(again.find(cluster.name))
    assert (grant.state, grant.granted, grant.account) == ("held", 2, PROJECT)


def test_what_is_granted_later_is_kept_with_the_object_also_after_trouble(backend, objects, desk):
    async def scenario():
        cluster = backend.find(await backend.start_cluster(ADA, {}))
        backend.keep_until(cluster, "2026-07-01T00:00:00+00:00")
        objects.answers = [ApiException(status=500, reason="etcd")]
        await backend.write_facts()
        await backend.write_facts()
        return cluster

    cluster = play(backend, desk, scenario)
    annotations = objects.objects[cluster.name]["metadata"]["annotations"]
    assert json.loads(annotations["gaia-vre/grant"])["kept"] == "2026-07-01T00:00:00+00:00"


@pytest.mark.parametrize("status", [429, 500])
def test_an_api_server_that_asks_for_patience_gets_it(backend, objects, desk, status, monkeypatch):
    monkeypatch.setattr("gaia_vre.gateway.kubernetes.backend._RETRY_SECONDS", 0)
    objects.answers = [ApiException(status=status, reason="later")] * 2
    assert started(backend, desk).name in objects.objects


def test_a_cluster_that_cannot_be_made_is_refused_in_words_and_gives_its_lease_back(backend, objects, desk):
    async def scenario():
        objects.answers = [ApiException(status=403, reason="Forbidden")]
        with pytest.raises(PublicException, match="does not take new Dask clusters now"):
            await backend.start_cluster(ADA, {"workers": 2})
        assert len(desk.live()) == 1
        assert await backend.release_ended()

    play(backend, desk, scenario)
    assert desk.live() == []
    assert list(backend.known()) == []


def test_an_object_that_was_made_after_all_is_stopped(backend, objects, desk):
    async def scenario():
        objects.answers = [ApiException(status=403, reason="Forbidden")]
        with pytest.raises(PublicException):
            await backend.start_cluster(ADA, {})
        (begun,) = backend.known()
        metadata = {**begun.manifest["metadata"], "namespace": NAMESPACE, "creationTimestamp": "2026-06-01T10:00:00Z"}
        objects.objects[begun.name] = {**begun.manifest, "metadata": metadata}
        await backend.sync_cluster(begun.name)
        return begun.name

    name = play(backend, desk, scenario)
    assert objects.objects[name]["spec"]["active"] is False


def test_the_lease_of_a_cluster_whose_object_somebody_deleted_is_given_back(backend, objects, desk):
    async def scenario():
        name = await backend.start_cluster(ADA, {"workers": 1})
        del objects.objects[name]
        await backend.sync_cluster(name)
        assert await backend.release_ended()

    play(backend, desk, scenario)
    assert desk.live() == []
    assert list(backend.known()) == []


def test_one_person_has_no_more_clusters_than_the_limit(backend, desk):
    async def scenario():
        for _ in range(4):
            await backend.start_cluster(ADA, {})
        with pytest.raises(PublicException, match="4 clusters of ada are running"):
            await backend.start_cluster(ADA, {})
        await backend.start_cluster(User("eve"), {})

    play(backend, desk, scenario)


def beat(backend, cluster, count, running=0):
    workers = [f"worker-{number}" for number in range(running)]
    message = {"count": count, "active_workers": workers, "closing_workers": [], "closed_workers": []}
    return backend.on_cluster_heartbeat(cluster.name, message)


def test_a_number_of_workers_is_written_only_where_it_changes(backend, objects, desk):
    async def scenario():
        cluster = backend.find(await backend.start_cluster(ADA, {}))
        for _ in range(3):
            await beat(backend, cluster, 2)

    play(backend, desk, scenario)
    assert [patch for patch in objects.patches if isinstance(patch, list)] == [
        [{"op": "add", "path": "/spec/replicas", "value": 2}]
    ]


def test_pods_count_whatever_a_scheduler_claims(backend, objects, desk):
    async def scenario():
        cluster = backend.find(await backend.start_cluster(ADA, {"workers": 3}))
        for phase in ("Running", "Running", "Pending", "Succeeded", "Failed"):
            objects.add_pod(cluster.name, phase)
        await backend.look()
        await beat(backend, cluster, 0)
        return _described(backend, cluster)

    described = play(backend, desk, scenario)
    assert desk.held() == 3
    assert described["workers"] == 2


@pytest.mark.parametrize(
    ("phase", "status", "words"),
    [
        ("Running", {}, "1 of 3 workers: the cluster makes no more pods now"),
        ("Pending", {"conditions": [{"reason": "Unschedulable"}]}, "0 of 3 workers: no node has room now"),
    ],
    ids=["quota", "nodes"],
)
def test_a_cluster_says_why_workers_do_not_come(backend, objects, desk, phase, status, words):
    async def scenario():
        cluster = backend.find(await backend.start_cluster(ADA, {"workers": 3}))
        objects.add_pod(cluster.name, phase, **status)
        await backend.look()
        assert backend.message(cluster) == ""
        backend.worker_patience = 0
        return backend.message(cluster)

    assert play(backend, desk, scenario).startswith(words)


def test_a_gateway_that_may_not_look_at_pods_believes_the_schedulers(backend, objects, desk):
    async def scenario():
        cluster = backend.find(await backend.start_cluster(ADA, {"workers": 3}))
        objects.answers = [ApiException(status=403, reason="Forbidden")]
        with pytest.raises(ApiException):
            await backend.look()
        return _described(backend, cluster)

    assert play(backend, desk, scenario)["workers"] == 3


def test_what_was_refused_is_not_asked_again_at_once(objects):
    waited = []

    async def sleep(seconds):
        waited.append(seconds)

    async def ask():
        objects.answers = [ApiException(status=500, reason="etcd")]
        patient = Patient(objects, sleep)
        with pytest.raises(ApiException):
            await patient.list_namespaced_pod("gaia")
        return await (await patient.list_namespaced_pod("gaia")).read()

    assert json.loads(asyncio.run(ask())) == {"items": []}
    assert waited == [TROUBLE_SECONDS]


# Its pods ------------------------------------------------------------------------------------------


def pods(config: Config, desk: Desk, **options: Any) -> dict[str, Any]:
    """Return the scheduler's and a worker's pod, as dask-gateway's controller makes them."""
    backend, objects = GaiaKubeBackend(config=config), DaskObjects()
    objects.serve(backend)
    cluster = started(backend, desk, **options)
    spec = FrozenAttrDict(objects.objects[cluster.name]["spec"]["config"])
    controller = KubeController(gateway_instance="dask-gateway", api_url="http://api:8000/api")
    namespace, name = cluster.name.split(".")
    made = {"scheduler": controller.make_pod(namespace, name, spec)}
    return made | {"worker": controller.make_pod(namespace, name, spec, is_worker=True)}


CONFIGURATIONS = [pytest.param({}, id="as it comes"), pytest.param(SHARED, id="shared claims")]


@pytest.mark.parametrize("kubernetes", CONFIGURATIONS)
@pytest.mark.parametrize("part", ["scheduler", "worker"])
def test_pods_are_valid_and_pod_security_restricted_lets_them_in(desk, kubernetes, part):
    pod = pods(configured(**kubernetes), desk, account="person:ada")[part]
    kubernetes_validate.validate(pod, "1.34", strict=True)
    assert violations(pod) == []


@pytest.mark.parametrize("part", ["scheduler", "worker"])
def test_pods_say_what_they_are_whose_and_who_pays(desk, part):
    pod = pods(configured(), desk)[part]
    labels, (lease,) = pod["metadata"]["labels"], desk.live()
    assert labels["gaia-vre/kind"] == f"dask-{part}"
    assert (labels["gaia-vre/user"], labels["gaia-vre/lease"]) == ("ada", lease.id)
    assert pod["metadata"]["annotations"]["gaia-vre/account"] == PROJECT
    assert labels["app.kubernetes.io/component"] == f"dask-{part}"


def test_a_worker_has_the_size_that_was_asked_for(desk):
    (container,) = pods(configured(cores_request_share=0.5), desk, worker_cores=2, worker_memory_gib=3)["worker"][
        "spec"
    ]["containers"]
    assert container["resources"]["limits"] == {"cpu": "2.000", "memory": str(3 * 2**30)}
    assert container["resources"]["requests"] == {"cpu": "1.000", "memory": str(3 * 2**30)}
    assert container["args"][container["args"].index("--nthreads") + 1] == "2"


@pytest.mark.parametrize(("name", "image"), [("pangeo", "gaia-vre-user:1"), ("ocean", "example/ocean:2")])
def test_workers_run_the_environment_of_the_notebook(desk, name, image):
    made = pods(configured(), desk, environment=name)
    assert {pod["spec"]["containers"][0]["image"] for pod in made.values()} == {image}


def test_workers_see_home_and_datasets_where_many_nodes_can_mount_them(desk):
    pod = pods(configured(**SHARED), desk)["worker"]
    mounts = {each["mountPath"]: each for each in pod["spec"]["containers"][0]["volumeMounts"]}
    assert mounts["/home/jovyan"]["subPath"] == "homes/ada"
    assert mounts["/data"]["readOnly"] is True


def test_workers_of_another_namespace_have_no_home(desk):
    pod = pods(configured(dask_namespace="dask", **SHARED), desk)["worker"]
    mounts = [each["mountPath"] for each in pod["spec"]["containers"][0]["volumeMounts"]]
    assert "/home/jovyan" not in mounts


def test_what_an_operator_gives_to_workers_stays(desk):
    given = {
        "environment": {"OMP_NUM_THREADS": "4"},
        "worker_extra_pod_config": {"tolerations": [{"key": "dask", "operator": "Exists"}]},
    }
    pod = pods(configured(given), desk)["worker"]
    variables = {each["name"]: each.get("value") for each in pod["spec"]["containers"][0]["env"]}
    assert variables["OMP_NUM_THREADS"] == "4"
    assert pod["spec"]["tolerations"][0]["key"] == "dask"
    assert violations(pod) == []


def test_no_secret_of_the_gateway_reaches_a_pod(desk, monkeypatch):
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "the-gateways-own-token")
    assert "the-gateways-own-token" not in json.dumps(pods(configured(), desk))


def test_every_trait_we_set_exists():
    classes = (DaskGateway, JupyterHubAuthenticator, KubeClusterConfig, GaiaKubeBackend)
    sections = {base.__name__: base for cls in classes for base in cls.__mro__ if hasattr(base, "class_traits")}
    for section, values in configured().items():
        assert set(values) <= set(sections[section].class_traits(config=True)), section
