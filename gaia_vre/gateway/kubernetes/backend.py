"""Run clusters as pods, with the same admission, limits and accounts as on one machine.

The API server of the gateway makes an object for each cluster; dask-gateway's controller, a process of its
own, makes the pods. What was granted is kept as an annotation of the object.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import aiohttp
from dask_gateway_server.backends.base import PublicException
from dask_gateway_server.backends.kubernetes.backend import KubeBackend
from dask_gateway_server.models import ClusterStatus
from dask_gateway_server.utils import FrozenAttrDict
from kubernetes_asyncio.client.rest import ApiException
from traitlets import Float, Unicode

from gaia_vre.gateway.grants import Grant
from gaia_vre.gateway.kubernetes.objects import GRANT, Begun, attributed, kept_facts
from gaia_vre.gateway.kubernetes.patient import Patient
from gaia_vre.gateway.kubernetes.workers import Workers, look
from gaia_vre.gateway.leased import Leased
from gaia_vre.gateway.limits import Limits
from gaia_vre.gateway.owned import owned
from gaia_vre.gateway.routes import add_routes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

_GROUP, _PLURAL = "gateway.dask.org", "daskclusters"
_TRIES, _RETRY_SECONDS = 4, 0.5
_WRITE_SECONDS = 2.0
_MERGE = "application/merge-patch+json"
_TROUBLES = (ApiException, aiohttp.ClientError, TimeoutError)


class SparingBackend(KubeBackend):  # type: ignore[misc]
    """Dask Gateway's backend, which writes a number of workers only where it changes."""

    async def on_cluster_heartbeat(self, cluster_name: str, msg: dict[str, Any]) -> None:
        seen = self.informer.get(cluster_name) or {}
        if (seen.get("spec") or {}).get("replicas") != msg["count"]:
            await super().on_cluster_heartbeat(cluster_name, msg)


class GaiaKubeBackend(Limits, Leased, SparingBackend):
    """Clusters as pods: admitted like those of one machine, counted by their pods, found again after a crash."""

    pods_namespace = Unicode("default", help="Namespace of schedulers and workers.", config=True)
    look_period = Float(5.0, min=0.1, help="Time (in seconds) between looks at the workers' pods.", config=True)
    worker_patience = Float(
        60.0, help="Time (in seconds) after which a cluster says that pods of its workers are missing.", config=True
    )

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self.workers = Workers()
        self._begun: dict[str, Begun] = {}
        self._facts: dict[str, dict[str, Any]] = {}
        self._unwritten: set[str] = set()
        self._short_since: dict[str, float] = {}

    async def setup(self, app: Any) -> None:
        await super().setup(app)
        await self.informer.stop()
        self.informer.client = Patient(self.custom_client)
        await self.informer.start()
        add_routes(app, self)
        self._do(self._again, self.look, self.look_period)
        self._do(self._again, self.write_facts, _WRITE_SECONDS)

    # What admission asks --------------------------------------------------------------------------

    def prepare(self, user: Any, options: dict[str, Any], config: Any) -> Any:
        begun = Begun.of(self.make_cluster_object(user.name, options, config), config.namespace)
        self._begun[begun.name] = begun
        return begun

    async def begin(self, cluster: Any) -> None:
        grant = self.grant(cluster)
        whole = attributed(cluster.manifest, cluster.name, grant.account, grant.dump())
        self._unwritten.discard(cluster.name)
        try:
            await self._create(cluster.name.partition(".")[0], whole)
        except _TROUBLES as trouble:
            cluster.fail()
            self.log.error("Cluster %s of %s could not be made: %s", cluster.name, cluster.username, _words(trouble))
            raise PublicException("The cluster's API does not take new Dask clusters now: try again in a minute") from (
                trouble
            )

    async def _create(self, namespace: str, manifest: dict[str, Any]) -> None:
        for left in reversed(range(_TRIES)):
            try:
                await self.custom_client.create_namespaced_custom_object(
                    _GROUP, self.crd_version, namespace, _PLURAL, manifest
                )
            except ApiException as error:
                if error.status == 409:
                    return  # an earlier try has made it, and its answer was lost
                if not left or (error.status != 429 and error.status < 500):
                    raise
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                return

    def drop(self, cluster: Any) -> None:
        self._forget(cluster.name)

    def give_up(self, cluster: Any) -> None:
        cluster.fail()
        self.remember(cluster, Grant("held").dump())  # perhaps; giving back nothing is harmless

    def find(self, name: str) -> Any | None:
        return self.clusters.get(name) or self._begun.get(name)

    def known(self) -> Iterable[Any]:
        return {**self._begun, **self.clusters}.values()

    def active(self) -> Iterable[Any]:
        return [each for each in self.known() if not self.is_over(each)]

    def may_run(self, cluster: Any) -> bool:
        asked = (self.informer.get(cluster.name) or {}).get("spec") or {}
        return bool(cluster.status <= ClusterStatus.RUNNING and asked.get("active", True))

    def is_over(self, cluster: Any) -> bool:
        return bool(cluster.status >= ClusterStatus.STOPPED)

    def occupied(self, cluster: Any) -> int:
        return self.workers.there[cluster.name]

    def running(self, cluster: Any) -> int:
        return self.workers.running[cluster.name] if self.workers.seen else self.grant(cluster).granted

    def status(self, cluster: Any) -> Any:
        return cluster.status

    def facts(self, cluster: Any) -> dict[str, Any] | None:
        if cluster.name not in self._facts and (kept := kept_facts(self.informer.get(cluster.name))):
            self._facts[cluster.name] = kept
        return self._facts.get(cluster.name)

    def remember(self, cluster: Any, facts: dict[str, Any]) -> None:
        self._facts[cluster.name] = facts
        self._unwritten.add(cluster.name)
        if facts and facts["state"] == "ended" and cluster.name not in self.clusters:
            self._forget(cluster.name)

    def message(self, cluster: Any) -> str:
        return super().message(cluster) or self._missing(cluster)

    # What is seen ---------------------------------------------------------------------------------

    async def get_cluster(self, cluster_name: str, wait: bool = False) -> Any:
        return owned(await super().get_cluster(cluster_name, wait))

    async def list_clusters(self, username: str | None = None, statuses: Any = None) -> list[Any]:
        return [owned(model) for model in await super().list_clusters(username, statuses)]

    async def sync_cluster(self, cluster_name: str) -> None:
        before = self.clusters.get(cluster_name)
        await super().sync_cluster(cluster_name)
        cluster = self.clusters.get(cluster_name)
        if cluster is not None:
            await self._shown(cluster)
        elif before is not None and self.grant(before).live:
            self._lost(before)
        else:
            self._forget(cluster_name)

    async def _shown(self, cluster: Any) -> None:
        cluster.config = FrozenAttrDict(cluster.config)
        begun = self._begun.pop(cluster.name, None)
        if begun is not None and self.is_over(begun):
            # Its making seemed to fail, and its owner was told so.
            await self.stop_cluster(cluster.name, failed=True)

    def _lost(self, cluster: Any) -> None:
        """Keep a cluster whose object somebody has deleted until its lease is given back."""
        kept = Begun(cluster.name, cluster.username, cluster.options, cluster.config, {}, cluster.start_time)
        kept.fail()
        self._begun[cluster.name] = kept

    def _forget(self, name: str) -> None:
        for kept in (self._begun, self._facts, self._short_since):
            kept.pop(name, None)
        self._unwritten.discard(name)

    def _missing(self, cluster: Any) -> str:
        """Return that a cluster waits for pods of workers that it was granted, once that takes long."""
        since = self._short_since.get(cluster.name)
        if since is None or time.monotonic() - since < self.worker_patience:
            return ""
        running, granted = self.running(cluster), self.grant(cluster).granted
        why = "no node has room" if self.workers.unplaced[cluster.name] else "the cluster makes no more pods"
        return f"{running} of {granted} workers: {why} now; the rest come when there is room"

    # Beside requests ------------------------------------------------------------------------------

    async def _again(self, act: Callable[[], Awaitable[None]], period: float) -> None:
        told = False
        while True:
            try:
                await act()
                told = False
            except _TROUBLES as trouble:
                if not told:
                    self.log.warning("%s is tried again every %g s: %s", act.__name__, period, _words(trouble))
                told = True
            except Exception:
                self.log.exception("%s failed; trying again", act.__name__)
            await asyncio.sleep(period)

    async def look(self) -> None:
        """Count the pods of all clusters; where pods may not be seen, workers count as schedulers tell."""
        if not any(True for _ in self.active()):
            self.workers = Workers(seen=time.monotonic())
            return
        self.workers = await look(self.core_client, self.pods_namespace, self.label_selector)
        now = time.monotonic()
        for cluster in self.active():
            if self.running(cluster) < self.grant(cluster).granted:
                self._short_since.setdefault(cluster.name, now)
            else:
                self._short_since.pop(cluster.name, None)

    async def write_facts(self) -> None:
        """Keep what was granted with the clusters' objects; what cannot be written now is at the next time."""
        for name in [each for each in self._unwritten if each in self.clusters]:
            self._unwritten.discard(name)
            try:
                await self._annotate(name, self._facts.get(name))
            except _TROUBLES as trouble:
                if getattr(trouble, "status", None) != 404:
                    self._unwritten.add(name)
                    self.log.warning("What cluster %s was granted is not kept yet: %s", name, _words(trouble))

    async def _annotate(self, cluster: str, facts: dict[str, Any] | None) -> None:
        namespace, name = cluster.split(".")
        body = {"metadata": {"annotations": {GRANT: json.dumps(facts)}}}
        await self.custom_client.patch_namespaced_custom_object(
            _GROUP, self.crd_version, namespace, _PLURAL, name, body, _content_type=_MERGE
        )


def _words(trouble: Exception) -> str:
    """Return an error of the API server in one line."""
    if isinstance(trouble, ApiException):
        return f"{trouble.status} {trouble.reason}"
    return str(trouble) or type(trouble).__name__
