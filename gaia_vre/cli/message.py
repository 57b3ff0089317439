"""Messages for operators: ``send``, ``list``, ``withdraw``."""

from __future__ import annotations

import contextlib
import getpass
import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from gaia_vre.cli.office import open_office, settings_options
from gaia_vre.core.errors import InvalidInput
from gaia_vre.messages.model import MOST_TEXT, Fact, Message

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gaia_vre.messages.store import Messages

_MOST_TITLE = 120
_LONGEST_HOURS = 24 * 90


@click.group()
def message() -> None:
    """Tell people something, on their pages and in their labs."""


@message.command()
@click.option("--en", "title_en", default="", help="What to say in English, in a sentence.")
@click.option("--fr", "title_fr", default="", help="The same in French; in one language alone everybody reads that.")
@click.option("--text-en", default="", help="A second sentence in English.")
@click.option("--text-fr", default="", help="The same in French.")
@click.option("--severity", type=click.Choice(["info", "warn", "bad"]), default="info", help="How it stands out.")
@click.option("--hours", type=float, default=24, show_default=True, help="How long it is shown.")
@click.option("--to", "username", help="Only to this person; without it to everybody.")
@click.option("--key", help="Sent again with the same key it is not shown twice.")
@settings_options
def send(username: str | None, severity: Any, hours: float, key: str | None, **options: Any) -> None:
    """Tell everybody, as: gaia-vre message send --en "Maintenance at 18:00" --fr "Maintenance à 18 h"."""
    words = {name: options[name].strip() for name in ("title_en", "title_fr", "text_en", "text_fr")}
    _check(words, hours)
    now = datetime.now(UTC)
    facts: dict[str, Fact] = {"by": getpass.getuser(), **{name: said for name, said in words.items() if said}}
    number = f"operators:{key or secrets.token_hex(8)}"
    sent = Message(number, "operators", username, now, facts, severity, now + timedelta(hours=hours))
    with _messages(options["file"], options["state"]) as messages:
        new = messages.send(sent)
    if options["as_json"]:
        click.echo(json.dumps({"new": new}))
    else:
        click.echo(f"Told to {username or 'everybody'}." if new else f"Told before, with the key {key}.")


@message.command("list")
@settings_options
def listed(file: Path | None, state: Path | None, as_json: bool) -> None:
    """List what everybody was told, newest first."""
    now = datetime.now(UTC)
    with _messages(file, state) as messages:
        found = [_described(one, now) for one in messages.broadcasts()]
    if as_json:
        click.echo(json.dumps(found))
        return
    for one in found:
        ends = f"until {one['until']}" if one["shown"] else "over"
        click.echo(f"{one['id']:>6}  {one['severity']:<4}  {ends}: {one['title_en'] or one['title_fr']}")
    if not found:
        click.echo("Everybody was told nothing.")


@message.command()
@click.argument("number", type=click.IntRange(1))
@settings_options
def withdraw(number: int, file: Path | None, state: Path | None, as_json: bool) -> None:
    """Show a message for everybody to nobody any more."""
    with _messages(file, state) as messages:
        messages.withdraw(number, datetime.now(UTC))
    click.echo(json.dumps({"withdrawn": number}) if as_json else f"The message {number} is shown no more.")


def _check(words: dict[str, str], hours: float) -> None:
    if not (words["title_en"] or words["title_fr"]):
        raise InvalidInput("Say something: --en in English, --fr in French, or both")
    for name, said in words.items():
        most = _MOST_TITLE if name.startswith("title") else MOST_TEXT
        if len(said) > most:
            option = name.removeprefix("title_").replace("_", "-")
            raise InvalidInput(f"--{option}: {len(said)} characters, and there may be {most}")
    if not 0 < hours <= _LONGEST_HOURS:
        raise InvalidInput(f"--hours: {hours:g}; more than 0 and at most {_LONGEST_HOURS}")


@contextlib.contextmanager
def _messages(file: Path | None, state: Path | None) -> Iterator[Messages]:
    """Open the messages of the service; it may run meanwhile, and tells of new ones at once."""
    from gaia_vre.messages.store import Messages

    with open_office(file, state) as office:
        yield Messages(office.engine)


def _described(one: Message, now: datetime) -> dict[str, Any]:
    said = {name: one.facts.get(name, "") for name in ("title_en", "title_fr", "text_en", "text_fr")}
    times = {"created": one.created.isoformat(timespec="minutes"), "until": one.until.isoformat(timespec="minutes")}
    return {"id": one.id, "severity": one.severity, "shown": one.until > now, **times, **said}
