"""Bring a database to the tables of this version; several processes may do it at once."""

from __future__ import annotations

import contextlib
import fcntl
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from gaia_vre.core.errors import Conflict, Unavailable
from gaia_vre.database.engine import shown, unusable
from gaia_vre.database.tables import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

_LOCK_NUMBER = 7_420_160  # any number that only our migrations use


def upgrade(engine: Engine) -> None:
    """Apply the migrations that this database lacks; one process at a time.

    Raises
    ------
    Conflict
        A later version has migrated it: there is no way back.
    Unavailable
        The database cannot be opened or is damaged.
    """
    try:
        with _alone(engine), engine.begin() as connection:
            configuration = _configuration(connection)
            _refuse_newer(engine, connection, configuration)
            command.upgrade(configuration, "head")
    except DatabaseError as error:
        raise unusable(engine, error) from error
    except OSError as error:
        raise Unavailable(f"The database {shown(engine)} cannot be made: {error.strerror}: {error.filename}") from error


def differences(engine: Engine) -> list[object]:
    """Return what the tables of this version have that the database has not, or the other way round."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Table.metadata))


def _refuse_newer(engine: Engine, connection: Connection, configuration: Config) -> None:
    known = ScriptDirectory.from_config(configuration)
    revisions = {each.revision for each in known.walk_revisions()}
    for found in MigrationContext.configure(connection).get_current_heads():
        if found not in revisions:
            raise Conflict(
                f"The database {shown(engine)} has the tables of revision {found}, and this version goes up to "
                f"{known.get_current_head()}: run the version that made them or a later one, or put back an older copy"
            )


def _configuration(connection: Connection) -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    configuration.attributes["connection"] = connection
    return configuration


@contextlib.contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:number)"), {"number": _LOCK_NUMBER})
            try:
                yield
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": _LOCK_NUMBER})
        return
    file = Path(engine.url.database or "gaia.sqlite")
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
