"""Why a pod ended, read from its status."""

from __future__ import annotations

from typing import Any

LAB_CONTAINER = "notebook"
"""KubeSpawner's name for the container of the lab."""


def reason_of(pod: dict[str, Any]) -> str | None:
    """Return why a pod has ended or is about to; None: it runs, or ended as it was asked to."""
    status = pod.get("status") or {}
    if status.get("reason") == "DeadlineExceeded":
        return "deadline"
    ended = _terminated(status)
    if ended.get("reason") == "OOMKilled":
        return "memory"
    if status.get("reason") in {"Evicted", "NodeLost", "Shutdown", "Terminated", "Preempting"} or _disrupted(status):
        if "EmptyDir" in (status.get("message") or ""):
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


def _disrupted(status: dict[str, Any]) -> bool:
    """Say whether the cluster itself ends this pod: its node is drained, lost or needed for others."""
    return any(
        one.get("type") == "DisruptionTarget" and one.get("status") == "True" for one in status.get("conditions") or ()
    )
