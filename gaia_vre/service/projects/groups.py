"""The groups of people, as the identity provider has them now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from gaia_vre.core.errors import GaiaError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gaia_vre.quotas.holders import Holders
    from gaia_vre.service.hub import Hub

REMEMBERED = timedelta(seconds=10)
_MOST = 10_000
_NEVER = datetime.min.replace(tzinfo=UTC)


class GroupsNow:
    """Asks the hub, which asks the provider, and goes by what was told last while it is silent."""

    def __init__(self, hub: Hub, holders: Holders, clock: Callable[[], datetime]) -> None:
        self._hub, self._holders, self._clock = hub, holders, clock
        self._found: dict[str, tuple[datetime, frozenset[str] | None]] = {}
        self._silent = _NEVER

    def __call__(self, username: str) -> frozenset[str]:
        """Return the groups that somebody is in."""
        now = self._clock()
        at, groups = self._found.get(username, (_NEVER, None))
        if groups is not None and (now - at < REMEMBERED or now - self._silent < REMEMBERED):
            return groups
        try:
            groups = self._hub.groups(username)
        except GaiaError:
            self._silent = now  # one who waits in vain is enough
            return self._holders.groups(username) if groups is None else groups
        if len(self._found) >= _MOST:
            self._found.clear()
        self._found[username] = (now, groups)
        return groups
