"""Back a database up into one compressed file of JSON lines, which SQLite and PostgreSQL both write and read.

The first line tells what it is, then come the tables, each with its rows, and at last how many rows there were:
a file that was cut off cannot be mistaken for a whole one.
"""

from __future__ import annotations

import gzip
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from sqlalchemy import MetaData, select
from sqlalchemy.exc import DatabaseError

from gaia_vre.core.durable import PRIVATE, put_in_place
from gaia_vre.core.errors import Conflict, Unavailable
from gaia_vre.database.engine import check_usable, shown, unusable
from gaia_vre.database.versions import check_known, current, tables_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from sqlalchemy import Connection, Engine

FORMAT = 1
_ROWS_AT_A_TIME = 1000


@dataclass(frozen=True)
class Heading:
    """What a backup says of itself."""

    gaia_vre_backup: int
    program: str
    tables: str
    """Version of the tables; a restore makes these, fills them, and migrates to its own."""
    database: str
    made: str


def back_up(engine: Engine, file: Path) -> int:
    """Write all rows as they are at one instant and return their number; the file is its owner's alone.

    Raises
    ------
    Conflict
        The file is there already, or the tables are newer than this program.
    Unavailable
        The database or the file cannot be used.
    """
    if file.exists():
        raise Conflict(f"{file} is there already: a backup overwrites nothing")
    beside = file.with_name(f".{file.name}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE), "wb") as target:
            rows = write_backup(engine, target)
        put_in_place(beside, file)
    except OSError as error:
        raise Unavailable(f"The backup {file} cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            beside.unlink()
    return rows


def write_backup(engine: Engine, target: BinaryIO) -> int:
    """Write a backup to an open file and return the number of rows; the service may go on working."""
    check_usable(engine)
    rows = 0
    try:
        with _at_one_instant(engine) as connection, gzip.open(target, "wt", encoding="utf-8") as packed:
            for line in _lines(connection, shown(engine)):
                rows += isinstance(line, list)
                packed.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
            packed.write(json.dumps({"rows": rows}) + "\n")
    except DatabaseError as error:
        raise unusable(engine, error) from error
    return rows


def backup_name(revision: str, now: datetime) -> str:
    """Return the name of a backup's file: its tables' version and the time."""
    return f"gaia-{revision}-{now:%Y%m%dT%H%M%SZ}.jsonl.gz"


def _at_one_instant(engine: Engine) -> Connection:
    connection = engine.connect()
    if engine.dialect.name == "postgresql":
        return connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    connection.exec_driver_sql("BEGIN")
    return connection


def _lines(connection: Connection, name: str) -> Iterator[dict[str, Any] | list[Any]]:
    revision = current(connection) or ""
    check_known(f"The database {name}", revision)
    made = datetime.now(UTC).isoformat(timespec="seconds")
    yield asdict(Heading(FORMAT, version("gaia-vre"), revision, connection.dialect.name, made))
    found = MetaData()
    found.reflect(connection, only=sorted(tables_of(revision)))
    for table in found.sorted_tables:
        yield {"table": table.name, "columns": [column.name for column in table.columns]}
        rows = select(table).order_by(*table.primary_key)
        for row in connection.execution_options(yield_per=_ROWS_AT_A_TIME).execute(rows):
            yield [_plain(value) for value in row]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else str(value)
    return value
