"""What runs and what ended, in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from gaia_vre.core.errors import NotFound
from gaia_vre.database.tables import EndingRow, RunningRow
from gaia_vre.service.model import Ending, Kind, Reason, Thing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement, Engine

_DETAIL = 500


class Store:
    """Reads and writes; each method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def running(self) -> dict[Thing, datetime]:
        """Return what was running at the last pass."""
        with Session(self.engine) as session:
            return {_thing(row): row.started for row in session.scalars(select(RunningRow))}

    def begin(self, things: Mapping[Thing, datetime]) -> None:
        """Record what has begun to run."""
        rows = [RunningRow(kind=t.kind, username=t.username, name=t.name, started=at) for t, at in things.items()]
        with Session(self.engine) as session, session.begin():
            session.add_all(rows)

    def end(self, thing: Thing, reason: Reason, ended: datetime, detail: str = "") -> bool:
        """Record an end once: who comes second, the loop or the hub, changes nothing. Return whether it was new."""
        with Session(self.engine) as session, session.begin():
            row = session.scalar(select(RunningRow).where(*_is(thing)).with_for_update())
            if row is None:
                return False
            session.delete(row)
            session.add(_ending(thing, row.started, ended, reason, detail))
        return True

    def report(self, thing: Thing, reason: Reason, started: datetime | None, ended: datetime, detail: str = "") -> None:
        """Record an end that the hub tells of, also of something that ended before any pass saw it."""
        with Session(self.engine) as session, session.begin():
            session.execute(delete(RunningRow).where(*_is(thing)))
            session.add(_ending(thing, started, ended, reason, detail))

    def endings(self, username: str, limit: int = 20) -> list[Ending]:
        """Return the latest ends that this person has not dismissed, newest first."""
        query = (
            select(EndingRow)
            .where(EndingRow.username == username, EndingRow.dismissed.is_(None))
            .order_by(EndingRow.ended.desc(), EndingRow.id.desc())
            .limit(limit)
        )
        with Session(self.engine) as session:
            return [
                Ending(_thing(row), row.started, row.ended, cast("Reason", row.reason), row.detail, row.id)
                for row in session.scalars(query)
            ]

    def dismiss(self, username: str, number: int, now: datetime) -> None:
        """Hide a notice and all older ones.

        Raises
        ------
        NotFound
            There is no such notice of this person.
        """
        with Session(self.engine) as session, session.begin():
            row = session.get(EndingRow, number)
            if row is None or row.username != username:
                raise NotFound(f"There is no notice {number} of yours")
            older = (EndingRow.username == username, EndingRow.ended <= row.ended, EndingRow.dismissed.is_(None))
            session.execute(update(EndingRow).where(*older).values(dismissed=now))


def _is(thing: Thing) -> tuple[ColumnElement[bool], ...]:
    return RunningRow.kind == thing.kind, RunningRow.username == thing.username, RunningRow.name == thing.name


def _ending(thing: Thing, started: datetime | None, ended: datetime, reason: Reason, detail: str) -> EndingRow:
    return EndingRow(
        kind=thing.kind,
        username=thing.username,
        name=thing.name,
        started=started,
        ended=ended,
        reason=reason,
        detail=detail[:_DETAIL],
    )


def _thing(row: RunningRow | EndingRow) -> Thing:
    return Thing(cast("Kind", row.kind), row.username, row.name)
