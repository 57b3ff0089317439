"""The real steps of a start: what is done, for how long, and how long starts usually take here."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gaia_vre.core.marking import said

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

BUDGET, PLACE, IMAGE, CONTAINER, LAB = "budget", "place", "image", "container", "lab"
LOCAL = (BUDGET, CONTAINER, LAB)
"""Steps of a process on this machine."""
CLUSTER = (BUDGET, PLACE, IMAGE, CONTAINER, LAB)
"""Steps of a pod."""
TITLES = {
    BUDGET: said("Budget reserved"),
    PLACE: said("Place found"),
    IMAGE: said("Environment at hand"),
    CONTAINER: said("Lab process, your files and the data"),
    LAB: said("JupyterLab answers"),
}
_REASONS = {"Scheduled": PLACE, "Pulled": IMAGE, "Started": CONTAINER}
"""Which event of Kubernetes ends which step."""
_LOOK_SECONDS = 0.2
_REMEMBERED, _FEWEST = 100, 3
_usual: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=_REMEMBERED))


@dataclass
class Steps:
    """One start."""

    names: tuple[str, ...]
    began: float = field(default_factory=time.monotonic)
    done: dict[str, float] = field(default_factory=dict)
    """Seconds after the beginning at which each step was done."""
    then: Callable[[Any], None] | None = None
    """Is told of the spawner when the last step is done."""

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.began


def begin(spawner: Any, names: tuple[str, ...] | None = None, then: Callable[[Any], None] | None = None) -> None:
    """Note that a start begins; `then` is told of the spawner at its end."""
    spawner.steps = Steps(names or _names(spawner), then=then)


def note(spawner: Any, step: str) -> None:
    """Note that a step is done; the last one tells how long such starts take."""
    steps: Steps | None = getattr(spawner, "steps", None)
    if steps is None or step in steps.done:
        return
    steps.done[step] = steps.elapsed
    if step == LAB:
        _usual[_kind(spawner)].append(steps.elapsed)
        if steps.then is not None:
            steps.then(spawner)


def note_event(spawner: Any, reason: str) -> None:
    """Note what an event of Kubernetes tells: a pod is scheduled, its image is there, its container runs."""
    if step := _REASONS.get(reason):
        note(spawner, step)


def usual(spawner: Any) -> tuple[float, float] | None:
    """Return the seconds within which half and 95 % of such starts were done; None before enough are known."""
    known = sorted(_usual[_kind(spawner)])
    if len(known) < _FEWEST:
        return None
    return statistics.median(known), known[min(len(known) - 1, int(0.95 * len(known)))]


def forget() -> None:
    """Forget how long starts took."""
    _usual.clear()


def told(spawner: Any) -> dict[str, Any]:
    """Return what the waiting page shows."""
    steps: Steps = getattr(spawner, "steps", None) or Steps(_names(spawner))
    found = usual(spawner)
    before, rows = 0.0, []
    for name in steps.names:
        at = steps.done.get(name)
        rows.append({"name": name, "title": TITLES[name], "seconds": None if at is None else max(0.0, at - before)})
        before = before if at is None else at
    now = next((row["name"] for row in rows if row["seconds"] is None), None)
    return {
        "steps": rows,
        "now": now,
        "since": before,
        "elapsed": steps.elapsed,
        "half": found and found[0],
        "most": found and found[1],
    }


def took(spawner: Any) -> dict[str, float]:
    """Return the seconds of each step that is done."""
    return {row["name"]: round(row["seconds"], 3) for row in told(spawner)["steps"] if row["seconds"] is not None}


def done(spawner: Any) -> dict[str, bool]:
    """Return which steps of this start are done; nothing where none was begun."""
    found: Steps | None = getattr(spawner, "steps", None)
    return {name: name in found.done for name in found.names} if found else {}


async def progress(spawner: Any) -> AsyncIterator[dict[str, Any]]:
    """Yield an event each time a step is done, until the hub ends the stream."""
    seen = -1
    while True:
        state = told(spawner)
        done = sum(row["seconds"] is not None for row in state["steps"])
        if done != seen:
            seen = done
            yield {"progress": 10 + 80 * done // len(state["steps"]), "message": _message(state), "gaia": state}
        await asyncio.sleep(_LOOK_SECONDS)


async def with_steps(spawner: Any, events: AsyncIterator[dict[str, Any]]) -> AsyncIterator[dict[str, Any]]:
    """Yield KubeSpawner's events with what they tell of the steps."""
    async for event in events:
        note_event(spawner, str((event.get("raw_event") or {}).get("reason", "")))
        yield event | {"gaia": told(spawner)}


def _message(state: dict[str, Any]) -> str:
    done = [row for row in state["steps"] if row["seconds"] is not None]
    return f"{done[-1]['title']} after {state['elapsed']:.1f} s" if done else "The start begins"


def _names(spawner: Any) -> tuple[str, ...]:
    return tuple(getattr(spawner, "step_names", CLUSTER))


def _kind(spawner: Any) -> str:
    return str((getattr(spawner, "user_options", None) or {}).get("environment", ""))
