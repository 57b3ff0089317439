"""The volumes of a lab: its owner's home, to write, and the prepared datasets, to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gaia_vre.core.names import slug

if TYPE_CHECKING:
    from gaia_vre.core.kubernetes_settings import Kubernetes

_HOME, _DATA = "gaia-home", "gaia-data"


def put(spawner: Any, kubernetes: Kubernetes) -> None:
    """Give a spawner its person's volumes, beside those that an operator has given it."""
    spawner.volumes = _named(spawner.volumes) | volumes(kubernetes)
    spawner.volume_mounts = _named(spawner.volume_mounts) | mounts(kubernetes, spawner.user.name)


def volumes(kubernetes: Kubernetes) -> dict[str, dict[str, Any]]:
    """Return the pod's volumes by name; KubeSpawner puts the claim of the person in."""
    claim = "{pvc_name}" if kubernetes.homes.kind == "claim-per-user" else kubernetes.homes.claim
    return {_HOME: _of_claim(_HOME, claim)} | data_volumes(kubernetes)


def mounts(kubernetes: Kubernetes, username: str) -> dict[str, dict[str, Any]]:
    """Return where a lab finds its volumes."""
    homes = kubernetes.homes
    home = {"name": _HOME, "mountPath": str(homes.mount)}
    if homes.kind == "shared-claim":
        home["subPath"] = str(homes.folder / slug(username))
    return {_HOME: home} | data_mounts(kubernetes)


def data_volumes(kubernetes: Kubernetes) -> dict[str, dict[str, Any]]:
    """Return the volume of the prepared datasets, if there is one."""
    claim = kubernetes.data.claim
    return {_DATA: _of_claim(_DATA, claim)} if claim else {}


def data_mounts(kubernetes: Kubernetes) -> dict[str, dict[str, Any]]:
    """Return where the prepared datasets are found; nothing can be written there."""
    data = kubernetes.data
    if not data.claim:
        return {}
    mount: dict[str, Any] = {"name": _DATA, "mountPath": str(data.mount), "readOnly": True}
    return {_DATA: mount | ({"subPath": str(data.folder)} if data.folder.parts else {})}


def environment(kubernetes: Kubernetes) -> dict[str, str]:
    """Return the variables by which datasets on the volume are found; without it those of the image are."""
    data = kubernetes.data
    return {"GAIA_VRE_CATALOG": str(data.mount / "catalog")} if data.claim else {}


def _named(given: Any) -> dict[str, Any]:
    """Return volumes or mounts by name; KubeSpawner takes lists too."""
    if isinstance(given, dict):
        return dict(given)
    return {f"{number}-{each['name']}": each for number, each in enumerate(given)}


def _of_claim(name: str, claim: str) -> dict[str, Any]:
    return {"name": name, "persistentVolumeClaim": {"claimName": claim}}
