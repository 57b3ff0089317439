"""Projects from a terminal of a lab: made, shown, their people, server and results, their way elsewhere."""

from __future__ import annotations

import json
from typing import Any

import click

from gaia_vre.core.app_rooms import APP_KINDS
from gaia_vre.shared import SharedProject
from gaia_vre.shared import project as door

_as_json = click.option("--json", "as_json", is_flag=True, help="For programs.")
_ROLES = click.Choice(["owner", "manager", "editor", "viewer"])


@click.group()
def project() -> None:
    """Share files, a budget and results with others."""


@project.command()
@click.argument("title")
@click.option("--name", "slug", default="", help="Of its folder, account and server; from the title when left out.")
@click.option("--description", default="", help="What it is about.")
@click.option("--visibility", type=click.Choice(["private", "listed", "open"]), default="private", show_default=True)
@_as_json
def new(title: str, slug: str, description: str, visibility: str, as_json: bool) -> None:
    """Make a project that belongs to you."""
    made = door.create(title, slug, description, visibility)
    _tell(made, as_json)


@project.command("list")
@_as_json
def list_(as_json: bool) -> None:
    """List the projects that you are in."""
    found = list(door)
    if as_json:
        click.echo(json.dumps([_facts(one) for one in found]))
        return
    for one in found:
        click.echo(f"{one.slug:28}  {one.role or '':8}  {one.state:10}  until {one.ends}  {one.title}")
    if not found:
        click.echo("You are in no project; `gaia-vre project new TITLE` makes one.")


@project.command()
@click.argument("name")
@_as_json
def show(name: str, as_json: bool) -> None:
    """Show a project and who is in it."""
    found = door(name)
    members = found.members() if "read" in found.may else []
    if as_json:
        click.echo(json.dumps(_facts(found) | {"members": [vars(one) for one in members]}))
        return
    _tell(found, as_json=False)
    for one in members:
        click.echo(f"  {one.username:30}  {one.role}{f', until {one.until[:10]}' if one.until else ''}")


@project.command()
@click.argument("name")
@click.argument("username")
@click.option("--role", type=_ROLES, default="editor", show_default=True)
@click.option("--until", help="End of a guest's stay, such as 2027-03-01T00:00Z.")
def add(name: str, username: str, role: str, until: str | None) -> None:
    """Give somebody who has signed in here a role, or another one."""
    door(name).add(username, role, until)
    click.echo(f"{username} is {role} of {name}.")


@project.command()
@click.argument("name")
@click.argument("username")
def remove(name: str, username: str) -> None:
    """Take somebody out of a project, or leave it yourself."""
    door(name).remove(username)
    click.echo(f"{username} is out of {name}.")


@project.command()
@click.argument("name")
@click.option("--role", type=click.Choice(["editor", "viewer"]), default="viewer", show_default=True)
@click.option("--days", type=float, default=7, show_default=True, help="How long the link holds.")
@click.option("--uses", type=int, default=1, show_default=True, help="How many may come in by it.")
def invite(name: str, role: str, days: float, uses: int) -> None:
    """Make a link that lets people in; it is shown this once."""
    click.echo(door(name).invite(role, days, uses))


@project.command()
@click.argument("link")
def join(link: str) -> None:
    """Come into a project by a link."""
    found = door.join(link)
    click.echo(f"You are {found.role} of {found.slug}.")


@project.command()
@click.argument("name")
@click.option("--to", required=True, help="A folder, s3://, webdavs://, irods://, or a file that ends with .zip.")
@click.option("--files", type=click.Path(), help="Where its files are; as a lab has them when left out.")
@click.option("--as", "called", default="", help="Name of the bag; that of the project when left out.")
@_as_json
def export(name: str, to: str, files: str | None, called: str, as_json: bool) -> None:
    """Write a project as a BagIt bag with RO-Crate metadata; called again after a stop it goes on.

    S3 takes its keys and address from the usual variables (AWS_ENDPOINT_URL_S3), WebDAV from WEBDAV_USERNAME and
    WEBDAV_PASSWORD, iRODS from what iinit left.
    """
    receipt = door(name).export(to, files, called)
    if as_json:
        click.echo(json.dumps(receipt))
        return
    click.echo(f"{receipt['where']}: {receipt['files']} files, {receipt['size_bytes']} bytes")
    if receipt.get("digest"):
        click.echo(f"  SHA-256 of its tag manifest: {receipt['digest']}")
    if receipt.get("left_out"):
        click.echo(f"  left out: {receipt['left_out']} entries, listed in gaia-tree.jsonl")


@project.command("import")
@click.argument("bag", type=click.Path(exists=True))
@click.option("--name", "slug", default="", help="Of the project here; as in the bag when left out.")
@click.option("--community", help="Account above it, such as community:odatis.")
@_as_json
def import_(bag: str, slug: str, community: str | None, as_json: bool) -> None:
    """Make a project of a bag; it belongs to you, and its other members are invited by name."""
    _tell(door.bring_in(bag, slug, community), as_json)


@project.command()
@click.argument("name")
def accept(name: str) -> None:
    """Become a member of a project that invites you by name."""
    click.echo(f"You are {door.accept(name).role} of {name}.")


@project.command()
@click.argument("name")
@click.argument("datasets", nargs=-1, required=True)
def cite(name: str, datasets: tuple[str, ...]) -> None:
    """Note the datasets that a project's results rest on."""
    door(name).cite(*datasets)


@project.command()
@click.argument("name")
@click.option("--start", "act", flag_value="start", help="Start it, on the project's account.")
@click.option("--stop", "act", flag_value="stop", help="Stop it.")
@click.option("--size", help="How large it is to be; the first of the start form when left out.")
@_as_json
def server(name: str, act: str | None, size: str | None, as_json: bool) -> None:
    """Show the server of a project, start it, or stop it."""
    found = door(name)
    if act == "start":
        found.start_server(size)
    elif act == "stop":
        found.stop_server()
    facts = found.server()
    click.echo(json.dumps(facts) if as_json else f"{name}: {facts['state']}{_at(facts)}")


def _at(facts: dict[str, Any]) -> str:
    return f", {facts['size']}, at {facts['url']}" if facts["url"] else ""


@project.command()
@click.argument("name")
@click.argument("path")
@click.option("--title", default="", help="Its name when left out.")
@click.option("--audience", type=click.Choice(["members", "signed-in", "public"]), default="members", show_default=True)
@click.option("--listed", is_flag=True, help="Have it stand in the list of what projects publish.")
@_as_json
def publish(name: str, path: str, as_json: bool, **said: Any) -> None:
    """Publish a notebook of a project's folder as it is now."""
    made = door(name).publish(path, **said)
    click.echo(json.dumps(made) if as_json else f"Version {made['version']}: {made['address']}")


@project.command()
@click.argument("name")
@click.argument("number", type=int)
def withdraw(name: str, number: int) -> None:
    """Show something that a project published no longer."""
    door(name).withdraw(number)
    click.echo(f"{name} shows {number} no longer.")


@project.command("publish-app")
@click.argument("name")
@click.argument("path")
@click.option("--title", default="", help="What others read; its file's name when left out.")
@click.option("--audience", type=click.Choice(["members", "signed-in", "public"]), default="members", show_default=True)
@click.option("--listed", is_flag=True, help="Have it stand in the list of what projects publish.")
@click.option("--kind", type=click.Choice(APP_KINDS), help="Whose program it is; as its source tells when left out.")
@_as_json
def publish_app(name: str, path: str, as_json: bool, **said: Any) -> None:
    """Let others use a Panel, Streamlit or Voilà program (.py or .ipynb) of a project's folder in their browser."""
    made = door(name).publish_app(path, **said)
    click.echo(json.dumps(made) if as_json else f"App {made['id']}: {made['address']}")


@project.command("withdraw-app")
@click.argument("name")
@click.argument("number", type=int)
def withdraw_app(name: str, number: int) -> None:
    """Let nobody visit an app of a project any more, and stop it."""
    door(name).withdraw_app(number)
    click.echo(f"{name} has no app {number} any more.")


@project.command("publish-dataset")
@click.argument("name")
@click.argument("path")
@click.option("--as", "key", default="", help="Its name, behind the project's and a dot; from the file when left out.")
@click.option("--title", help="What the file says when left out, as all that follows.")
@click.option("--abstract", help="What it holds.")
@click.option("--licence", help="Such as CC-BY-4.0.")
@click.option("--creator", "creators", multiple=True, help="Who made it; several times for several.")
@click.option("--doi", help="If it has one elsewhere.")
@click.option("--listed", is_flag=True, help="Have everybody who is signed in find it; the files stay with members.")
@_as_json
def publish_dataset(name: str, path: str, **said: Any) -> None:
    """Publish a file or store of a project's folder as a dataset, described by what it holds."""
    found, as_json, listed = door(name), said.pop("as_json"), said.pop("listed")
    made = found.publish_dataset(path, said.pop("key"), creators=said.pop("creators") or None, **said)
    if listed:
        found.list_dataset(made["name"])
        made["listed"] = True
    click.echo(json.dumps(made) if as_json else f"{made['name']}, version {made['version']}: {made['citation']}")


@project.command("withdraw-dataset")
@click.argument("name")
@click.argument("dataset")
def withdraw_dataset(name: str, dataset: str) -> None:
    """Forget a dataset that a project published; its files stay."""
    door(name).withdraw_dataset(dataset)
    click.echo(f"{name} publishes {dataset} no longer.")


def _tell(found: SharedProject, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(_facts(found)))
        return
    click.echo(f"{found.slug}: {found.title}")
    click.echo(f"  you are {found.role or 'no member'}; {found.state} until {found.ends}; pays as {found.account}")


def _facts(found: SharedProject) -> dict[str, Any]:
    return {name: value for name, value in vars(found).items() if not name.startswith("_")}
