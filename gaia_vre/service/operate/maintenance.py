"""Maintenance: nothing new starts but for administrators, what runs goes on, and everybody reads why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete
from sqlalchemy.orm import Session

from gaia_vre.core.errors import Conflict
from gaia_vre.database.tables import MaintenanceRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

_ONLY = 1


@dataclass(frozen=True)
class Pause:
    """A maintenance that goes on now."""

    began: datetime
    by: str
    said: str
    """What the administrator tells everybody; may be empty."""


class Maintenance:
    """Begins, ends and knows the maintenance."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def now(self) -> Pause | None:
        with Session(self.engine) as session:
            row = session.get(MaintenanceRow, _ONLY)
            return Pause(row.began, row.by, row.said) if row else None

    def begin(self, by: str, said: str, now: datetime) -> None:
        with Session(self.engine) as session, session.begin():
            session.merge(MaintenanceRow(id=_ONLY, began=now, by=by, said=said))

    def end(self) -> None:
        with Session(self.engine) as session, session.begin():
            session.execute(delete(MaintenanceRow))

    def check_open(self, username: str, administrators: frozenset[str]) -> None:
        """Refuse a start while there is maintenance.

        Raises
        ------
        Conflict
            There is, and this person is no administrator.
        """
        pause = self.now()
        if pause is not None and username not in administrators:
            said = f": {pause.said}" if pause.said else ""
            raise Conflict(f"Nothing new starts during the maintenance that {pause.by} began{said}")
