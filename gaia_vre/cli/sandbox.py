"""Sandboxes from a terminal: ``new``, ``list``, ``extend``, ``keep``, ``destroy``."""

from __future__ import annotations

import json
from typing import Any

import click

from gaia_vre.trying import SandboxView
from gaia_vre.trying import sandbox as door

_as_json = click.option("--json", "as_json", is_flag=True, help="For programs.")
_KINDS = click.Choice(["blank", "example", "dataset", "git", "notebook", "project"])


@click.group()
def sandbox() -> None:
    """Try anything in a lab that is thrown away, and keep what is worth it."""


@sandbox.command()
@click.argument("kind", type=_KINDS, default="blank")
@click.argument("reference", default="")
@click.option("--revision", default="", help="Branch, tag or commit of a repository.")
@click.option("--path", default="", help="The file that is opened first.")
@click.option("--title", default="", help="What it is called; from what it starts from when left out.")
@_as_json
def new(**given: Any) -> None:
    """Make a sandbox: blank, or from an example, dataset, repository, notebook or project."""
    as_json = given.pop("as_json")
    _tell(door.new(**given), as_json)


@sandbox.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that are destroyed too.")
@_as_json
def list_(everything: bool, as_json: bool) -> None:
    """List your sandboxes with the time that is left."""
    found = door.history() if everything else list(door)
    if as_json:
        click.echo(json.dumps([one.facts for one in found]))
        return
    for one in found:
        _tell(one, as_json=False)
    if not found:
        click.echo("You have no sandbox; `gaia-vre sandbox new` makes one.")


@sandbox.command()
@click.argument("number")
@_as_json
def extend(number: str, as_json: bool) -> None:
    """Make the life of a sandbox longer."""
    _tell(door(number).extend(), as_json)


@sandbox.command()
@click.argument("number")
@click.option("--to", default="home", show_default=True, help="home, or project: and the name of a project.")
@click.option("--name", default="", help="Of the new folder; from the title when left out.")
@_as_json
def keep(number: str, to: str, name: str, as_json: bool) -> None:
    """Copy the work of a sandbox to your home or a project."""
    receipt = door(number).keep(to, name)
    if as_json:
        click.echo(json.dumps(receipt))
        return
    click.echo(f"{receipt['files']} files are kept in {receipt['folder']!r} of {receipt['place']}.")
    for one in receipt["left_out"]:
        click.echo(f"  left out: {one!a}")


@sandbox.command()
@click.argument("number")
def destroy(number: str) -> None:
    """Destroy a sandbox now, with its files."""
    door(number).destroy()
    click.echo(f"The sandbox {number} is destroyed.")


def _tell(one: SandboxView, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(one.facts))
        return
    hours, minutes = one.seconds_left // 3600, one.seconds_left % 3600 // 60
    click.echo(f"{one.id:10}  {one.state:10}  {hours} h {minutes:02} min  {one.url}  {one.title}")
