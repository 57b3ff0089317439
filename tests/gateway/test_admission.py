"""Admission on each kind of backend: processes of one machine, and objects that exist only once they are begun."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from dask_gateway_server.backends.base import Backend
from dask_gateway_server.backends.db_base import DataManager, JobStatus
from dask_gateway_server.models import ClusterStatus
from dask_gateway_server.utils import FrozenAttrDict
from traitlets.config import Config

from gaia_vre.core.settings import Settings, parse_settings
from gaia_vre.gateway.backend import GaiaLocalBackend
from gaia_vre.gateway.configuration import configure
from gaia_vre.gateway.leased import Leased
from gaia_vre.gateway.options import local_options
from tests.gateway.conformance import AdmissionConformance
from tests.gateway.fake_service import Desk


class Queue(list):
    put = list.append


@pytest.fixture
def desk(tmp_path):
    desk = Desk(tmp_path / "service")
    yield desk
    desk.close()


class TestOnOneMachine(AdmissionConformance):
    @pytest.fixture
    def backend(self, tmp_path):
        config = Config()
        configure(config, parse_settings({"state": str(tmp_path)}))
        backend = GaiaLocalBackend(config=config)
        backend.db, backend.queue = DataManager(), Queue()
        yield backend
        backend.db.db.dispose()

    def end(self, backend, cluster):
        backend.db.update_cluster(cluster, status=JobStatus.STOPPED, target=JobStatus.STOPPED)

    def run(self, backend, cluster):
        backend.db.update_cluster(cluster, status=JobStatus.RUNNING)


class Objects(Backend):
    """Keeps clusters as a Kubernetes API server does: whole from the moment they are made."""

    def __init__(self, **traits):
        super().__init__(**traits)
        self.clusters = {}

    async def get_cluster(self, cluster_name, wait=False):
        return self.clusters.get(cluster_name)

    async def stop_cluster(self, cluster_name, failed=False):
        self.clusters[cluster_name].status = ClusterStatus.STOPPING

    async def on_cluster_heartbeat(self, cluster_name, msg):
        self.clusters[cluster_name].workers = len(msg["active_workers"])


class ObjectBackend(Leased, Objects):
    def prepare(self, user, options, config):
        name = f"hub.{len(self.clusters)}"
        config = FrozenAttrDict(config.to_dict())
        status, more = ClusterStatus.PENDING, {"api_address": "http://x", "token": "t", "workers": 0, "kept": None}
        more |= {"start_time": None, "stop_time": None}
        return SimpleNamespace(name=name, username=user.name, options=options, config=config, status=status, **more)

    async def begin(self, cluster):
        self.clusters[cluster.name] = cluster

    def drop(self, cluster):
        pass

    give_up = drop

    def find(self, name):
        return self.clusters.get(name)

    def known(self):
        return self.clusters.values()

    def active(self):
        return [each for each in self.known() if not self.is_over(each)]

    def may_run(self, cluster):
        return cluster.status < ClusterStatus.STOPPING

    def is_over(self, cluster):
        return cluster.status >= ClusterStatus.STOPPED

    def occupied(self, cluster):
        return cluster.workers

    def facts(self, cluster):
        return cluster.kept

    def remember(self, cluster, facts):
        cluster.kept = facts


class TestOnObjects(AdmissionConformance):
    @pytest.fixture
    def backend(self):
        config = {"Backend": {"cluster_options": local_options(Settings())}}
        return ObjectBackend(config=Config(config | {"ClusterConfig": {"cluster_max_workers": 40}}))

    def end(self, backend, cluster):
        cluster.status = ClusterStatus.STOPPED

    def run(self, backend, cluster):
        cluster.status = ClusterStatus.RUNNING
