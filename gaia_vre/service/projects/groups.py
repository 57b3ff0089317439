"""The groups of people, as the hub has them now."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from gaia_vre.core.errors import GaiaError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from gaia_vre.quotas.holders import Holders
    from gaia_vre.service.hub import Hub

_REMEMBERED = timedelta(seconds=10)
_MOST = 10_000


class GroupsNow:
    """Asks the hub, and goes by what it told last while it is silent."""

    def __init__(self, hub: Hub, holders: Holders, clock: Callable[[], datetime]) -> None:
        self._hub, self._holders, self._clock = hub, holders, clock
        self._found: dict[str, tuple[datetime, frozenset[str]]] = {}

    def __call__(self, username: str) -> frozenset[str]:
        """Return the groups that somebody is in."""
        now = self._clock()
        at, groups = self._found.get(username, (None, frozenset()))
        if at is not None and now - at < _REMEMBERED:
            return groups
        try:
            groups = self._hub.groups(username)
        except GaiaError:
            return self._holders.groups(username)
        if len(self._found) >= _MOST:
            self._found.clear()
        self._found[username] = (now, groups)
        return groups
