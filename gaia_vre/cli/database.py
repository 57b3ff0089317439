"""The service's database: ``upgrade``, ``check``."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gaia_vre.core.errors import Conflict
from gaia_vre.core.settings import load_settings, read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

_settings = click.option(
    "--settings", "file", type=click.Path(path_type=Path), help="YAML file of settings (default: $GAIA_VRE_SETTINGS)."
)


@click.group()
def database() -> None:
    """Look after the service's database."""


@database.command()
@_settings
def upgrade(file: Path | None) -> None:
    """Bring the database to the tables of this version."""
    from gaia_vre.database.engine import shown
    from gaia_vre.database.migrate import upgrade as migrate

    with opened(file) as engine:
        migrate(engine)
        click.echo(f"{shown(engine)} is up to date.")


@database.command()
@_settings
def check(file: Path | None) -> None:
    """Say whether the database answers, is whole and has the tables of this version."""
    from gaia_vre.database.engine import check_usable, check_whole, shown
    from gaia_vre.database.migrate import differences

    with opened(file) as engine:
        check_usable(engine)
        check_whole(engine)
        found = differences(engine)
        if found:
            raise Conflict(
                f"{shown(engine)} lacks {len(found)} changes of this version: run `gaia-vre database upgrade`"
            )
        click.echo(f"{shown(engine)} is in order.")


@contextlib.contextmanager
def opened(file: Path | None) -> Iterator[Engine]:
    """Open the database that a settings file names."""
    from gaia_vre.database.engine import database_url, make_engine

    engine = make_engine(database_url(read_settings(file) if file else load_settings()))
    try:
        yield engine
    finally:
        engine.dispose()
