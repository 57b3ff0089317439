"""Put a backup into a database: the tables as they were, their rows, then the migrations since; all or nothing."""

from __future__ import annotations

import gzip
import json
import zlib
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Date, DateTime, MetaData, Numeric, create_engine, func, inspect, select, text
from sqlalchemy.exc import DatabaseError, OperationalError

from gaia_vre.core.durable import put_in_place
from gaia_vre.core.errors import Conflict, InvalidInput, Unavailable
from gaia_vre.database.backup import FORMAT, Heading
from gaia_vre.database.engine import shown, unusable
from gaia_vre.database.versions import check_known, migrate, tables_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from sqlalchemy import Column, Connection, Engine, Table

_ROWS_AT_A_TIME = 1000


def restore(engine: Engine, file: Path, source: BinaryIO, *, replace: bool = False) -> int:
    """Fill the database from an open backup and return the number of rows.

    Parameters
    ----------
    file
        Name of the backup for messages.
    replace
        Whether what the database holds may go. An SQLite file is kept beside, as ``NAME.replaced-TIME``.

    Raises
    ------
    Conflict
        The database holds rows already, or the backup's tables are newer than this program.
    InvalidInput
        The file is no backup, or not a whole one; the database is as before.
    Unavailable
        The database does not answer, or somebody has its file open.
    """
    try:
        if engine.dialect.name == "sqlite":
            return _restore_file(engine, file, source, replace)
        with engine.begin() as connection:
            _make_room(connection, shown(engine), replace)
            return _fill(connection, file, source)
    except (EOFError, OSError, zlib.error, ValueError, KeyError, TypeError) as error:
        raise InvalidInput(f"{file} is no whole backup of gaia-vre: {error}") from error
    except DatabaseError as error:
        raise unusable(engine, error) from error


def _restore_file(engine: Engine, file: Path, source: BinaryIO, replace: bool) -> int:
    """Fill a new file, which then takes the old one's name."""
    final = Path(engine.url.database or "gaia.sqlite")
    final.parent.mkdir(parents=True, exist_ok=True)
    beside = final.with_name(f".{final.name}.restored")
    beside.unlink(missing_ok=True)
    if final.exists():
        _leave_alone(engine, final, replace)
    new = create_engine(f"sqlite:///{beside}")
    try:
        with new.begin() as connection:
            rows = _fill(connection, file, source)
        if final.exists():
            final.rename(final.with_name(f"{final.name}.replaced-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"))
        put_in_place(beside, final)
    finally:
        new.dispose()
        beside.unlink(missing_ok=True)
    return rows


def _leave_alone(engine: Engine, final: Path, replace: bool) -> None:
    """See that nobody works with the file and that its rows may go; a damaged one holds none."""
    try:
        with engine.connect() as connection:
            _refuse_rows(connection, shown(engine), replace)
            # Only the file's last user may leave the journal that several share; then all is in the one file.
            connection.rollback()
            connection.exec_driver_sql("PRAGMA busy_timeout=0")
            connection.exec_driver_sql("PRAGMA journal_mode=DELETE")
    except OperationalError as error:
        raise Unavailable(f"The database file {final} is in use: stop the service first") from error
    except DatabaseError:
        if not replace:
            raise
    finally:
        engine.dispose()


def _make_room(connection: Connection, name: str, replace: bool) -> None:
    ours = _refuse_rows(connection, name, replace)
    for table in sorted(ours | {"alembic_version"}):
        connection.execute(text(f'DROP TABLE IF EXISTS "{table}" CASCADE'))


def _refuse_rows(connection: Connection, name: str, replace: bool) -> set[str]:
    found = set(inspect(connection).get_table_names())
    ours = found & tables_of("head")
    rows = sum(connection.execute(text(f'SELECT count(*) FROM "{table}"')).scalar_one() for table in sorted(ours))  # noqa: S608
    if rows and not replace:
        raise Conflict(f"{name} holds {rows} rows already: say --replace to have them replaced by the backup")
    return ours


def _fill(connection: Connection, file: Path, source: BinaryIO) -> int:
    with gzip.open(source, "rt", encoding="utf-8") as lines:
        heading = Heading(**json.loads(next(lines, "{}")))
        if heading.gaia_vre_backup != FORMAT:
            raise ValueError(f"its form is {heading.gaia_vre_backup}, and {FORMAT} is known")
        check_known(f"The backup {file}", heading.tables)
        migrate(connection, heading.tables)
        found = MetaData()
        found.reflect(connection, only=sorted(tables_of(heading.tables)))
        with _unordered(connection, found):
            rows = _load(connection, found, (json.loads(line) for line in lines))
        _count_on(connection, found)
    migrate(connection)
    return rows


def _load(connection: Connection, found: MetaData, lines: Iterator[Any]) -> int:
    """Insert what the lines tell, and check that they are all there."""
    table: Table | None = None
    columns: list[Column[Any]] = []
    waiting: list[dict[str, Any]] = []
    rows = 0

    def insert() -> None:
        if table is not None and waiting:
            connection.execute(table.insert(), waiting)
            waiting.clear()

    for line in lines:
        if isinstance(line, list):
            waiting.append({column.name: _typed(column, value) for column, value in zip(columns, line, strict=True)})
            rows += 1
            if len(waiting) >= _ROWS_AT_A_TIME:
                insert()
            continue
        insert()
        if "rows" in line:
            if line["rows"] != rows:
                raise ValueError(f"it has {rows} rows of {line['rows']}")
            return rows
        table = found.tables[line["table"]]
        columns = [table.columns[name] for name in line["columns"]]
    raise ValueError(f"it ends after {rows} rows")


def _typed(column: Column[Any], value: Any) -> Any:
    if not isinstance(value, str | int):
        return value
    if isinstance(column.type, DateTime):
        return datetime.fromisoformat(str(value))
    if isinstance(column.type, Date):
        return date.fromisoformat(str(value))
    if isinstance(column.type, Numeric):
        return Decimal(value)
    return value


@contextmanager
def _unordered(connection: Connection, found: MetaData) -> Iterator[None]:
    """Let rows come before those that they refer to, until all are there; a new SQLite file does not mind."""
    names = (
        [(table, key["name"]) for table in found.tables for key in inspect(connection).get_foreign_keys(table)]
        if connection.dialect.name == "postgresql"
        else []
    )
    for table, name in names:
        connection.execute(text(f'ALTER TABLE "{table}" ALTER CONSTRAINT "{name}" DEFERRABLE INITIALLY DEFERRED'))
    yield
    if names:
        connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    for table, name in names:
        connection.execute(text(f'ALTER TABLE "{table}" ALTER CONSTRAINT "{name}" NOT DEFERRABLE'))


def _count_on(connection: Connection, found: MetaData) -> None:
    """Have PostgreSQL number new rows after those that came; SQLite does so by itself."""
    if connection.dialect.name != "postgresql":
        return
    for table in found.tables.values():
        for column in table.primary_key:
            if column.type.python_type is int:
                last = select(func.max(column)).scalar_subquery()
                sequence = func.pg_get_serial_sequence(f'"{table.name}"', column.name)
                connection.execute(select(func.setval(sequence, last)))
