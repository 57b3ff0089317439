"""Values of what runs and what ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - read at run time by the API's models
from typing import Literal

Kind = Literal["server", "cluster"]

Reason = Literal[
    "asked",
    "idle",
    "memory",
    "crashed",
    "lost",
    "stuck",
    "abandoned",
    "budget",
    "operator",
    "deadline",
    "node",
    "disk",
    "files",
    "processes",
    "left",
]
"""asked: by a person; lost: it was gone when the service looked, and nothing told why; abandoned: its lab had ended;
budget: the account that paid had nothing left; operator: an administrator stopped it, the detail says who; deadline:
it was to run no longer; node: the computer it ran on failed, was full or is serviced; disk, files, processes: it made
more of them than a sandbox may; left: it had to do with a project that its owner is not in any more."""


@dataclass(frozen=True, order=True)
class Thing:
    """Something that runs, of somebody; two observations of it are equal."""

    kind: Kind
    username: str
    name: str


@dataclass(frozen=True)
class Ending:
    """Something that ran and ended, and why."""

    thing: Thing
    started: datetime | None
    ended: datetime
    reason: Reason
    detail: str = ""
    id: int | None = None
