"""Which version of the tables a database has, and which this program knows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

from gaia_vre.core.errors import Conflict

if TYPE_CHECKING:
    from sqlalchemy import Connection


def newest() -> str:
    """Return the version of the tables that this program makes."""
    return str(ScriptDirectory.from_config(_configuration()).get_current_head())


def current(connection: Connection) -> str | None:
    """Return the version of a database's tables; None without tables."""
    return MigrationContext.configure(connection).get_current_revision()


def check_known(what: str, revision: str) -> None:
    """Refuse tables that a newer program has made.

    Raises
    ------
    Conflict
        This program does not know that version; the message names both.
    """
    known = {script.revision for script in ScriptDirectory.from_config(_configuration()).walk_revisions()}
    if revision not in known:
        raise Conflict(
            f"{what} has the tables of revision {revision}, and this version goes up to {max(known)}: "
            "run the version that made them or a later one, or put back an older copy"
        )


def migrate(connection: Connection, revision: str = "head") -> None:
    """Apply the migrations that lack up to a version."""
    command.upgrade(_configuration(connection), revision)


def tables_of(revision: str) -> set[str]:
    """Return the names of the tables of a version: a database may hold others that are not ours."""
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        migrate(connection, revision)
        names = set(inspect(connection).get_table_names())
    engine.dispose()
    return names - {"alembic_version"}


def _configuration(connection: Connection | None = None) -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    configuration.attributes["connection"] = connection
    return configuration
