"""The service's database: ``upgrade``, ``check``."""

from __future__ import annotations

from pathlib import Path

import click

from gaia_vre.core.errors import Conflict
from gaia_vre.core.settings import load_settings, read_settings

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
    from gaia_vre.database.engine import database_url, make_engine, shown
    from gaia_vre.database.migrate import upgrade as migrate

    engine = make_engine(database_url(read_settings(file) if file else load_settings()))
    migrate(engine)
    click.echo(f"{shown(engine)} is up to date.")


@database.command()
@_settings
def check(file: Path | None) -> None:
    """Say whether the database answers and has the tables of this version."""
    from gaia_vre.database.engine import check_usable, database_url, make_engine, shown
    from gaia_vre.database.migrate import differences

    engine = make_engine(database_url(read_settings(file) if file else load_settings()))
    check_usable(engine)
    found = differences(engine)
    if found:
        raise Conflict(f"{shown(engine)} lacks {len(found)} changes of this version: run `gaia-vre database upgrade`")
    click.echo(f"{shown(engine)} is in order.")
