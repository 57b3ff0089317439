"""What administrators did, in the database: read by them all, and by whom it concerns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, cast

from sqlalchemy import delete, insert, select

from gaia_vre.core.marking import said
from gaia_vre.database.people import OperatorActRow

if TYPE_CHECKING:
    from sqlalchemy import Engine

ActKind = Literal["looked", "stopped", "paused", "resumed", "told"]
KINDS = {
    "looked": said("looked at what is yours"),
    "stopped": said("stopped your server"),
    "paused": said("began a maintenance"),
    "resumed": said("ended a maintenance"),
    "told": said("told everybody something"),
}
_ONE_LOOK = timedelta(hours=12)
_REASON = 300


@dataclass(frozen=True)
class Act:
    """One thing that an administrator did."""

    by: str
    kind: ActKind
    username: str = ""
    """Whom it concerns; empty: everybody."""
    name: str = ""
    reason: str = ""
    at: datetime | None = None


class Acts:
    """The acts of administrators in one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record(self, act: Act, now: datetime) -> None:
        """Keep what was done; somebody who looks again and again is told of once in half a day."""
        row = OperatorActRow
        same = (row.by == act.by, row.username == act.username, row.kind == "looked", row.at > now - _ONE_LOOK)
        with self._engine.begin() as connection:
            if act.kind == "looked" and connection.scalar(select(row.id).where(*same).limit(1)) is not None:
                return
            values = {"at": now, "by": act.by, "kind": act.kind, "username": act.username, "name": act.name}
            connection.execute(insert(row).values(**values, reason=act.reason[:_REASON]))

    def latest(self, limit: int, offset: int = 0, username: str | None = None) -> list[Act]:
        """Return the last acts, of all or those that concern one person."""
        row = OperatorActRow
        query = select(row.by, row.kind, row.username, row.name, row.reason, row.at)
        if username is not None:
            query = query.where(row.username == username)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(row.at.desc(), row.id.desc()).limit(limit).offset(offset))
            return [Act(one.by, cast("ActKind", one.kind), one.username, one.name, one.reason, one.at) for one in rows]

    def forget(self, before: datetime) -> None:
        """Delete what was done before this time."""
        with self._engine.begin() as connection:
            connection.execute(delete(OperatorActRow).where(OperatorActRow.at < before))
