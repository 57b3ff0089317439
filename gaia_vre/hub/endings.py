"""Tell the service that and why a server ended: its owner finds the reason, its lease is given back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from gaia_vre.core.errors import GaiaError
from gaia_vre.hub.admission import Desk, desk_of, is_silent
from gaia_vre.hub.deployment import hub_settings
from gaia_vre.hub.traits import propose

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from traitlets.config import Config

    from gaia_vre.core.settings import Settings


def configure_endings(c: Config, settings: Settings | None = None) -> None:
    """Have every end of a server reported, on whatever path it comes."""
    settings = settings or hub_settings()
    propose(c, "Spawner", post_stop_hook=report_endings(desk_of(settings)))


def report_endings(desk: Desk) -> Callable[[Any], Awaitable[None]]:
    """Return the hook that the hub calls exactly once for each end."""
    idle = timedelta(minutes=desk.settings.labs.idle_minutes)

    async def report(spawner: Any) -> None:
        # A start that was refused has no end: the person has read why.
        if getattr(spawner, "refused", False):
            await desk.release(spawner)
            return
        body = describe(spawner, datetime.now(UTC), idle)
        lease = None if desk.journal.pending() else getattr(spawner, "lease", None)
        if lease:
            body |= {"lease": lease, "ran": bool(getattr(spawner, "ran", True))}
        try:
            await desk.door.ask("POST", "/endings", body)
            if lease:
                spawner.lease = None
        except GaiaError as error:
            # The reconcile loop will see that the server is gone, and guess why until it is told.
            spawner.log.warning("The service did not hear why %s ended: %s", spawner._log_name, error.message)
            if is_silent(error):
                await desk.tell_later({name: body[name] for name in body if name not in {"lease", "ran"}})
        await desk.release(spawner)

    return report


def describe(spawner: Any, now: datetime, idle: timedelta) -> dict[str, Any]:
    """Return the report of an end.

    Parameters
    ----------
    idle
        After so long without activity the culler stops a server; an orderly stop after less was asked for.
    """
    row = spawner.orm_spawner
    last = _aware(row.last_activity)
    reason = getattr(spawner, "end_reason", None)
    if reason is None:
        reason = "idle" if last is not None and now - last >= idle else "asked"
    started = _aware(row.started)
    return {
        "kind": "server",
        "username": spawner.user.name,
        "name": spawner.name,
        "started": started.isoformat() if started else None,
        "ended": now.isoformat(),
        "reason": reason,
    }


def _aware(time: datetime | None) -> datetime | None:
    """Return a time of the hub's database, which are UTC without saying so."""
    return time.replace(tzinfo=UTC) if time is not None and time.tzinfo is None else time
