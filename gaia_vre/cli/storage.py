"""Storage for operators: ``gaia-vre quota storage show`` and ``scan``."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from gaia_vre.cli.office import chosen_settings, settings_options
from gaia_vre.core.errors import GaiaError, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from gaia_vre.quotas.storage.measures import Measures
    from gaia_vre.quotas.storage.model import Kept

_FILES_SHOWN = 10


@click.group()
def storage() -> None:
    """Show and measure what homes, scratch folders and projects hold."""


@storage.command()
@click.argument("account", required=False)
@click.option("--most", type=click.IntRange(1, 100_000), default=20, help="So many folders, the fullest first.")
@settings_options
def show(account: str | None, most: int, **options: Any) -> None:
    """Show the last measures: the folders that hold most, or those of one ACCOUNT such as person:ada, in detail."""
    with _measures(options["file"], options["state"]) as measures:
        now = datetime.now(UTC)
        found = measures.of_account(account, now) if account else measures.largest_first(now, most)
    _print(found, "Nothing was measured yet.", as_json=options["as_json"], files=account is not None)


@storage.command()
@click.argument("accounts", nargs=-1, metavar="ACCOUNT...")
@click.option("--all", "everything", is_flag=True, help="Every folder, as long as it takes.")
@settings_options
def scan(accounts: tuple[str, ...], everything: bool, **options: Any) -> None:
    """Measure now: the folders of some ACCOUNTs, with --all every folder, else those whose measure is old."""
    if accounts and everything:
        raise InvalidInput("Name accounts or --all, not both")
    with _measures(options["file"], options["state"]) as measures:
        now, found = datetime.now(UTC), []
        chosen = (
            measures.places_of(accounts) if accounts else measures.all_places() if everything else measures.due(now)
        )
        for place in chosen:
            try:
                measures.scan(place, datetime.now(UTC))
            except GaiaError as error:
                click.echo(error.message, err=True)
                continue
            if kept := measures.find(place, now):
                found.append(kept)
    _print(found, "No measure is old.", as_json=options["as_json"], files=bool(accounts))


@contextlib.contextmanager
def _measures(file: Path | None, state: Path | None) -> Iterator[Measures]:
    """Open the measures that the settings name; the service may run meanwhile."""
    from gaia_vre.database.engine import check_usable, database_url, make_engine
    from gaia_vre.quotas.storage.measures import Measures

    settings = chosen_settings(file, state)
    engine = make_engine(database_url(settings))
    try:
        check_usable(engine)
        yield Measures(engine, settings)
    finally:
        engine.dispose()


def _print(found: Sequence[Kept], nothing: str, *, as_json: bool, files: bool) -> None:
    if as_json:
        click.echo(json.dumps([one.document for one in found]))
        return
    for one in found:
        click.echo(_line(one))
        for large in one.largest[:_FILES_SHOWN] if files else ():
            click.echo(f"  {large['size'] / 2**20:12,.1f} MiB  {large['path']}")
    if not found:
        click.echo(nothing)


def _line(one: Kept) -> str:
    document = one.document
    limit = document["hard_gib"]
    least = "" if one.complete else "at least "
    room = f"of {limit:g} GiB ({one.room.source})" if limit is not None else "no limit"
    said = {"free": "", "soft": "  over the notice", "hard": "  FULL"}[one.level]
    closed = f", {one.unreadable:,} unreadable" if one.unreadable else ""
    return (
        f"{one.account:<28} {one.place.area:<8} {least}{document['used_gib']:.3f} GiB {room}, "
        f"{one.files:,} files{closed}, {one.at:%Y-%m-%d %H:%M} UTC{said}"
    )
