"""The command line: one module per group of commands, loaded when it is called."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from gaia_vre.core.errors import GaiaError

COMMANDS = {
    "up": "gaia_vre.cli.local",
    "status": "gaia_vre.cli.local",
    "down": "gaia_vre.cli.local",
    "catalog": "gaia_vre.cli.catalog",
    "database": "gaia_vre.cli.database",
    "quota": "gaia_vre.cli.quota",
    "project": "gaia_vre.cli.project",
    "sandbox": "gaia_vre.cli.sandbox",
    "message": "gaia_vre.cli.message",
}


class _LazyGroup(click.Group):
    """Import a command's module only when it is called: `gaia-vre status` must stay quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(COMMANDS[cmd_name]), cmd_name)
        return command


@click.command(cls=_LazyGroup)
@click.version_option(package_name="gaia-vre")
def gaia_vre() -> None:
    """Virtual research environment of GAIA Data."""


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line; an error of ours is one line on stderr and exit status 1."""
    try:
        return gaia_vre(arguments, prog_name="gaia-vre")
    except GaiaError as error:
        click.echo(f"gaia-vre: {error.message}", err=True)
        sys.exit(1)
