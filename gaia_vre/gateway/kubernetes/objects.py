"""Clusters as objects of Kubernetes: begun ones that its API server has not shown yet, and what is kept with them."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from dask_gateway_server.models import ClusterStatus
from dask_gateway_server.utils import FrozenAttrDict

from gaia_vre.core.pods import ACCOUNT, KIND, USER, person_labels
from gaia_vre.gateway.admission import lease_of

GRANT = "gaia-vre/grant"
"""Annotation of a DaskCluster: what was granted, so that it outlives the gateway."""

_PARTS = ("scheduler", "worker")


@dataclass
class Begun:
    """A cluster of which the API server has shown nothing yet, or nothing any more."""

    name: str
    username: str
    options: dict[str, Any]
    config: Any
    manifest: dict[str, Any]
    start_time: float
    stop_time: float | None = None
    status: ClusterStatus = ClusterStatus.PENDING

    @classmethod
    def of(cls, manifest: dict[str, Any], namespace: str) -> Begun:
        """Return a cluster that is to be made."""
        spec = manifest["spec"]
        name = f"{namespace}.{manifest['metadata']['name']}"
        config = FrozenAttrDict(spec["config"])
        return cls(name, spec["username"], spec["options"], config, manifest, time.time() * 1000)

    def fail(self) -> None:
        """Have it ended."""
        self.status, self.stop_time = ClusterStatus.FAILED, time.time() * 1000


def attributed(manifest: dict[str, Any], name: str, account: str, facts: dict[str, Any]) -> dict[str, Any]:
    """Return the manifest with its lease and who pays, on the cluster and on each of its pods."""
    username = manifest["spec"]["username"]
    payer = account or f"person:{username}"
    labels = person_labels(username, lease_of(name), payer)
    metadata, config = dict(manifest["metadata"]), dict(manifest["spec"]["config"])
    metadata["labels"] = {**metadata["labels"], **labels}
    metadata["annotations"] = {**metadata["annotations"], ACCOUNT: payer, GRANT: json.dumps(facts)}
    for part in _PARTS:
        kind = {KIND: f"dask-{part}"}
        config[f"{part}_extra_pod_labels"] = {**config[f"{part}_extra_pod_labels"], **labels, **kind}
        annotations = {ACCOUNT: payer, USER: username}
        config[f"{part}_extra_pod_annotations"] = {**config[f"{part}_extra_pod_annotations"], **annotations}
    return {**manifest, "metadata": metadata, "spec": {**manifest["spec"], "config": config}}


def kept_facts(manifest: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return what is kept with a cluster's object; what is torn or foreign counts as nothing."""
    annotations = ((manifest or {}).get("metadata") or {}).get("annotations") or {}
    try:
        facts = json.loads(annotations[GRANT])
    except (KeyError, ValueError):
        return None
    return facts if isinstance(facts, dict) else None
