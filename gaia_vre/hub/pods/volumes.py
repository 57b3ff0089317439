"""The volumes of a lab: its owner's home, to write, and the prepared datasets, to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gaia_vre.core.names import slug
from gaia_vre.core.pods import claim_volume, data_mounts, data_volumes

if TYPE_CHECKING:
    from gaia_vre.core.kubernetes_settings import Kubernetes

_HOME = "gaia-home"


def put(spawner: Any, kubernetes: Kubernetes, *, personal: bool) -> None:
    """Give a spawner its volumes, beside those that an operator has given it; a home only where it is a person's."""
    ours, places = data_volumes(kubernetes), data_mounts(kubernetes)
    if personal:
        ours |= home_volume(kubernetes)
        places |= home_mount(kubernetes, spawner.user.name)
    spawner.volumes = _named(spawner.volumes) | ours
    spawner.volume_mounts = _named(spawner.volume_mounts) | places


def home_volume(kubernetes: Kubernetes) -> dict[str, dict[str, Any]]:
    """Return the volume of the home by its name; KubeSpawner puts the claim of the person in."""
    claim = "{pvc_name}" if kubernetes.homes.kind == "claim-per-user" else kubernetes.homes.claim
    return {_HOME: claim_volume(_HOME, claim)}


def home_mount(kubernetes: Kubernetes, username: str) -> dict[str, dict[str, Any]]:
    """Return where a lab finds its home."""
    homes = kubernetes.homes
    home = {"name": _HOME, "mountPath": str(homes.mount)}
    if homes.kind == "shared-claim":
        home["subPath"] = str(homes.folder / slug(username))
    return {_HOME: home}


def _named(given: Any) -> dict[str, Any]:
    """Return volumes or mounts by name; KubeSpawner takes lists too."""
    if isinstance(given, dict):
        return dict(given)
    return {f"{number}-{each['name']}": each for number, each in enumerate(given)}
