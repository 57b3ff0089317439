from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from traitlets.config import Config

from gaia_vre.core.settings import Settings
from gaia_vre.hub.admission import Desk
from gaia_vre.hub.deployment import cluster_settings
from gaia_vre.hub.door import Door
from gaia_vre.hub.journal import Journal
from gaia_vre.hub.pods.admission import admit_pods
from gaia_vre.hub.pods.configuration import configure_pods
from gaia_vre.hub.pods.spawner import PodSpawner
from tests.support.cluster import Cluster, chart_config

KUBECONFIG = """
apiVersion: v1
kind: Config
clusters: [{name: none, cluster: {server: "http://127.0.0.1:9"}}]
users: [{name: none, user: {}}]
contexts: [{name: none, context: {cluster: none, user: none}}]
current-context: none
"""


class Service:
    """The service's leases as the hub sees them."""

    def __init__(self) -> None:
        self.refusal: dict[str, Any] | None = None
        self.away: Exception | None = None
        self.granted: dict[str, Any] = {}
        self.told: list[tuple[str, str, Any]] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if self.away:
            raise self.away
        body = json.loads(request.content) if request.content else dict(request.url.params)
        self.told.append((request.method, request.url.path.removeprefix("/services/gaia/api"), body))
        if self.refusal and request.method == "POST":
            return httpx2.Response(409, json=self.refusal)
        return httpx2.Response(201, json={"account": body.get("account") or "project:heat"} | self.granted)

    @property
    def asked(self) -> list[Any]:
        return [body for method, path, body in self.told if (method, path) == ("POST", "/quotas/leases")]

    @property
    def released(self) -> list[Any]:
        return [path.rpartition("/")[2] for method, path, _ in self.told if method == "DELETE"]


class OfflineSpawner(PodSpawner):
    """The real spawner in front of a cluster in memory."""

    cluster: Cluster
    name = ""

    @property
    def pod_reflector(self) -> Any:
        return self.cluster

    async def _start_watching_pods(self, replace: bool = False) -> None:
        pass


@pytest.fixture(autouse=True)
def without_a_cluster(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text(KUBECONFIG)
    monkeypatch.setattr("kubernetes_asyncio.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(file))
    monkeypatch.setattr("kubespawner.spawner.shared_client", lambda _: cluster)


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def make_spawner(service: Service, cluster: Cluster, tmp_path: Path) -> Callable[..., OfflineSpawner]:
    """Return a function that makes a spawner as the configured hub does."""

    def make(values: Any = None, username: str = "ada", config: Config | None = None, **options: str) -> OfflineSpawner:
        settings: Settings = cluster_settings(values, "gaia")
        desk = Desk(
            settings,
            Door("http://service/services/gaia", "t", httpx2.MockTransport(service)),
            Journal(tmp_path / "untold.jsonl"),
        )
        c = config if config is not None else chart_config()
        c.PodSpawner.modify_pod_hook = admit_pods(desk)
        configure_pods(c, settings)
        user = SimpleNamespace(name=username, id=1, url=f"/user/{username}/", groups=[], settings={}, host="")
        user.server_url = user.public_url = lambda name="": f"/user/{username}/{name}"
        spawner = OfflineSpawner(config=c, user=user, hub=_hub(), _mock=True, orm_spawner=None, user_options=options)
        spawner.server = SimpleNamespace(base_url=f"/user/{username}/", url="http://127.0.0.1:8888/")
        spawner.cluster = cluster
        spawner.desk = desk
        return spawner

    return make


def _hub() -> Any:
    return SimpleNamespace(public_host="", url="/hub/", base_url="/hub/", api_url="http://hub:8081/hub/api")
