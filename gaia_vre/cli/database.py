"""The service's database: ``upgrade``, ``check``, ``backup``, ``restore``."""

from __future__ import annotations

import contextlib
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import click

from gaia_vre.core.errors import Conflict
from gaia_vre.core.settings import Settings, load_settings, read_settings
from gaia_vre.core.state import StateFolder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

_settings = click.option(
    "--settings", "file", type=click.Path(path_type=Path), help="YAML file of settings (default: $GAIA_VRE_SETTINGS)."
)
PIPE = Path("-")


@click.group()
def database() -> None:
    """Look after the service's database."""


@database.command()
@_settings
def upgrade(file: Path | None) -> None:
    """Bring the database to the tables of this version; one that lacks some is backed up before."""
    from gaia_vre.database.engine import shown
    from gaia_vre.database.migrate import upgrade as migrate

    with opened(file) as engine:
        made = migrate(engine, _backups(file))
        if made:
            click.echo(f"Backed up to {made} before its tables were changed.")
        click.echo(f"{shown(engine)} is up to date.")


@database.command()
@_settings
def check(file: Path | None) -> None:
    """Say whether the database answers, is whole and has the tables of this version."""
    from gaia_vre.database.engine import check_usable, check_whole, shown
    from gaia_vre.database.migrate import differences
    from gaia_vre.database.versions import check_known, current

    with opened(file) as engine:
        check_usable(engine)
        with engine.connect() as connection:
            check_known(f"The database {shown(engine)}", current(connection) or "")
        check_whole(engine)
        found = differences(engine)
        if found:
            raise Conflict(
                f"{shown(engine)} lacks {len(found)} changes of this version: run `gaia-vre database upgrade`"
            )
        click.echo(f"{shown(engine)} is in order.")


@database.command()
@_settings
@click.argument("target", type=click.Path(path_type=Path), required=False)
def backup(file: Path | None, target: Path | None) -> None:
    """Write all rows to the file TARGET, as they are at one instant; the service may go on working.

    `-` writes to the standard output; without TARGET the file is made in the state folder.
    """
    from gaia_vre.database.backup import back_up, backup_name, write_backup
    from gaia_vre.database.engine import check_usable
    from gaia_vre.database.versions import current

    with opened(file) as engine:
        check_usable(engine)
        if target == PIPE:
            write_backup(engine, sys.stdout.buffer)
            return
        if target is None:
            with engine.connect() as connection:
                target = _backups(file) / backup_name(current(connection) or "", datetime.now(UTC))
        rows = back_up(engine, target)
        click.echo(f"{rows} rows are in {target}.")


@database.command()
@_settings
@click.option("--replace", is_flag=True, help="Let go what the database holds; an SQLite file is kept beside.")
@click.argument("source", type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True))
def restore(file: Path | None, source: Path, replace: bool) -> None:
    """Put the backup SOURCE, `-` for the standard input, into a database of either kind; stop the service before."""
    from gaia_vre.database.engine import shown
    from gaia_vre.database.restore import restore as put_back

    with opened(file) as engine, click.open_file(str(source), "rb") as lines:
        rows = put_back(engine, source, cast("BinaryIO", lines), replace=replace)
        click.echo(f"{rows} rows are in {shown(engine)}.")


@contextlib.contextmanager
def opened(file: Path | None) -> Iterator[Engine]:
    """Open the database that a settings file names."""
    from gaia_vre.database.engine import database_url, make_engine

    engine = make_engine(database_url(_read(file)))
    try:
        yield engine
    finally:
        engine.dispose()


def _read(file: Path | None) -> Settings:
    return read_settings(file) if file else load_settings()


def _backups(file: Path | None) -> Path:
    return StateFolder(_read(file).state).backups
