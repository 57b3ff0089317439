"""Messages in the database: written beside what they tell of, numbered in the order of their commits."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gaia_vre.core.errors import NotFound
from gaia_vre.database.messages import MessageReadRow, MessageRow
from gaia_vre.messages.model import Message, Severity, bounded, restored, stored

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Engine, Select

_LOCK_NUMBER = 7_420_161
"""Any number that only messages use."""
_AT_ONCE = 1000
_SHOWN = 50
KEPT_AT_MOST = timedelta(days=90)
"""After this a message is deleted, read or not."""


def write(connection: Connection, message: Message) -> bool:
    """Store a message in the transaction of what it tells of; say whether it is new.

    Do it last: on PostgreSQL messages wait for each other from here to the commit. Else a message with a higher
    number could be seen before one with a lower, and a stream that has sent the higher would never send the lower.
    """
    dialect = connection.dialect.name
    if dialect == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK_NUMBER)))
    values = _values(bounded(message))
    kind = postgresql if dialect == "postgresql" else sqlite
    adding = kind.insert(MessageRow).values(**values).on_conflict_do_nothing(index_elements=["key"])
    return connection.scalar(adding.returning(MessageRow.id)) is not None


class Messages:
    """The messages of one database."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def send(self, message: Message) -> bool:
        """Store a message by itself; say whether it is new."""
        with self.engine.begin() as connection:
            return write(connection, message)

    # Read by streams ----------------------------------------------------------------------------

    def newest(self) -> int:
        """Return the number of the last message, 0 when there is none."""
        with self.engine.connect() as connection:
            return int(connection.scalar(select(func.max(MessageRow.id))) or 0)

    def missed(self, username: str, after: int, now: datetime, limit: int) -> list[Message]:
        """Return what a person was told after a number, oldest first."""
        query = _mine(username).where(MessageRow.id > after, MessageRow.expires > now)
        return self._found(query.order_by(MessageRow.id).limit(limit))

    # Read by people -----------------------------------------------------------------------------

    def unread(self, username: str, now: datetime, limit: int = _SHOWN) -> list[Message]:
        """Return what a person has not read, newest first."""
        query = _mine(username).where(MessageRow.expires > now, _unread())
        return self._found(query.order_by(MessageRow.id.desc()).limit(limit))

    def latest(self, username: str, limit: int = _SHOWN, before: int | None = None) -> list[Message]:
        """Return what a person was told, newest first, also what is read and over."""
        query = _mine(username) if before is None else _mine(username).where(MessageRow.id < before)
        return self._found(query.order_by(MessageRow.id.desc()).limit(limit))

    def broadcasts(self, limit: int = _SHOWN) -> list[Message]:
        """Return what everybody was told, newest first."""
        query = select(MessageRow.__table__).where(MessageRow.username.is_(None))
        return self._found(query.order_by(MessageRow.id.desc()).limit(limit))

    def put_away(self, username: str, number: int, now: datetime) -> None:
        """Remember that a person has read a message.

        Raises
        ------
        NotFound
            There is no such message of theirs.
        """
        with self.engine.begin() as connection:
            found = connection.execute(_mine(username).where(MessageRow.id == number)).first()
            if found is None:
                raise NotFound(f"There is no message {number} of yours")
            _put_away(connection, username, [found], now)

    def put_all_away(self, username: str, upto: int, now: datetime) -> int:
        """Remember that a person has read everything up to a number; return how many that were."""
        with self.engine.begin() as connection:
            found = connection.execute(_mine(username).where(MessageRow.id <= upto, _unread()).limit(_AT_ONCE)).all()
            _put_away(connection, username, found, now)
        return len(found)

    # For operators ------------------------------------------------------------------------------

    def withdraw(self, number: int, now: datetime) -> None:
        """Show a message for everybody to nobody any more; raises NotFound."""
        which = (MessageRow.id == number, MessageRow.username.is_(None), MessageRow.expires > now)
        with self.engine.begin() as connection:
            if connection.execute(update(MessageRow).where(*which).values(expires=now)).rowcount < 1:
                raise NotFound(f"There is no message {number} for everybody that is still shown")

    def forget(self, now: datetime) -> int:
        """Delete what is older than 90 days or over for a day, some at a time; return how many."""
        old = or_(MessageRow.created < now - KEPT_AT_MOST, MessageRow.expires < now - timedelta(days=1))
        numbers = select(MessageRow.id).where(old).limit(_AT_ONCE)
        with self.engine.begin() as connection:
            return connection.execute(delete(MessageRow).where(MessageRow.id.in_(numbers))).rowcount

    def _found(self, query: Select[Any]) -> list[Message]:
        with self.engine.connect() as connection:
            return [as_message(row) for row in connection.execute(query)]


def as_message(row: Any) -> Message:
    """Return the message of a row."""
    return Message(
        key=row.key,
        kind=row.kind,
        username=row.username,
        created=row.created,
        facts=restored(row.facts),
        severity=cast("Severity", row.severity),
        expires=row.expires,
        id=row.id,
        read=row.read or getattr(row, "read_by_me", None),
    )


def after(number: int, limit: int) -> Select[Any]:
    """Return the question for what anybody was told after a number, oldest first."""
    return select(MessageRow.__table__).where(MessageRow.id > number).order_by(MessageRow.id).limit(limit)


def put_away(connection: Connection, beginning: str, now: datetime) -> None:
    """Show messages whose keys begin so no more: something truer takes their place."""
    of_it = (MessageRow.key.startswith(beginning, autoescape=True), MessageRow.read.is_(None))
    connection.execute(update(MessageRow).where(*of_it).values(read=now))


def put_kind_away(connection: Connection, username: str, kind: str, now: datetime) -> None:
    """Remember that a person has read all messages of a kind, as when they dismissed what these told of."""
    mine = (MessageRow.username == username, MessageRow.kind == kind, MessageRow.read.is_(None))
    connection.execute(update(MessageRow).where(*mine).values(read=now))


def _mine(username: str) -> Select[Any]:
    """Return the question for a person's own messages and those for everybody; for nobody else's."""
    theirs = and_(MessageReadRow.message_id == MessageRow.id, MessageReadRow.username == username)
    return (
        select(MessageRow.__table__, MessageReadRow.at.label("read_by_me"))
        .select_from(MessageRow.__table__.outerjoin(MessageReadRow.__table__, theirs))
        .where(or_(MessageRow.username == username, MessageRow.username.is_(None)))
    )


def _unread() -> ColumnElement[bool]:
    return and_(MessageRow.read.is_(None), MessageReadRow.at.is_(None))


def _put_away(connection: Connection, username: str, rows: Sequence[Any], now: datetime) -> None:
    own = [row.id for row in rows if row.username is not None and row.read is None]
    shared = [row.id for row in rows if row.username is None and row.read_by_me is None]
    if own:
        connection.execute(update(MessageRow).where(MessageRow.id.in_(own)).values(read=now))
    if shared:
        kind = postgresql if connection.dialect.name == "postgresql" else sqlite
        adding = kind.insert(MessageReadRow).on_conflict_do_nothing(index_elements=["message_id", "username"])
        connection.execute(adding, [{"message_id": one, "username": username, "at": now} for one in shared])


def _values(message: Message) -> dict[str, Any]:
    kept = ("key", "username", "kind", "severity", "created")
    values = {name: getattr(message, name) for name in kept}
    return values | {"facts": stored(message.facts), "expires": message.until}
