"""Accounting for operators: ``check``, ``recount``, ``accounts``, ``show``, ``override``."""

from __future__ import annotations

import contextlib
import getpass
import json
import os
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gaia_vre.core.errors import Conflict, InvalidInput
from gaia_vre.core.settings import SETTINGS_VARIABLE, Settings, load_settings, read_settings
from gaia_vre.core.state import StateFolder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gaia_vre.quotas.deciding import Office

_file = click.option(
    "--settings", "file", type=click.Path(path_type=Path), help="YAML file of settings (default: $GAIA_VRE_SETTINGS)."
)
_state = click.option(
    "--state", type=click.Path(path_type=Path), help="State folder of one machine: the settings in force there."
)
_as_json = click.option("--json", "as_json", is_flag=True, help="For programs.")


@click.group()
def quota() -> None:
    """Look after accounts, limits and the ledger."""


@quota.command()
@_file
@_state
@_as_json
def check(file: Path | None, state: Path | None, as_json: bool) -> None:
    """Say whether every balance is the sum of its leases and entries; exit status 1 when one is not."""
    from gaia_vre.quotas.checking import differences

    with _office(file, state) as office:
        found = differences(office.engine, office.clock().wall)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found]))
    for one in [] if as_json else found:
        click.echo(f"{one.account}: {one.what} is {one.recorded} and should be {one.computed}")
    if found:
        raise Conflict(f"{len(found)} balances are not what they are made of: `gaia-vre quota recount` puts them right")
    if not as_json:
        click.echo("Every balance is the sum of its leases and entries.")


@quota.command()
@_file
@_state
@_as_json
def recount(file: Path | None, state: Path | None, as_json: bool) -> None:
    """Put every balance to the sum of its leases and entries."""
    from gaia_vre.quotas import checking

    with _office(file, state) as office:
        changed = checking.recount(office.engine, office.clock().wall)
    click.echo(json.dumps({"changed": changed}) if as_json else f"{changed} numbers changed.")


@quota.command()
@_file
@_state
@_as_json
def accounts(file: Path | None, state: Path | None, as_json: bool) -> None:
    """List the accounts with what they hold, have used and may."""
    with _office(file, state) as office:
        found = [_described(one) for one in office.accounts.all()]
    if as_json:
        click.echo(json.dumps(found))
    for one in [] if as_json else found:
        held = ", ".join(f"{value:g} {name}" for name, value in one["held"].items() if value) or "nothing"
        click.echo(f"{one['name']:<32} holds {held}; used {one['used']['credits']:.2f} credits")


@quota.command()
@click.argument("account")
@_file
@_state
@_as_json
def show(account: str, file: Path | None, state: Path | None, as_json: bool) -> None:
    """Show one ACCOUNT (such as person:ada, ceiling:ada, project:heat): its numbers with their sources."""
    with _office(file, state) as office:
        found = _described(office.accounts.find(account))
        found["overrides"] = [
            _plain(one.dimension, one.value)
            | {"from": one.start.isoformat(), "until": one.until and one.until.isoformat(), "by": one.by}
            | {"reason": one.reason}
            for one in office.holders.overrides(account)
        ]
    if as_json:
        click.echo(json.dumps(found))
        return
    click.echo(f"{found['name']}, {found['title']}")
    for part in ("held", "used", "reserved"):
        click.echo(f"  {part:<9} " + ", ".join(f"{value:g} {name}" for name, value in found[part].items()))
    for name, value in found["limits"].items():
        click.echo(f"  at most   {value:g} {name} ({found['sources'].get(name, 'no source')})")
    for one in found["overrides"]:
        click.echo(f"  override  {one['value']} {one['limit']} until {one['until'] or 'recalled'}: {one['reason']}")


@quota.command(context_settings={"ignore_unknown_options": True})  # a negative value is refused in our words
@click.argument("account")
@click.argument("limit")
@click.argument("value")
@click.option("--days", type=click.IntRange(1, 3660), help="For so many days; without it, until the next override.")
@click.option("--reason", required=True, help="What people read beside the number.")
@_file
@_state
@_as_json
def override(account: str, limit: str, value: str, **options: Any) -> None:
    """Give ACCOUNT another LIMIT of this VALUE (or 'unlimited') for a time, such as: ceiling:ada cores 64 --days 7."""
    from gaia_vre.quotas.holders import Given
    from gaia_vre.quotas.policy import DIMENSIONS, amount_of, dimension_of

    if limit not in DIMENSIONS:
        raise InvalidInput(f"There is no limit {limit[:40]!r}; there are {', '.join(DIMENSIONS)}")
    amount = None if value == "unlimited" else amount_of(limit, limit, value)
    with _office(options["file"], options["state"]) as office:
        now = office.clock().wall
        until = now + timedelta(days=options["days"]) if options["days"] else None
        given = Given(account, dimension_of(limit), amount, now, until, options["reason"][:300], getpass.getuser())
        office.holders.give(given, now)
    if options["as_json"]:
        click.echo(json.dumps({"account": account, "limit": limit, "value": value, "until": until and str(until)}))
    else:
        ends = f" until {until:%Y-%m-%d %H:%M} UTC" if until else ""
        click.echo(f"{account} may have {value} {limit}{ends}.")


@contextlib.contextmanager
def _office(file: Path | None, state: Path | None) -> Iterator[Office]:
    """Open the ledger that the settings name; the service may run meanwhile."""
    from gaia_vre.database.engine import check_usable, database_url, make_engine
    from gaia_vre.projects.registry import open_books
    from gaia_vre.quotas.clock import Instant

    written = StateFolder((state or Settings().state).expanduser().absolute()).settings
    chosen = file or (written if state or (SETTINGS_VARIABLE not in os.environ and written.exists()) else None)
    settings = read_settings(chosen) if chosen else load_settings()
    engine = make_engine(database_url(settings))
    try:
        check_usable(engine)
        # Nothing is charged from here: the wall clock is enough, and the ledger's own stays untouched.
        yield open_books(engine, settings, lambda: Instant(0, datetime.now(UTC)))[0]
    finally:
        engine.dispose()


def _described(account: Any) -> dict[str, Any]:
    from gaia_vre.quotas.model import BUDGETS, CAPS
    from gaia_vre.quotas.offers import people

    return {
        "name": account.name,
        "title": account.title,
        "held": {name: people(name, getattr(account.held, name)) for name in CAPS},
        "used": {name: people(name, getattr(account.used, name)) for name in BUDGETS},
        "reserved": {name: people(name, getattr(account.reserved, name)) for name in BUDGETS},
        "limits": {name: people(name, value) for name, value in account.limits.items() if value is not None},
        "sources": account.sources,
    }


def _plain(dimension: str, value: int | None) -> dict[str, Any]:
    from gaia_vre.quotas.offers import people

    return {"limit": dimension, "value": "unlimited" if value is None else people(dimension, value)}
