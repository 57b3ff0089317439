"""The volumes of a lab: its owner's home, to write, and the prepared datasets, to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gaia_vre.core.names import slug
from gaia_vre.core.pods import claim_volume, data_mounts, data_volumes

if TYPE_CHECKING:
    from gaia_vre.core.kubernetes_settings import Kubernetes

_HOME = "gaia-home"


def put(spawner: Any, kubernetes: Kubernetes) -> None:
    """Give a spawner its person's volumes, beside those that an operator has given it."""
    spawner.volumes = _named(spawner.volumes) | volumes(kubernetes)
    spawner.volume_mounts = _named(spawner.volume_mounts) | mounts(kubernetes, spawner.user.name)


def volumes(kubernetes: Kubernetes) -> dict[str, dict[str, Any]]:
    """Return the pod's volumes by name; KubeSpawner puts the claim of the person in."""
    claim = "{pvc_name}" if kubernetes.homes.kind == "claim-per-user" else kubernetes.homes.claim
    return {_HOME: claim_volume(_HOME, claim)} | data_volumes(kubernetes)


def mounts(kubernetes: Kubernetes, username: str) -> dict[str, dict[str, Any]]:
    """Return where a lab finds its volumes."""
    homes = kubernetes.homes
    home = {"name": _HOME, "mountPath": str(homes.mount)}
    if homes.kind == "shared-claim":
        home["subPath"] = str(homes.folder / slug(username))
    return {_HOME: home} | data_mounts(kubernetes)


def _named(given: Any) -> dict[str, Any]:
    """Return volumes or mounts by name; KubeSpawner takes lists too."""
    if isinstance(given, dict):
        return dict(given)
    return {f"{number}-{each['name']}": each for number, each in enumerate(given)}
