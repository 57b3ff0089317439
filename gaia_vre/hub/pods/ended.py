"""Why a pod ended, read from its status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

LAB_CONTAINER = "notebook"
"""KubeSpawner's name for the container of the lab."""


def reason_of(pod: dict[str, Any], events: Iterable[dict[str, Any]] = ()) -> str | None:
    """Return why a pod has ended or is about to; None: it runs, or ended as it was asked to.

    Parameters
    ----------
    events
        Those of the namespace. A lab that ends as fast as the kubelet asks it to is shown as one that ended by
        itself, and only the kubelet's event tells that it was evicted.
    """
    status = pod.get("status") or {}
    evicted = _eviction(pod, events)
    if status.get("reason") == "DeadlineExceeded":
        return "deadline"
    ended = _terminated(status)
    if ended.get("reason") == "OOMKilled":
        return "memory"
    taken = status.get("reason") in {"Evicted", "NodeLost", "Shutdown", "Terminated", "Preempting"}
    if taken or evicted or _disrupted(status):
        if "EmptyDir" in (status.get("message") or evicted):
            return "disk"
        # The kubelet evicts whoever took most when a node runs short; that is not the lab's own limit.
        return "node"
    return "crashed" if ended and ended.get("exitCode") else None


def is_ending(pod: dict[str, Any]) -> bool:
    """Say whether the lab has ended and its pod not yet: only the end of the pod tells why.

    The kubelet writes that it evicted a pod when the last container is gone. No container begins anew in a lab's pod.
    """
    status = pod.get("status") or {}
    return status.get("phase") == "Running" and bool(_terminated(status))


def _terminated(status: dict[str, Any]) -> dict[str, Any]:
    for container in status.get("containerStatuses") or ():
        if container.get("name") == LAB_CONTAINER:
            ended: dict[str, Any] = (container.get("state") or {}).get("terminated") or {}
            return ended
    return {}


def _eviction(pod: dict[str, Any], events: Iterable[dict[str, Any]]) -> str:
    """Return the kubelet's word for why it evicted this very pod; empty where it did not."""
    uid = (pod.get("metadata") or {}).get("uid")
    about = (one for one in events if uid and (one.get("involvedObject") or {}).get("uid") == uid)
    return next((one.get("message") or "evicted" for one in about if one.get("reason") == "Evicted"), "")


def _disrupted(status: dict[str, Any]) -> bool:
    """Say whether the cluster itself ends this pod: its node is drained, lost or needed for others."""
    return any(
        one.get("type") == "DisruptionTarget" and one.get("status") == "True" for one in status.get("conditions") or ()
    )
