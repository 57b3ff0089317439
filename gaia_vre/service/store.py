"""What runs and what ended, in the database."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from sqlalchemy import ColumnElement, Select, and_, delete, or_, select, update
from sqlalchemy.orm import Session

from gaia_vre.core.errors import NotFound
from gaia_vre.core.kinds import SANDBOX_SERVER
from gaia_vre.database.tables import EndingRow, RunningRow
from gaia_vre.messages.model import Message
from gaia_vre.messages.store import put_away, put_kind_away, write
from gaia_vre.service.model import Ending, Kind, Reason, Thing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Engine

    from gaia_vre.messages.model import Fact

_DETAIL = 500
_GUESSES = ("lost", "idle")
_SAME_START = timedelta(seconds=2)
_SAME_END = timedelta(minutes=2)
_FORGOTTEN_AT_ONCE = 1000


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
            for thing in things:
                session.execute(delete(RunningRow).where(*_is(RunningRow, thing)))
            session.add_all(rows)

    def end(self, thing: Thing, reason: Reason, ended: datetime, detail: str = "") -> bool:
        """Record an end once: who comes second, the loop or the hub, changes nothing. Return whether it was new."""
        with Session(self.engine) as session, session.begin():
            # Written before anything is read: SQLite lets only one begin to write.
            of_it = delete(RunningRow).where(*_is(RunningRow, thing)).returning(RunningRow.started)
            started = session.scalar(of_it)
            if started is None:
                return False
            _tell(session, _add(session, _ending(thing, started, ended, reason, detail)))
        return True

    def report(self, thing: Thing, reason: Reason, started: datetime | None, ended: datetime, detail: str = "") -> None:
        """Record an end that the hub tells of, also of something that ended before any pass saw it.

        Told twice it is recorded once; a reason that was guessed is replaced by the one told. JupyterHub has
        forgotten the start when it calls `post_stop_hook`: what was recorded of it helps.
        """
        with Session(self.engine) as session, session.begin():
            mine = (*_is(RunningRow, thing), RunningRow.started <= ended)
            running_since = session.scalar(delete(RunningRow).where(*mine).returning(RunningRow.started))
            row = None if running_since else session.scalar(_recorded(thing, started, ended).with_for_update())
            if row is None or (reason == "memory" and row.reason not in (*_GUESSES, reason)):
                _tell(session, _add(session, _ending(thing, started or running_since, ended, reason, detail)))
            elif row.reason in _GUESSES and reason != row.reason:
                row.reason, row.detail, row.ended = reason, detail[:_DETAIL], ended
                put_away(session.connection(), f"ended:{row.id}:", ended)
                _tell(session, row)

    def endings(self, username: str, limit: int = 20) -> list[Ending]:
        """Return the latest ends that this person has not dismissed, newest first."""
        return self._latest(limit, EndingRow.username == username, EndingRow.dismissed.is_(None))

    def notice(self, username: str) -> Ending | None:
        """Return the newest end that is news to this person: not asked for, not dismissed.

        A notebook closes its own Dask clusters, and the gateway does not tell so: an unexplained end of one is none.
        """
        closed = and_(EndingRow.kind == "cluster", EndingRow.reason == "lost")
        sandbox = EndingRow.name.startswith(SANDBOX_SERVER, autoescape=True)
        news = (EndingRow.dismissed.is_(None), EndingRow.reason != "asked", ~closed, ~sandbox)
        return next(iter(self._latest(1, EndingRow.username == username, *news)), None)

    def last_end(self, thing: Thing) -> Ending | None:
        """Return how this thing ended last, dismissed or not."""
        return next(iter(self._latest(1, *_is(EndingRow, thing))), None)

    def forget(self, before: datetime) -> int:
        """Delete ends from before this time; return how many."""
        with Session(self.engine) as session, session.begin():
            old = select(EndingRow.id).where(EndingRow.ended < before).limit(_FORGOTTEN_AT_ONCE)
            return len(session.scalars(delete(EndingRow).where(EndingRow.id.in_(old)).returning(EndingRow.id)).all())

    def _latest(self, limit: int, *which: ColumnElement[bool]) -> list[Ending]:
        query = select(EndingRow).where(*which).order_by(EndingRow.ended.desc(), EndingRow.id.desc()).limit(limit)
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
            put_kind_away(session.connection(), username, "ended", now)


def _is(table: type[RunningRow | EndingRow], thing: Thing) -> tuple[ColumnElement[bool], ...]:
    return table.kind == thing.kind, table.username == thing.username, table.name == thing.name


def _recorded(thing: Thing, started: datetime | None, ended: datetime) -> Select[EndingRow]:
    """Find the end that this report is about: of the same start, or, with no start known, of about the same time."""
    near: ColumnElement[bool] = EndingRow.ended.between(ended - _SAME_END, ended + _SAME_END)
    if started is not None:
        of_it = EndingRow.started.between(started - _SAME_START, started + _SAME_START)
        near = or_(of_it, and_(EndingRow.started.is_(None), near))
    return select(EndingRow).where(*_is(EndingRow, thing), near).order_by(EndingRow.id.desc()).limit(1)


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


def _add(session: Session, row: EndingRow) -> EndingRow:
    session.add(row)
    session.flush()
    return row


def _tell(session: Session, row: EndingRow) -> None:
    """Tell the owner of an end that is news; of one whose reason is known only now, once more."""
    if row.reason == "asked" or (row.kind == "cluster" and row.reason == "lost"):
        return
    if row.name.startswith(SANDBOX_SERVER):
        return  # a message of its own tells of it, and until when its files are there
    facts: dict[str, Fact] = {"thing": row.kind, "name": row.name, "reason": row.reason, "ended": row.ended}
    key = f"ended:{row.id}:{row.ended:%Y%m%d%H%M%S}:{row.reason}"
    message = Message(key, "ended", row.username, row.ended, facts | {"detail": row.detail}, "warn")
    session.flush()
    write(session.connection(), message)


def _thing(row: RunningRow | EndingRow) -> Thing:
    return Thing(cast("Kind", row.kind), row.username, row.name)
