"""How long starts took, in the database."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from gaia_vre.database.starts import StartRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Engine

_FEWEST = 3


@dataclass(frozen=True)
class Start:
    """A start that came to its end."""

    username: str
    name: str
    size: str
    environment: str
    ready: datetime
    steps: Mapping[str, float]
    """Seconds of each step, in the order in which they were taken."""

    @property
    def seconds(self) -> float:
        return sum(self.steps.values())


class Starts:
    """The starts of one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record(self, start: Start) -> None:
        """Keep how long a start took."""
        kept = ("username", "name", "size", "environment", "ready", "seconds")
        values = {name: getattr(start, name) for name in kept} | {"steps": dict(start.steps)}
        with self._engine.begin() as connection:
            connection.execute(insert(StartRow).values(**values))

    def of(self, username: str, limit: int) -> list[Start]:
        """Return a person's last starts, newest first."""
        mine = select(StartRow.__table__).where(StartRow.username == username)
        with self._engine.connect() as connection:
            rows = connection.execute(mine.order_by(StartRow.ready.desc(), StartRow.id.desc()).limit(limit)).all()
        return [Start(row.username, row.name, row.size, row.environment, row.ready, row.steps) for row in rows]

    def forget(self, before: datetime) -> None:
        """Delete starts from before this time."""
        with self._engine.begin() as connection:
            connection.execute(delete(StartRow).where(StartRow.ready < before))


def usual(starts: Sequence[Start]) -> float | None:
    """Return the seconds within which half of the starts were done; None of too few."""
    return statistics.median(one.seconds for one in starts) if len(starts) >= _FEWEST else None
