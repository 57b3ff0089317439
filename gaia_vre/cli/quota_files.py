"""Limits and accounts as files: ``export``, ``import``."""

from __future__ import annotations

import getpass
import json
from dataclasses import asdict
from pathlib import Path

import click

from gaia_vre.cli.office import chosen_settings, open_office, settings_options


@click.command()
@settings_options
def export(file: Path | None, state: Path | None, as_json: bool) -> None:
    """Write all declared accounts and overrides as YAML, which `quota import` reads."""
    import yaml

    from gaia_vre.quotas.files import export as written

    with open_office(file, state) as office:
        text = written(office, chosen_settings(file, state).quotas)
    click.echo(json.dumps(yaml.safe_load(text)) if as_json else text, nl=as_json)


@click.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@settings_options
def take_in(path: Path, file: Path | None, state: Path | None, as_json: bool) -> None:
    """Put the accounts and overrides of a YAML file PATH in force; the same file twice changes nothing.

    What the file does not name stays. Of an account that the settings declare, the settings count.
    """
    from gaia_vre.quotas.files import take

    with open_office(file, state) as office:
        found = take(office, chosen_settings(file, state).quotas, path, getpass.getuser())
    if as_json:
        click.echo(json.dumps(asdict(found)))
    else:
        click.echo(f"{found.accounts} accounts and {found.overrides} overrides are new; {found.known} stood already.")


COMMANDS: tuple[click.Command, ...] = (export, take_in)
