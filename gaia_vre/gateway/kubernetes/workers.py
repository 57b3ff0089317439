"""How many pods each cluster's workers have: what is charged, whatever a scheduler claims."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

CLUSTER = "gateway.dask.org/cluster"


@dataclass
class Workers:
    """The worker pods of all clusters at the last look, by the cluster's name."""

    there: Counter[str] = field(default_factory=Counter)
    """Those that wait, start, run or close."""
    running: Counter[str] = field(default_factory=Counter)
    unplaced: Counter[str] = field(default_factory=Counter)
    """Those for which no node has room."""
    seen: float | None = None
    """When that was, by the monotonic clock."""

    @classmethod
    def of(cls, pods: Iterable[dict[str, Any]]) -> Workers:
        """Count the pods of a list of the API server."""
        workers = cls(seen=time.monotonic())
        for pod in pods:
            status = pod.get("status") or {}
            metadata = pod["metadata"]
            name = f"{metadata['namespace']}.{metadata['labels'].get(CLUSTER, '')}"
            phase = status.get("phase")
            workers.there[name] += phase not in {"Succeeded", "Failed"}
            workers.running[name] += phase == "Running"
            workers.unplaced[name] += any(
                one.get("reason") == "Unschedulable" for one in status.get("conditions") or ()
            )
        return workers


async def look(core: Any, namespace: str, selector: str) -> Workers:
    """Ask the API server for the worker pods in a namespace.

    Raises
    ------
    ApiException
        It does not answer, or does not let the gateway look at pods.
    """
    answer = await core.list_namespaced_pod(
        namespace,
        label_selector=f"{selector},app.kubernetes.io/component=dask-worker",
        resource_version="0",  # from its cache: a look costs the cluster's database nothing
        _preload_content=False,
    )
    return Workers.of(json.loads(await answer.read())["items"])
