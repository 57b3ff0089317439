"""Open the database that the settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, OperationalError

from gaia_vre.core.errors import SettingsError, Unavailable
from gaia_vre.core.state import StateFolder

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from gaia_vre.core.settings import Settings

_BUSY_MILLISECONDS = 15_000
"""SQLite gives the turn to write to whoever asks first after it is free: with a slow disk one may wait long."""


def database_url(settings: Settings) -> str:
    """Return where the service keeps its data: the setting, or SQLite in the state folder."""
    return settings.service.database_url or f"sqlite:///{StateFolder(settings.state).service / 'gaia.sqlite'}"


def make_engine(url: str) -> Engine:
    """Return an engine for a database URL.

    Raises
    ------
    SettingsError
        The URL is none, or of a database that is neither SQLite nor PostgreSQL.
    """
    try:
        kind = make_url(url).get_backend_name()
        if kind not in ("sqlite", "postgresql"):
            raise SettingsError(f"service.database_url: {kind} is not supported; sqlite and postgresql are")
        engine = create_engine(url, pool_pre_ping=kind == "postgresql")
    except (ArgumentError, NoSuchModuleError) as error:
        raise SettingsError(
            "service.database_url is no database address: sqlite:///… or postgresql+psycopg://…"
        ) from error
    if kind == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "savepoint", _begin_before)
    return engine


def check_usable(engine: Engine) -> None:
    """Ask the database for an answer.

    Raises
    ------
    Unavailable
        It does not answer, has no tables yet, or its file is damaged; the message says which and what to do.
    """
    try:
        with engine.connect() as connection:
            if "alembic_version" not in inspect(connection).get_table_names():
                raise Unavailable(f"The database {shown(engine)} has no tables yet: run `gaia-vre database upgrade`")
    except DatabaseError as error:
        raise unusable(engine, error) from error


def check_whole(engine: Engine) -> None:
    """Read an SQLite file through and look for damage; takes seconds for each GB.

    Raises
    ------
    Unavailable
        A part of the file is damaged.
    """
    if engine.dialect.name != "sqlite":
        return
    try:
        with engine.connect() as connection:
            found = str(connection.execute(text("PRAGMA quick_check(1)")).scalar())
    except DatabaseError as error:
        raise unusable(engine, error) from error
    if found != "ok":
        raise Unavailable(_damaged(engine, found))


def unusable(engine: Engine, error: DatabaseError) -> Unavailable:
    """Return what to tell an operator of an error of the database: damaged, or not answering."""
    reason = str(error.orig).splitlines()[0]
    if engine.dialect.name == "sqlite" and not isinstance(error, OperationalError):
        return Unavailable(_damaged(engine, reason))
    return Unavailable(f"The database {shown(engine)} does not answer: {reason}")


def _damaged(engine: Engine, reason: str) -> str:
    return (
        f"The database file {engine.url.database} is damaged ({reason.splitlines()[0]}): "
        "put back a copy, or move it away to begin with an empty one"
    )


def shown(engine: Engine) -> str:
    """Return the database's address without its password."""
    return engine.url.render_as_string(hide_password=True)


def _begin_before(connection: Connection, _: str) -> None:
    """Begin the transaction that a savepoint belongs to.

    Python's sqlite3 begins one before INSERT, UPDATE and DELETE alone: a savepoint that comes first would be the
    whole transaction, and what is in it be committed with its release, whatever becomes of the rest.
    """
    if not connection.connection.dbapi_connection.in_transaction:  # type: ignore[union-attr]
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _prepare_sqlite(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    # WAL: readers never wait for the one writer; NORMAL loses nothing when a process is killed.
    for pragma in ("journal_mode=WAL", f"busy_timeout={_BUSY_MILLISECONDS}", "foreign_keys=ON", "synchronous=NORMAL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
