"""What Kubernetes refuses, in words for the person who wanted to start a lab."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from gaia_vre.hub.pods.quantities import plain
from gaia_vre.hub.refusal import Refusal

if TYPE_CHECKING:
    from kubernetes_asyncio.client.rest import ApiException

    from gaia_vre.hub.choices import Choice

NOTHING = "Nothing was started and nothing was charged"
_QUOTA = re.compile(
    r"exceeded quota: (?P<name>\S+), requested: (?P<asked>.+), used: (?P<used>.+), limited: (?P<all>.+)"
)
_WORDS = {"cpu": "cores", "memory": "GiB of memory", "storage": "GiB of storage", "ephemeral-storage": "GiB of disk"}
_PIECES = {
    "pods": "labs and workers",
    "count/pods": "labs and workers",
    "persistentvolumeclaims": "volumes",
    "services": "services",
}
_PASSING = {408, 409, 429}


def passes(error: ApiException) -> bool:
    """Say whether the API server may answer otherwise in a moment."""
    return error.status in _PASSING or not error.status or error.status >= 500


def refusal_of(error: ApiException) -> Refusal:
    """Return the refusal that a person reads; what only operators understand stays in the log."""
    told = message_of(error)
    quota = _QUOTA.search(told)
    if error.status == 403 and quota:
        return Refusal(f"{_quota_words(quota)}. {NOTHING}", reason="quota", status=409)
    if error.status == 403:
        words = "The cluster does not let this hub start a lab: its operators find the reason in the hub's log"
        return Refusal(f"{words}. {NOTHING}", reason="cluster", status=503)
    return Refusal(f"The cluster refuses to start this lab ({error.status}). {NOTHING}", reason="cluster", status=503)


def exists_already(error: ApiException) -> bool:
    """Say whether there is something of this name; a quota that changes meanwhile is a conflict too."""
    return bool(error.status == 409 and _told(error).get("reason") == "AlreadyExists")


def late_words(pod: dict[str, Any] | None, choice: Choice, seconds: float) -> str:
    """Return why a pod has not answered in time."""
    status = (pod or {}).get("status") or {}
    for condition in status.get("conditions") or ():
        if condition.get("reason") == "Unschedulable":
            size = f"{choice.size.cores:g} cores and {choice.size.memory_gib:g} GiB"
            return f"No node of the cluster has room now for {size}"
    waiting = [(one.get("state") or {}).get("waiting") or {} for one in status.get("containerStatuses") or ()]
    if any("Image" in str(one.get("reason")) for one in waiting):
        return f"The image of {choice.environment.title} cannot be fetched: tell the operators"
    if status.get("phase") == "Running":
        return f"The lab did not answer within {seconds:g} s"
    if pod is None:
        return "The cluster does not answer"
    return f"The cluster did not get the lab ready within {seconds:g} s"


def message_of(error: ApiException) -> str:
    """Return the API server's own words."""
    return str(_told(error).get("message") or error.reason)


def _told(error: ApiException) -> dict[str, Any]:
    try:
        told = json.loads(error.body or "")
    except (ValueError, TypeError):
        return {}
    return told if isinstance(told, dict) else {}


def _quota_words(quota: re.Match[str]) -> str:
    """Return the first limit that the pod does not fit in, as people read it."""
    asked, used, limits = (_amounts(quota[part]) for part in ("asked", "used", "all"))
    for name, limit in limits.items():
        factor, word = _unit(name)
        want, held, most = (plain(amounts.get(name, "0")) / factor for amounts in (asked, used, {name: limit}))
        if held + want > most:
            left = max(0.0, most - held)
            return f"The cluster is full: {want:g} {word} asked, {left:g} of {most:g} left in quota {quota['name']}"
    return f"The cluster is full: quota {quota['name']} leaves no room"


def _amounts(text: str) -> dict[str, str]:
    """Return ``requests.cpu=2,pods=1`` as a dictionary."""
    pairs = (part.split("=", 1) for part in text.split(",") if "=" in part)
    return {name.strip(): value.strip() for name, value in pairs}


def _unit(name: str) -> tuple[float, Any]:
    kind = name.rpartition(".")[2]
    if kind in _WORDS:
        return (1.0 if kind == "cpu" else 2.0**30), _WORDS[kind]
    return 1.0, _PIECES.get(name, name)
