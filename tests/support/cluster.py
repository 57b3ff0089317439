"""A cluster without a cluster: what the official chart tells a hub, and an API server that keeps pods in memory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kubernetes_asyncio.client import ApiClient
from kubernetes_asyncio.client.rest import ApiException
from traitlets.config import Config

FRAGMENTS = sorted((Path(__file__).parents[2] / "hub_config" / "jupyterhub_config.d").glob("*.py"))
QUOTA = (
    'pods "jupyter-ada" is forbidden: exceeded quota: gaia-backstop, requested: requests.cpu=2,requests.memory=4Gi, '
    "used: requests.cpu=9500m,requests.memory=10Gi, limited: requests.cpu=11,requests.memory=64Gi"
)


def chart_config(**sections: dict[str, Any]) -> Config:
    """Return what zero-to-jupyterhub 4.4.0 has set before it executes our fragments, with its default values."""
    c = Config()
    c.JupyterHub.update(
        spawner_class="kubespawner.KubeSpawner",
        authenticator_class="dummy",
        allow_named_servers=True,
        template_paths=[],
        template_vars={},
        tornado_settings={"slow_spawn_timeout": 0},
        services=[{"name": "gaia", "api_token": "token of gaia"}, {"name": "dask-gateway", "api_token": "of dask"}],
        load_roles=[],
    )
    c.KubeSpawner.update(
        common_labels={"app": "jupyterhub", "release": "test", "app.kubernetes.io/managed-by": "kubespawner"},
        namespace="gaia",
        start_timeout=300,
        image="gaia-vre-user:1",
        allow_privilege_escalation=False,
        volumes={},
        volume_mounts={},
        extra_labels={"hub.jupyter.org/network-access-hub": "true"},
        extra_annotations={},
        uid=1000,
        fs_gid=100,
        mem_guarantee="1G",
        extra_pod_config={},
        init_containers=[],
        events_enabled=False,  # the chart's default is true; here nobody tells of events
    )
    c.Spawner.update(cmd="jupyterhub-singleuser", consecutive_failure_limit=5)
    for section, traits in sections.items():
        c[section].update(traits)
    return c


def load_fragments(c: Config) -> Config:
    """Execute the fragments as the official chart does: in one namespace, one after the other."""
    namespace = {"c": c}
    for fragment in FRAGMENTS:
        exec(compile(fragment.read_text(), fragment.name, "exec"), namespace)
    return c


def refusal(status: int, message: str, reason: str = "Forbidden") -> ApiException:
    """Return what the API server answers with this message."""
    error = ApiException(status=status, reason=reason)
    error.body = json.dumps({"kind": "Status", "message": message, "reason": reason})
    return error


class Cluster:
    """The part of the API that a spawner uses; pods are as the API server shows them."""

    def __init__(self) -> None:
        self.pods: dict[str, dict[str, Any]] = {}
        self.answers: list[ApiException] = []
        """What the next requests are refused with."""
        self.status: dict[str, Any] = {"phase": "Pending"}
        self.created: list[dict[str, Any]] = []
        self.claims: list[dict[str, Any]] = []

    def _answer(self) -> None:
        if self.answers:
            raise self.answers.pop(0)

    async def create_namespaced_pod(self, namespace: str, pod: Any) -> None:
        self._answer()
        manifest = plain(pod)
        name = f"{namespace}/{manifest['metadata']['name']}"
        if name in self.pods:
            raise refusal(409, f"pods {name} already exists", "AlreadyExists")
        self.created.append(manifest)
        manifest["metadata"]["uid"] = f"uid-{len(self.created)}"
        self.pods[name] = {**manifest, "status": dict(self.status)}

    async def delete_namespaced_pod(self, name: str, namespace: str, **_: Any) -> None:
        self._answer()
        if self.pods.pop(f"{namespace}/{name}", None) is None:
            raise refusal(404, "not found", "NotFound")

    async def create_namespaced_persistent_volume_claim(self, namespace: str, body: Any) -> None:
        self._answer()
        self.claims.append(plain(body) | {"namespace": namespace})

    async def read_namespaced_persistent_volume_claim(self, name: str, namespace: str) -> None:
        if not any(claim["metadata"]["name"] == name for claim in self.claims):
            raise refusal(404, f"{namespace}/{name}", "NotFound")


def plain(manifest: Any) -> dict[str, Any]:
    """Return an object of the client as the JSON that it sends."""
    without_connections = ApiClient.__new__(ApiClient)
    sent: dict[str, Any] = without_connections.sanitize_for_serialization(manifest)
    return sent


def running(address: str) -> dict[str, Any]:
    """Return the status of a pod whose lab runs at this address."""
    state = {"name": "notebook", "ready": True, "state": {"running": {}}}
    return {"phase": "Running", "podIP": address, "containerStatuses": [state]}


def terminated(reason: str, exit_code: int) -> dict[str, Any]:
    """Return the status of a pod whose lab has ended."""
    ended = {"terminated": {"reason": reason, "exitCode": exit_code}}
    phase = "Failed" if exit_code else "Succeeded"
    return {"phase": phase, "podIP": None, "containerStatuses": [{"name": "notebook", "ready": False, "state": ended}]}
