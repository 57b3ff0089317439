"""The whole environment on one machine: ``up``, ``status``, ``down``."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import click

from gaia_vre.core.errors import GaiaError, Unavailable
from gaia_vre.core.settings import Settings, parse_settings, read_settings
from gaia_vre.core.state import StateFolder

_state = click.option("--state", type=click.Path(path_type=Path), help="Folder of everything that is kept.")


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port people connect to (default 8000).")
@_state
@click.option("--settings", "settings_file", type=click.Path(path_type=Path), help="YAML file of settings.")
def up(port: int | None, state: Path | None, settings_file: Path | None) -> None:
    """Start everything and keep it running until Ctrl-C or `gaia-vre down`."""
    from gaia_vre.local.environment import Environment

    settings = read_settings(settings_file) if settings_file else Settings()
    try:
        Environment(_changed(settings, port, state), say=_say).run()
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Unavailable(f"the disk is full ({error.filename}): make room, then start again") from error
        raise GaiaError(f"{error.strerror or error} ({error.filename})") from error


@click.command()
@_state
@click.option("--json", "as_json", is_flag=True, help="For programs; holds passwords.")
def status(state: Path | None, as_json: bool) -> None:
    """Tell what runs, where, and who can sign in."""
    from gaia_vre.local.status import read_status

    found = read_status(_folder(state))
    if as_json:
        click.echo(json.dumps(found))
    elif found["url"] is None:
        click.echo(f"Nothing runs in {found['state']}. Start it with: gaia-vre up")
    else:
        click.echo(f"{found['url']} is {'ready' if found['ready'] else 'starting'}, kept in {found['state']}")
        for process in found["processes"]:
            click.echo(
                f"  {process['name']:<14} {process['pid'] or '-':>8}  {'ready' if process['ready'] else 'starting'}"
            )
        for user in found["users"]:
            click.echo(f"  {user['name']:<14} password {user['password']}")


@click.command()
@_state
def down(state: Path | None) -> None:
    """Stop everything; homes, databases and data stay."""
    from gaia_vre.local.status import stop

    stopped = stop(_folder(state), seconds=60)
    click.echo("Stopped." if stopped else "Nothing was running.")


def _changed(settings: Settings, port: int | None, state: Path | None) -> Settings:
    values = settings.model_dump(mode="json", exclude_none=True)
    if port:
        values["addresses"]["port"] = port
    if state:
        values["state"] = str(state.absolute())
    return parse_settings(values)


def _folder(state: Path | None) -> StateFolder:
    return StateFolder(state.expanduser().absolute() if state else Settings().state)


def _say(line: str) -> None:
    click.echo(line)
