"""What a pod holds on its node: the sizes that are admitted, whatever set them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gaia_vre.client import Amounts
from gaia_vre.hub.pods.quantities import plain

if TYPE_CHECKING:
    from gaia_vre.hub.choices import Choice

_GPUS = ("nvidia.com/gpu", "amd.com/gpu")


def holding_of(pod: Any, choice: Choice) -> Amounts:
    """Return what all containers of a pod may use together; what has no limit counts as the chosen size."""
    containers = [container.resources for container in pod.spec.containers]
    return Amounts(
        cores=round(_sum(containers, "cpu", choice.size.cores), 6),
        memory_gib=round(_sum(containers, "memory", choice.size.memory_gib * 2**30) / 2**30, 6),
        gpus=sum(_sum(containers, name, 0) for name in _GPUS),
    )


def _sum(containers: list[Any], name: str, unlimited: float) -> float:
    held = [_amount(resources, name) for resources in containers]
    return sum(each for each in held if each is not None) if any(each is not None for each in held) else unlimited


def _amount(resources: Any, name: str) -> float | None:
    """Return a container's limit, or what it asks for where it has none."""
    given = [(getattr(resources, kind, None) or {}).get(name) for kind in ("limits", "requests")]
    return next((plain(each) for each in given if each is not None), None)
