"""When a sandbox ends, and when its person is warned: pure decisions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from gaia_vre.sandboxes.model import Sandbox, Why

WARNINGS = (30, 10)
"""Minutes before the deadline, the earlier first."""


@dataclass(frozen=True)
class Seen:
    """What is known of a sandbox's server."""

    active: bool
    last_activity: datetime | None = None
    ended: Why | None = None
    """The reason that its keeper, or what ran it, left."""
    absent: timedelta = timedelta()
    """How long it has not been there."""


@dataclass(frozen=True)
class Patience:
    """How long is waited."""

    idle: timedelta
    start: timedelta
    """Until a server that was asked for has to be there."""
    word: timedelta = timedelta()
    """Until whoever ran it has to have told why it ended."""


def end_of(sandbox: Sandbox, seen: Seen, now: datetime, patience: Patience) -> Why | None:
    """Say why a sandbox that lives has to end now; None if it need not."""
    if now >= sandbox.deadline:
        return "deadline"
    if sandbox.state == "making":
        return "failed" if now - sandbox.created > 2 * patience.start else None
    if not seen.active:
        if seen.ended is not None:
            return seen.ended
        return "asked" if now - sandbox.created > patience.start and seen.absent >= patience.word else None
    last = max(seen.last_activity or sandbox.created, sandbox.created)
    return "idle" if now - last >= patience.idle else None


def warning_of(sandbox: Sandbox, now: datetime) -> int | None:
    """Return how many minutes before the deadline a warning is due; None when none is."""
    left = sandbox.deadline - now
    due = [minutes for minutes in WARNINGS if left <= timedelta(minutes=minutes)]
    if not due or sandbox.deadline - sandbox.created <= timedelta(minutes=due[-1]):
        return None
    return due[-1] if not sandbox.warned or due[-1] < sandbox.warned else None
