"""Admit a pod as it will be made: with its real size, whatever set it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyterhub.utils import maybe_future
from kubernetes_asyncio.client import V1EnvVar

from gaia_vre.core.pods import ACCOUNT, person_labels
from gaia_vre.hub.pods.holding import holding_of
from gaia_vre.hub.pods.rooms import furnish

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from gaia_vre.hub.admission import Desk


def admit_pods(desk: Desk) -> Callable[[Any, Any], Awaitable[Any]]:
    """Return the hook that KubeSpawner calls with each pod before it is made.

    An operator's own `KubeSpawner.modify_pod_hook` is called before, so that what it adds is paid for.
    """

    async def admit(spawner: Any, pod: Any) -> Any:
        theirs = spawner.config["KubeSpawner"].get("modify_pod_hook")
        if callable(theirs):
            pod = await maybe_future(theirs(spawner, pod))
        await desk.admit(spawner, holding_of(pod, spawner.choice))
        pod = told(pod, spawner.user.name, spawner.lease, spawner.account)
        return furnish(pod, spawner)

    return admit


def told(pod: Any, username: str, lease: str, account: str | None) -> Any:
    """Return the pod with its lease, for whoever looks at the cluster and for what the lab starts."""
    payer = account or f"person:{username}"
    pod.metadata.labels |= person_labels(username, lease, payer)
    pod.metadata.annotations |= {ACCOUNT: payer}
    pod.spec.containers[0].env.append(V1EnvVar("GAIA_VRE_LEASE", lease))
    return pod
