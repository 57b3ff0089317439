"""Tell the service why a server ended, so that its owner finds the reason on the home page."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx2

from gaia_vre.core.settings import Settings, load_settings
from gaia_vre.hub.traits import propose

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from traitlets.config import Config

_SECONDS = 5.0


def configure_endings(c: Config, settings: Settings | None = None) -> None:
    """Have every end of a server reported, on whatever path it comes."""
    settings = settings or load_settings()
    token = os.environ.get("GAIA_VRE_SERVICE_TOKEN", "")
    propose(c, "Spawner", post_stop_hook=report_endings(settings, token))


def report_endings(settings: Settings, token: str) -> Callable[[Any], Awaitable[None]]:
    """Return the hook that the hub calls exactly once for each end."""
    url = f"{settings.addresses.service_url}/api/endings"
    idle = timedelta(minutes=settings.labs.idle_minutes)

    async def report(spawner: Any) -> None:
        body = describe(spawner, datetime.now(UTC), idle)
        try:
            async with httpx2.AsyncClient(timeout=_SECONDS, trust_env=False) as http:
                answer = await http.post(url, json=body, headers={"Authorization": f"token {token}"})
            answer.raise_for_status()
        except httpx2.HTTPError as error:
            # The reconcile loop will see that the server is gone, only not why.
            spawner.log.warning("The service did not hear why %s ended: %s", spawner._log_name, error)

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
