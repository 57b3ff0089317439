"""An API server that keeps Dask clusters in memory, and shows them to a backend as dask-gateway's informer does."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from kubernetes_asyncio.client.rest import ApiException

CREATED = "2026-06-01T10:00:00Z"


class DaskObjects:
    """The custom and core client of a `KubeBackend`, and its informer."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.pods: list[dict[str, Any]] = []
        self.answers: list[ApiException] = []
        """What the next requests are refused with."""
        self.patches: list[Any] = []
        self.backend: Any = None

    def serve(self, backend: Any) -> None:
        """Stand in for what `KubeBackend.setup` connects to."""
        self.backend = backend
        backend.custom_client = backend.core_client = backend.informer = self
        backend.clusters, backend.username_to_clusters, backend.cluster_waiters = {}, _Users(), _Waiters()

    def get(self, name: str) -> dict[str, Any] | None:
        return self.objects.get(name)

    async def create_namespaced_custom_object(
        self, group: str, version: str, namespace: str, plural: str, body: Any
    ) -> None:
        self._answer()
        manifest = json.loads(json.dumps(body))
        manifest["metadata"] |= {"namespace": namespace, "creationTimestamp": CREATED}
        name = f"{namespace}.{manifest['metadata']['name']}"
        if name in self.objects:
            raise ApiException(status=409, reason="AlreadyExists")
        self.objects[name] = manifest
        await self.backend.sync_cluster(name)

    async def patch_namespaced_custom_object(
        self, group: str, version: str, namespace: str, plural: str, name: str, body: Any, **_: Any
    ) -> None:
        self._answer()
        found = self.objects.get(f"{namespace}.{name}")
        if found is None:
            raise ApiException(status=404, reason="NotFound")
        self.patches.append(body)
        if isinstance(body, list):
            for change in body:
                found["spec"][change["path"].removeprefix("/spec/")] = change["value"]
        else:
            found["metadata"]["annotations"] |= body["metadata"]["annotations"]

    async def list_namespaced_pod(self, namespace: str, **_: Any) -> Any:
        self._answer()
        return _Answer([pod for pod in self.pods if pod["metadata"]["namespace"] == namespace])

    async def read_namespaced_secret(self, name: str, namespace: str) -> Any:
        raise AssertionError(f"{namespace}/{name}: no test asks for credentials")

    def phase(self, name: str, phase: str) -> None:
        """Have the controller have brought a cluster so far."""
        self.objects[name]["status"] = {"phase": phase}
        if phase in {"Stopped", "Failed"}:
            self.objects[name]["status"]["completionTime"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def add_pod(self, cluster: str, phase: str, **status: Any) -> None:
        namespace, name = cluster.split(".")
        metadata = {"namespace": namespace, "labels": {"gateway.dask.org/cluster": name}}
        self.pods.append({"metadata": metadata, "status": {"phase": phase, **status}})

    def _answer(self) -> None:
        if self.answers:
            raise self.answers.pop(0)


class _Answer:
    def __init__(self, items: list[dict[str, Any]]) -> None:
        self._items = items

    async def read(self) -> bytes:
        return json.dumps({"items": self._items}).encode()


class _Users(dict[str, dict[str, Any]]):
    def __missing__(self, key: str) -> dict[str, Any]:
        return self.setdefault(key, {})


class _Waiters(dict[str, Any]):
    def __missing__(self, key: str) -> Any:
        return self

    def set(self) -> None:
        pass
