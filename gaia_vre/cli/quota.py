"""Accounting for operators: ``check``, ``recount``, ``accounts``, ``show``, ``override``."""

from __future__ import annotations

import getpass
import json
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from gaia_vre.cli import quota_files, quota_reports
from gaia_vre.cli.office import open_office, settings_options
from gaia_vre.cli.storage import storage
from gaia_vre.core.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from pathlib import Path


@click.group()
def quota() -> None:
    """Look after accounts, limits and the ledger."""


for one in (*quota_reports.COMMANDS, *quota_files.COMMANDS, storage):
    quota.add_command(one)


@quota.command()
@settings_options
def check(file: Path | None, state: Path | None, as_json: bool) -> None:
    """Say whether every balance is the sum of its leases and entries; exit status 1 when one is not.

    Also how the time charged in the last whole week agrees with the time observed.
    """
    from gaia_vre.quotas.checking import differences
    from gaia_vre.quotas.reconciling import last_week

    with open_office(file, state) as office:
        found = differences(office.engine, office.clock().wall)
        week = last_week(office.events, office.clock().wall)
    if as_json:
        shown = week and asdict(week) | {"ratio": week.ratio}
        click.echo(json.dumps({"differences": [asdict(one) for one in found], "week": shown}, default=str))
    elif week:
        click.echo(week.sentence)
    for one in [] if as_json else found:
        click.echo(f"{one.account}: {one.what} is {one.recorded} and should be {one.computed}")
    if found:
        raise Conflict(f"{len(found)} balances are not what they are made of: `gaia-vre quota recount` puts them right")
    if not as_json:
        click.echo("Every balance is the sum of its leases and entries.")


@quota.command()
@settings_options
def recount(file: Path | None, state: Path | None, as_json: bool) -> None:
    """Put every balance to the sum of its leases and entries."""
    from gaia_vre.quotas import checking

    with open_office(file, state) as office:
        changed = checking.recount(office.engine, office.clock().wall)
    click.echo(json.dumps({"changed": changed}) if as_json else f"{changed} numbers changed.")


@quota.command()
@settings_options
def accounts(file: Path | None, state: Path | None, as_json: bool) -> None:
    """List the accounts with what they hold, have used and may."""
    with open_office(file, state) as office:
        found = [_described(one) for one in office.accounts.all()]
    if as_json:
        click.echo(json.dumps(found))
    for one in [] if as_json else found:
        held = ", ".join(f"{value:g} {name}" for name, value in one["held"].items() if value) or "nothing"
        click.echo(f"{one['name']:<32} holds {held}; used {one['used']['credits']:.2f} credits")


@quota.command()
@click.argument("account")
@settings_options
def show(account: str, file: Path | None, state: Path | None, as_json: bool) -> None:
    """Show one ACCOUNT (such as person:ada, ceiling:ada, project:heat): its numbers with their sources."""
    with open_office(file, state) as office:
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
@settings_options
def override(account: str, limit: str, value: str, **options: Any) -> None:
    """Give ACCOUNT another LIMIT of this VALUE (or 'unlimited') for a time, such as: ceiling:ada cores 64 --days 7."""
    from gaia_vre.quotas.holders import Given
    from gaia_vre.quotas.policy import DIMENSIONS, amount_of, dimension_of

    if limit not in DIMENSIONS:
        raise InvalidInput(f"There is no limit {limit[:40]!r}; there are {', '.join(DIMENSIONS)}")
    amount = None if value == "unlimited" else amount_of(limit, limit, value)
    with open_office(options["file"], options["state"]) as office:
        now = office.clock().wall
        until = now + timedelta(days=options["days"]) if options["days"] else None
        given = Given(account, dimension_of(limit), amount, now, until, options["reason"][:300], getpass.getuser())
        office.holders.give(given, now)
    if options["as_json"]:
        click.echo(json.dumps({"account": account, "limit": limit, "value": value, "until": until and str(until)}))
    else:
        ends = f" until {until:%Y-%m-%d %H:%M} UTC" if until else ""
        click.echo(f"{account} may have {value} {limit}{ends}.")


@quota.command(context_settings={"ignore_unknown_options": True})  # a negative value is refused in our words
@click.argument("account")
@click.argument("username")
@click.argument("limit")
@click.argument("value")
@settings_options
def split(account: str, username: str, limit: str, value: str, **options: Any) -> None:
    """Let USERNAME use at most VALUE (or 'unlimited') of a LIMIT of ACCOUNT, such as: project:heat ada credits 40."""
    from gaia_vre.quotas.policy import amount_of, dimension_of
    from gaia_vre.quotas.shares import Shares, Split

    amount = None if value == "unlimited" else amount_of(limit, limit, value)
    with open_office(options["file"], options["state"]) as office:
        given = Split(account, username, dimension_of(limit), amount, getpass.getuser(), admin=True)
        found = _described(Shares(office).give(given))
    if options["as_json"]:
        click.echo(json.dumps(found))
    else:
        click.echo(f"{username} may use {value} {limit} of {account}.")


@quota.command()
@click.argument("account")
@settings_options
def shares(account: str, file: Path | None, state: Path | None, as_json: bool) -> None:
    """List how ACCOUNT is split among its members."""
    from gaia_vre.quotas.shares import Shares

    with open_office(file, state) as office:
        found = [_described(one) | {"username": one.holder} for one in Shares(office).of(account)]
    if as_json:
        click.echo(json.dumps(found))
        return
    for one in found:
        limits = ", ".join(f"{value:g} {name}" for name, value in one["limits"].items()) or "no limit"
        click.echo(f"{one['username']:<24} {limits}; used {one['used']['credits']:.2f} credits")
    if not found:
        click.echo(f"{account} is not split: each member may use all of it.")


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
