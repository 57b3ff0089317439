"""Turn the settings into the configuration of a gateway whose clusters are pods."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dask_gateway_server.backends.kubernetes.utils import merge_json_objects

from gaia_vre.core.kubernetes_settings import Kubernetes
from gaia_vre.core.names import slug
from gaia_vre.core.pods import (
    claim_volume,
    data_environment,
    data_mounts,
    data_volumes,
    pod_context,
    restricted_context,
)
from gaia_vre.core.settings import Settings, load_settings
from gaia_vre.gateway.commands import SERVICE_NAME
from gaia_vre.gateway.kubernetes.preload import WORKERS_VARIABLE
from gaia_vre.gateway.options import cluster_options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dask_gateway_server.options import Options

_PRELOAD = "gaia_vre.gateway.kubernetes.preload"
# The dashboard is put there by the preload, for its owner and when somebody looks.
_SCHEDULER = ["dask", "scheduler", "--preload", _PRELOAD, "--no-dashboard"]
_WORKER = ["dask", "worker", "--preload", _PRELOAD, "--preload-nanny", _PRELOAD, "--no-dashboard"]
_HOME = "gaia-home"
_NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
_PARTS = ("scheduler", "worker")
_ENVIRONMENT = {
    "DASK_TEMPORARY_DIRECTORY": "/tmp",  # noqa: S108 - a pod's own
    "MALLOC_TRIM_THRESHOLD_": "65536",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


def configure_gateway(c: Any, settings: Settings | None = None) -> None:
    """Set every trait that clusters as pods need, on top of what the official chart sets."""
    settings = settings or load_settings()
    kubernetes, dask = settings.kubernetes or Kubernetes(), settings.dask
    c.DaskGateway.backend_class = "gaia_vre.gateway.kubernetes.backend.GaiaKubeBackend"
    c.JupyterHubAuthenticator.jupyterhub_service_name = SERVICE_NAME
    # How long a token that the hub has revoked, or a person who has left, still reaches the gateway.
    c.JupyterHubAuthenticator.cache_max_age = 30
    c.ClusterConfig.cluster_max_workers = dask.cluster_workers_limit
    c.ClusterConfig.idle_timeout = dask.idle_minutes * 60.0
    pods = c.KubeClusterConfig
    pods.scheduler_cmd, pods.worker_cmd = list(_SCHEDULER), list(_WORKER)
    if namespace := kubernetes.dask_namespace or kubernetes.namespace:
        pods.namespace = namespace
    for trait, value in _pods(pods, kubernetes).items():
        pods[trait] = value
    backend = c.GaiaKubeBackend
    backend.cluster_options = pod_options(settings, dict(pods))
    backend.user_clusters_limit = dask.user_clusters_limit
    backend.cluster_workers_limit = dask.cluster_workers_limit
    backend.pods_namespace = pods.get("namespace") or _own_namespace()
    backend.worker_patience = float(kubernetes.worker_start_seconds)
    backend.service_url = settings.addresses.service_url
    backend.service_token = os.environ.get("JUPYTERHUB_API_TOKEN", "")
    backend.emergency_cores = settings.quotas.emergency_cores


def pod_options(settings: Settings, pods: Mapping[str, Any]) -> Options:
    """Return the options of a gateway whose clusters are pods.

    Parameters
    ----------
    pods
        Traits of every cluster, to which what belongs to one person is added.
    """
    kubernetes = settings.kubernetes or Kubernetes()
    environments = [(each.name, each.image or "") for each in settings.labs.environments]

    def configuration(chosen: Any, user: Any) -> dict[str, Any]:
        memory = int(chosen.worker_memory_gib * 2**30)
        return {
            "worker_cores": chosen.worker_cores * kubernetes.cores_request_share,
            "worker_cores_limit": chosen.worker_cores,
            "worker_threads": chosen.worker_cores,
            "worker_memory": memory,
            "worker_memory_limit": memory,
            **({"image": chosen.environment} if chosen.environment else {}),
            **_with_home(pods, kubernetes, user.name, {WORKERS_VARIABLE: str(chosen.workers)}),
        }

    return cluster_options(settings, environments, configuration)


def _pods(given: Mapping[str, Any], kubernetes: Kubernetes) -> dict[str, Any]:
    """Return the traits of all clusters' pods; what an operator gave in the chart's values is kept."""
    person = {"runAsUser": kubernetes.user_id, "runAsGroup": kubernetes.group_id}
    pod = {
        "securityContext": {**pod_context(kubernetes), **person},
        "enableServiceLinks": False,
        "volumes": list(data_volumes(kubernetes).values()),
    }
    container = {"securityContext": restricted_context(), "volumeMounts": list(data_mounts(kubernetes).values())}
    environment = {**_ENVIRONMENT, **data_environment(kubernetes), **given.get("environment", {})}
    merged: dict[str, Any] = {"environment": environment}
    for part in _PARTS:
        for kind, ours in (("pod", pod), ("container", container)):
            name = f"{part}_extra_{kind}_config"
            merged[name] = merge_json_objects(ours, given.get(name, {}))
    return merged


def _with_home(
    pods: Mapping[str, Any], kubernetes: Kubernetes, username: str, variables: Mapping[str, str]
) -> dict[str, Any]:
    """Return the traits of one person's cluster; workers see the home where it can be mounted on many nodes."""
    homes = kubernetes.homes
    environment = {**pods["environment"], **variables}
    elsewhere = kubernetes.dask_namespace not in (None, kubernetes.namespace)
    if homes.kind != "shared-claim" or elsewhere:
        return {"environment": environment}
    mount = {"name": _HOME, "mountPath": str(homes.mount), "subPath": str(homes.folder / slug(username))}
    traits: dict[str, Any] = {"environment": {**environment, "HOME": str(homes.mount)}}
    for part in _PARTS:
        volume, place = f"{part}_extra_pod_config", f"{part}_extra_container_config"
        traits[volume] = merge_json_objects(pods[volume], {"volumes": [claim_volume(_HOME, homes.claim)]})
        traits[place] = merge_json_objects(pods[place], {"volumeMounts": [mount], "workingDir": str(homes.mount)})
    return traits


def _own_namespace() -> str:
    try:
        return _NAMESPACE_FILE.read_text(encoding="ascii").strip()
    except OSError:
        return os.environ.get("POD_NAMESPACE", "default")
