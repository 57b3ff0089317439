"""What every pod of a person has in common: labels, security contexts, the volume of prepared datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gaia_vre.core.names import label

if TYPE_CHECKING:
    from gaia_vre.core.kinds import ServerKind
    from gaia_vre.core.kubernetes_settings import Kubernetes

KIND, USER, LEASE, ACCOUNT = (f"gaia-vre/{word}" for word in ("kind", "user", "lease", "account"))
"""Labels by which pods are found; annotations of the same names hold what is no value for a label."""
SERVER_KINDS: dict[ServerKind, str] = {"personal": "lab", "project": "project", "app": "app", "sandbox": "sandbox"}
"""The label `KIND` of the hub's pods; those of Dask clusters have others."""
_DATA = "gaia-data"


def person_labels(username: str, lease: str, account: str) -> dict[str, str]:
    """Return the labels of what runs for somebody and is paid by an account."""
    return {USER: label(username), LEASE: lease, ACCOUNT: label(account)}


def restricted_context() -> dict[str, Any]:
    """Return the security context of a container that Pod Security "restricted" lets in."""
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "privileged": False,
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def pod_context(kubernetes: Kubernetes) -> dict[str, Any]:
    """Return the security context of a whole pod."""
    return {
        "fsGroup": kubernetes.group_id,
        # A volume of many files would be walked through at each start.
        "fsGroupChangePolicy": "OnRootMismatch",
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def data_volumes(kubernetes: Kubernetes) -> dict[str, dict[str, Any]]:
    """Return the volume of the prepared datasets by its name, if there is one."""
    claim = kubernetes.data.claim
    return {_DATA: claim_volume(_DATA, claim)} if claim else {}


def data_mounts(kubernetes: Kubernetes) -> dict[str, dict[str, Any]]:
    """Return where the prepared datasets are found; nothing can be written there."""
    data = kubernetes.data
    if not data.claim:
        return {}
    mount: dict[str, Any] = {"name": _DATA, "mountPath": str(data.mount), "readOnly": True}
    return {_DATA: mount | ({"subPath": str(data.folder)} if data.folder.parts else {})}


def data_environment(kubernetes: Kubernetes) -> dict[str, str]:
    """Return the variables by which datasets on the volume are found; without it those of the image are."""
    data = kubernetes.data
    return {"GAIA_VRE_CATALOG": str(data.mount / "catalog")} if data.claim else {}


def claim_volume(name: str, claim: str) -> dict[str, Any]:
    """Return a pod's volume from a claim."""
    return {"name": name, "persistentVolumeClaim": {"claimName": claim}}
