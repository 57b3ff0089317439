"""The hub of a cluster: how labs become pods, on top of what the official chart sets."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gaia_vre.core.errors import SettingsError
from gaia_vre.core.pods import KIND, SERVER_KINDS, pod_context, restricted_context
from gaia_vre.hub.admission import desk_of
from gaia_vre.hub.deployment import hub_settings
from gaia_vre.hub.pods.admission import admit_pods
from gaia_vre.hub.pods.orphans import watch_for_orphans
from gaia_vre.hub.pods.routes import watch_routes
from gaia_vre.hub.traits import propose

if TYPE_CHECKING:
    from traitlets.config import Config

    from gaia_vre.core.kubernetes_settings import Kubernetes
    from gaia_vre.core.settings import Settings

_CHART_SPAWNER = "kubespawner.KubeSpawner"
_STOP_SECONDS = 10
_REFUSAL_SECONDS = 1.0
"""A start that is refused is so by then: the answer to who asked tells it, and not only the page that waits."""
_AT_ONCE = {"slow_spawn_timeout": 0}
_PATIENCE_SECONDS = 90
"""An API server that is silent or overloaded for a minute is none that refuses."""


def configure_pods(c: Config, settings: Settings | None = None) -> None:
    """Set how labs run on Kubernetes; on one machine this sets nothing.

    Notes
    -----
    The official chart sets the traits of `KubeSpawner` to its defaults whether an operator gave them or not. What
    follows from our settings is therefore set on the subclass, where `hub.config.PodSpawner` overrides it.
    """
    settings = settings or hub_settings()
    kubernetes = settings.kubernetes
    if kubernetes is None:
        return
    _check_storage(c, kubernetes)
    _name_hub(c)
    if c.JupyterHub.get("spawner_class", _CHART_SPAWNER) == _CHART_SPAWNER:
        c.JupyterHub.spawner_class = "gaia_vre.hub.pods.spawner.PodSpawner"
    # The chart's own value, with which programs are told that a start that was refused succeeded.
    if c.JupyterHub.get("tornado_settings") == _AT_ONCE:
        c.JupyterHub.tornado_settings = {"slow_spawn_timeout": _REFUSAL_SECONDS}
    propose(
        c,
        "PodSpawner",
        settings=settings,
        modify_pod_hook=admit_pods(desk_of(settings)),
        cmd=["python", "-m", "gaia_vre.lab"],
        start_timeout=settings.labs.start_seconds,
        consecutive_failure_limit=0,
        delete_grace_period=_STOP_SECONDS,
        k8s_api_request_retry_timeout=_PATIENCE_SECONDS,
        extra_labels=_labels(c),
        **_security(kubernetes),
        **_homes(kubernetes),
        **({"namespace": kubernetes.namespace} if kubernetes.namespace else {}),
    )
    release = c.KubeSpawner.get("common_labels", {}).get("release")
    namespace = c.PodSpawner.get("namespace") or c.KubeSpawner.get("namespace", "default")
    watch_for_orphans(namespace, {"release": release} if release else {})
    watch_routes()


def _labels(c: Config) -> dict[str, str]:
    given = c.KubeSpawner.get("extra_labels", {})
    ours = {KIND: SERVER_KINDS["personal"]}
    return {**given, **ours} if isinstance(given, dict) else ours


def _security(kubernetes: Kubernetes) -> dict[str, Any]:
    return {
        "uid": kubernetes.user_id,
        "gid": kubernetes.group_id,
        "fs_gid": kubernetes.group_id,
        "allow_privilege_escalation": False,
        "automount_service_account_token": False,
        "container_security_context": restricted_context(),
        "pod_security_context": pod_context(kubernetes),
    }


def _homes(kubernetes: Kubernetes) -> dict[str, Any]:
    homes = kubernetes.homes
    if homes.kind == "shared-claim":
        return {"storage_pvc_ensure": False, "working_dir": str(homes.mount)}
    return {
        "storage_pvc_ensure": True,
        "storage_class": homes.storage_class,
        "storage_capacity": f"{homes.capacity_gib:g}Gi",
        "storage_access_modes": [homes.access_mode],
        # One for all servers of a person; KubeSpawner's own template makes one for each.
        "pvc_name_template": "gaia-home-{safe_username}",
        "working_dir": str(homes.mount),
    }


def _name_hub(c: Config) -> None:
    """Give the hub's address its namespace: the chart's short name is not found from where labs are."""
    address = urlsplit(c.JupyterHub.get("hub_connect_url", "") or "")
    if address.hostname and "." not in address.hostname and (namespace := os.environ.get("POD_NAMESPACE")):
        c.JupyterHub.hub_connect_url = f"{address.scheme}://{address.hostname}.{namespace}:{address.port}"


def _check_storage(c: Config, kubernetes: Kubernetes) -> None:
    """Refuse a second volume in the place of the home: the cluster would refuse each lab."""
    mounts = c.KubeSpawner.get("volume_mounts", {})
    each = mounts.values() if isinstance(mounts, dict) else mounts if isinstance(mounts, list) else ()
    home = str(kubernetes.homes.mount)
    if any(isinstance(mount, dict) and mount.get("mountPath", "").rstrip("/") == home for mount in each):
        raise SettingsError(
            f"jupyterhub.singleuser.storage: it mounts a volume at {home}, where homes are: set its type to none; "
            "homes are described by jupyterhub.custom.gaia.kubernetes.homes"
        )
