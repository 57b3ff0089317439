"""The steps that accounting took of itself, each recorded once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from gaia_vre.database.quotas import EventRow
from gaia_vre.messages.store import write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Engine

    from gaia_vre.messages.model import Message

EventKind = Literal[
    "refused",
    "would-refuse",
    "notice",
    "used-up",
    "will-stop",
    "shrink",
    "stop",
    "would-stop",
    "adopted",
    "vanished",
    "unused",
    "reconciled",
    "storage",
]
"""notice: 80 or 95 % of a budget; used-up: 100 %, the grace begins; will-stop: a lab is asked to save what is open;
adopted: ran without a lease; would-…: observed; reconciled: a week's charged time was compared with the observed;
storage: a folder is over a limit.
"""


@dataclass(frozen=True)
class Event:
    """One step."""

    key: str
    """What it is about: taken twice it is recorded once."""
    at: datetime
    kind: EventKind
    account: str
    username: str | None = None
    lease_id: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)


class Events:
    """The steps in the database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record(self, event: Event, *messages: Message) -> bool:
        """Record a step, and tell of it in the same transaction; say whether it is new."""
        values = {name: getattr(event, name) for name in Event.__dataclass_fields__}
        kind = postgresql if self._engine.dialect.name == "postgresql" else sqlite
        adding = kind.insert(EventRow).values(**values).on_conflict_do_nothing(index_elements=["key"])
        with self._engine.begin() as connection:
            if connection.scalar(adding.returning(EventRow.id)) is None:
                return False
            for message in messages:
                write(connection, message)
        return True

    def find(self, key: str) -> Event | None:
        """Return a step that was taken."""
        with self._engine.connect() as connection:
            row = connection.execute(select(EventRow.__table__).where(EventRow.key == key)).first()
        return None if row is None else _event(row)

    def latest(self, username: str | None = None, limit: int = 100) -> list[Event]:
        """Return the last steps, of one person or of all, newest first."""
        query = select(EventRow.__table__).order_by(EventRow.at.desc(), EventRow.id.desc()).limit(limit)
        if username is not None:
            query = query.where(EventRow.username == username)
        with self._engine.connect() as connection:
            return [_event(row) for row in connection.execute(query)]

    def since(self, start: datetime, kinds: Sequence[EventKind], limit: int = 1000) -> list[Event]:
        """Return the steps of these kinds from then on, newest first."""
        query = select(EventRow.__table__).where(EventRow.at >= start, EventRow.kind.in_(kinds))
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(EventRow.at.desc(), EventRow.id.desc()).limit(limit))
            return [_event(row) for row in rows]

    def forget(self, before: datetime) -> None:
        """Delete steps from before this time."""
        with self._engine.begin() as connection:
            connection.execute(delete(EventRow).where(EventRow.at < before))


def _event(row: Any) -> Event:
    return Event(row.key, row.at, cast("EventKind", row.kind), row.account, row.username, row.lease_id, dict(row.facts))
