"""What is known of a folder that somebody keeps: how much it holds, and how much it may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from datetime import datetime

    from gaia_vre.core.storage_settings import Area

GIB = 2**30
Level = Literal["free", "soft", "hard"]
"""Which limit is passed."""


@dataclass(frozen=True)
class Place:
    """A folder of an area."""

    area: Area
    folder: str


@dataclass(frozen=True)
class Room:
    """How many bytes a folder may hold, and who says so; None is no limit."""

    soft: int | None
    hard: int | None
    source: str

    def level(self, size: int, spare: int = 0) -> Level:
        """Return which limit a size has passed.

        Parameters
        ----------
        spare
            Bytes below the hard limit at which it counts as passed, where the file system lets nobody pass it.
        """
        if self.hard is not None and size > self.hard - spare:
            return "hard"
        return "soft" if self.soft is not None and size > self.soft else "free"


@dataclass(frozen=True)
class Kept:
    """What a folder held when it was last measured."""

    place: Place
    account: str
    at: datetime
    size: int
    """Bytes on disk."""
    files: int
    unreadable: int
    complete: bool
    """It was looked at to the end; otherwise it holds at least so much."""
    largest: list[dict[str, Any]]
    """``path`` as people read it and ``size`` in bytes."""
    room: Room
    level: Level

    @property
    def document(self) -> dict[str, Any]:
        """What programs read, in GiB."""
        hard, soft = self.room.hard, self.room.soft
        return {
            "area": self.place.area,
            "account": self.account,
            "at": self.at.isoformat(),
            "used_gib": self.size / GIB,
            "soft_gib": None if soft is None else soft / GIB,
            "hard_gib": None if hard is None else hard / GIB,
            "source": self.room.source,
            "level": self.level,
            "files": self.files,
            "unreadable": self.unreadable,
            "complete": self.complete,
            "largest": self.largest,
        }
