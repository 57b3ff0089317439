"""Who entered whose server, in the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from gaia_vre.database.visits import VisitRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

ONE_VISIT = timedelta(hours=2)
"""Somebody who comes again within this time has not been away."""


@dataclass(frozen=True)
class Visit:
    """Somebody in the server of another."""

    username: str
    server: str
    visitor: str
    first: datetime
    last: datetime


class Visits:
    """The visits of one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record(self, username: str, server: str, visitor: str, now: datetime) -> bool:
        """Keep that somebody is in a server: the visit that goes on, or a new one; say whether it is new."""
        names = {"username": username, "server": server, "visitor": visitor}
        same = [getattr(VisitRow, name) == value for name, value in names.items()]
        with self._engine.begin() as connection:
            going_on = update(VisitRow).where(*same, VisitRow.last > now - ONE_VISIT).values(last=now)
            if connection.execute(going_on).rowcount:
                return False
            connection.execute(insert(VisitRow).values(**names, first=now, last=now))
        return True

    def of(self, username: str, limit: int) -> list[Visit]:
        """Return who was in a person's servers, the last first."""
        mine = select(VisitRow.__table__).where(VisitRow.username == username)
        with self._engine.connect() as connection:
            rows = connection.execute(mine.order_by(VisitRow.last.desc(), VisitRow.id.desc()).limit(limit)).all()
        return [Visit(row.username, row.server, row.visitor, row.first, row.last) for row in rows]

    def forget(self, before: datetime) -> None:
        """Delete visits that ended before this time."""
        with self._engine.begin() as connection:
            connection.execute(delete(VisitRow).where(VisitRow.last < before))
