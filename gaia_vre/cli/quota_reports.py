"""What was used and what was refused, for operators: ``report``, ``refusals``."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from gaia_vre.cli.office import open_office, settings_options

if TYPE_CHECKING:
    from pathlib import Path

    from gaia_vre.quotas.reporting import Line

_HEADS = ("Site", "Community", "People", "Core-hours", "GiB-hours", "GPU-hours", "Credits", "kWh*", "gCO2e*")
_LINE = "{:<18} {:<18} {:>7} {:>13} {:>13} {:>11} {:>13} {:>10} {:>11}"


@click.command()
@click.option("--month", help="Such as 2026-10; without it, the last month.")
@click.option("--csv", "as_csv", is_flag=True, help="For spreadsheets.")
@settings_options
def report(month: str | None, as_csv: bool, file: Path | None, state: Path | None, as_json: bool) -> None:
    """Show what each community used at each site in a month, with an estimate of its energy."""
    from gaia_vre.quotas import reporting
    from gaia_vre.quotas.csv_text import csv_text

    with open_office(file, state) as office:
        month = month or reporting.last_month(office.clock().wall.date())
        lines = reporting.report(office.engine, *reporting.month_of(month), office.rules.energy_of)
    rows = reporting.rows(month, lines)
    if as_json:
        click.echo(json.dumps({"month": month, "note": reporting.NOTE, "lines": rows, "total": reporting.total(lines)}))
    elif as_csv:
        click.echo(csv_text(reporting.COLUMNS, rows), nl=False)
    elif lines:
        _print(month, lines)
    else:
        click.echo(f"Nothing was used in {month}.")


@click.command()
@click.option("--days", type=click.IntRange(1, 400), default=30, help="Of the last so many days (30).")
@settings_options
def refusals(days: int, file: Path | None, state: Path | None, as_json: bool) -> None:
    """List what was refused, shrunk or stopped, or would have been while quotas.mode is observe."""
    with open_office(file, state) as office:
        start = office.clock().wall - timedelta(days=days)
        found = office.events.since(start, ("refused", "would-refuse", "shrink", "stop", "would-stop"))
        mode = "observe" if office.rules.observe else "enforce"
    rows = [
        {"at": one.at.isoformat(), "kind": one.kind, "account": one.account, "username": one.username} | one.facts
        for one in found
    ]
    if as_json:
        click.echo(json.dumps({"mode": mode, "rows": rows}))
        return
    for row in rows:
        said = row.get("message", "")
        click.echo(f"{row['at'][:16]}  {row['kind']:<12} {row['username'] or '':<16} {row['account']:<28} {said}")
    click.echo(f"{len(rows)} in the last {days} days; the mode is {mode}.")


def _print(month: str, lines: list[Line]) -> None:
    from gaia_vre.quotas.reporting import NOTE, total

    click.echo(f"Used in {month}")
    click.echo(_LINE.format(*_HEADS))
    for line in lines:
        site, community, people, *amounts = vars(line).values()
        click.echo(_LINE.format(site, community or "(the site)", people, *map("{:,.1f}".format, amounts)))
    click.echo(_LINE.format("All", "", "", *map("{:,.1f}".format, total(lines).values())))
    click.echo(f"* {NOTE}")


COMMANDS: tuple[click.Command, ...] = (report, refusals)
