"""Bring a database to the tables of this version; several processes may do it at once."""

from __future__ import annotations

import contextlib
import fcntl
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from gaia_vre.core.errors import Unavailable
from gaia_vre.database.backup import back_up, backup_name
from gaia_vre.database.engine import shown, unusable
from gaia_vre.database.schema import METADATA
from gaia_vre.database.versions import check_known, current, migrate, newest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

_LOCK_NUMBER = 7_420_160  # any number that only our migrations use


def upgrade(engine: Engine, backups: Path | None = None) -> Path | None:
    """Apply the migrations that this database lacks; one process at a time.

    Parameters
    ----------
    backups
        Folder into which a database that has tables is backed up before; none where nothing of it must last.

    Returns
    -------
    The backup that was made; None where nothing lacked or there was nothing to lose.

    Raises
    ------
    Conflict
        The tables are of a newer version than this program.
    Unavailable
        The database cannot be opened or is damaged.
    """
    try:
        with _alone(engine):
            backup = _backed_up(engine, backups)
            with engine.begin() as connection:
                migrate(connection)
    except DatabaseError as error:
        raise unusable(engine, error) from error
    except OSError as error:
        raise Unavailable(f"The database {shown(engine)} cannot be made: {error.strerror}: {error.filename}") from error
    return backup


def differences(engine: Engine) -> list[object]:
    """Return what the tables of this version have that the database has not, or the other way round."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, METADATA))


def _backed_up(engine: Engine, backups: Path | None) -> Path | None:
    with engine.connect() as connection:
        revision = current(connection)
    if revision is None:
        return None
    check_known(f"The database {shown(engine)}", revision)
    if revision == newest() or backups is None:
        return None
    file = backups / backup_name(revision, datetime.now(UTC))
    back_up(engine, file)
    return file


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
