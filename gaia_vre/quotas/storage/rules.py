"""How much a folder may hold: a pure function of defaults, rooms of groups, rooms of accounts and bypass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gaia_vre.quotas.storage.model import GIB, Room

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from gaia_vre.core.quotas import Quotas
    from gaia_vre.core.storage_settings import Area, GivenRoom
    from gaia_vre.core.storage_settings import Room as Written


def room_of(quotas: Quotas, area: Area, account: str, groups: Iterable[str], today: date) -> Room:
    """Return how much a folder of an account may hold.

    What is given to the account counts; else the largest of the default and of what its person's
    groups are given.
    """
    if account in quotas.bypass:
        return Room(None, None, f"nothing limits {account}")
    default: Written = getattr(quotas.storage, area)
    holding = [one for one in quotas.storage.given if one.area == area and _holds(one, today)]
    for one in reversed(holding):
        if one.account == account:
            return _room(one, default, f"set in the settings for {account}")
    mine = set(groups)
    rooms = [_room(default, default, f"default of a {area}")]
    rooms += [_room(one, default, f"group {one.group}") for one in holding if one.group in mine]
    return max(rooms, key=_size)


def _room(given: Written, default: Written, source: str) -> Room:
    hard = given.hard_gib if given.hard_gib is not None else default.hard_gib
    soft = given.soft_gib if given.soft_gib is not None else default.soft_gib
    room = Room(_bytes(soft), _bytes(hard), source)
    # A default notice may come after a smaller limit of one's own: then the limit alone counts.
    return room if room.soft is None or room.hard is None or room.soft <= room.hard else Room(None, room.hard, source)


def _holds(given: GivenRoom, today: date) -> bool:
    return given.until is None or today < given.until


def _bytes(gib: float | str | None) -> int | None:
    return int(float(gib) * GIB) if gib is not None and gib != "unlimited" else None


def _size(room: Room) -> tuple[float, float]:
    infinite = float("inf")
    return (
        room.hard if room.hard is not None else infinite,
        room.soft if room.soft is not None else infinite,
    )
