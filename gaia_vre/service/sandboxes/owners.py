"""Whose sandbox it is: the hub knows each as a user of its own, everything else of the environment as its person's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gaia_vre.core.errors import NotAllowed, NotFound
from gaia_vre.core.kinds import number_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gaia_vre.quotas.holders import Holders
    from gaia_vre.sandboxes.store import Sandboxes
    from gaia_vre.service.hub import Person, Server


class Owners:
    """Puts the person in the place of the hub's user that has their sandbox.

    A visitor, who has no account, has no other name than that user's.
    """

    def __init__(self, sandboxes: Sandboxes, holders: Holders) -> None:
        self._sandboxes, self._holders = sandboxes, holders

    def name(self, username: str) -> str:
        """Return the person whose sandbox a user of the hub has; whoever has none is returned as given."""
        number = number_of(username)
        return username if number is None else self._sandboxes.owners([number]).get(number, username)

    def servers(self, found: Iterable[Server]) -> list[Server]:
        """Return servers, sandboxes as those of their people; one that nobody made keeps the name at the hub."""
        servers = list(found)
        owners = self._sandboxes.owners([number for one in servers if (number := number_of(one.username))])
        return [
            replace(one, username=owners[number]) if (number := number_of(one.username)) in owners else one
            for one in servers
        ]

    def person(self, number: str, asks: Person) -> Person:
        """Return for whom a sandbox asks with its own token; raises NotAllowed when there is no such sandbox."""
        try:
            owner = self._sandboxes.find(number).username
        except NotFound as error:
            raise NotAllowed(f"There is no sandbox {number!a}") from error
        return asks if owner == asks.name else replace(asks, name=owner, groups=self._holders.groups(owner))
