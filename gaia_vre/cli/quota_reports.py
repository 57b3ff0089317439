"""What was used and refused, or would be, for operators: ``report``, ``refusals``, ``what-if``."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import yaml

from gaia_vre.cli.office import open_office, settings_options
from gaia_vre.core.errors import SettingsError
from gaia_vre.core.settings import parse_settings
from gaia_vre.quotas.words import WORDS, number

if TYPE_CHECKING:
    from gaia_vre.core.quotas import Quotas
    from gaia_vre.quotas.replay import Outcome
    from gaia_vre.quotas.reporting import Line

_SHOWN = 20
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


@click.command("what-if")
@click.argument("policy", type=click.Path(path_type=Path))
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="First day; without it, of last month.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="Last day; without it, of last month.")
@settings_options
def what_if(policy: Path, first: datetime | None, last: datetime | None, **options: Any) -> None:
    """Tell what the quotas of POLICY.yaml would have refused of what ran, by default in the last month.

    POLICY.yaml is a file of settings, or only what stands under quotas there.
    """
    from gaia_vre.quotas import imported, recorded, reporting
    from gaia_vre.quotas.replay import APPROXIMATED

    quotas = _policy(policy)
    with open_office(options["file"], options["state"]) as office:
        month = reporting.month_of(reporting.last_month(office.clock().wall.date()))
        period = (first.date() if first else month[0], last.date() + timedelta(days=1) if last else month[1])
        rules = imported.rules_in_force(office.engine, quotas)
        outcome = recorded.what_if(office.engine, office.holders, rules, *period)
    if options["as_json"]:
        shown = asdict(outcome) | {"from": period[0], "after": period[1], "approximated": APPROXIMATED}
        click.echo(json.dumps(shown, default=str))
    else:
        _print_outcome(outcome, *period)


def _policy(path: Path) -> Quotas:
    """Read a policy; raises SettingsError."""
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: is not YAML ({str(error).splitlines()[0]})") from error
    whole = values if isinstance(values, dict) and "quotas" in values else {"quotas": values or {}}
    return parse_settings(whole, str(path)).quotas


def _print_outcome(outcome: Outcome, first: date, after: date) -> None:
    from gaia_vre.quotas.replay import APPROXIMATED

    refused = outcome.refused
    last = after - timedelta(days=1)
    click.echo(f"Of {outcome.starts} starts from {first} to {last}, {len(refused)} would be refused.")
    if outcome.followed:
        click.echo(f"{outcome.followed} Dask clusters would not have been asked for: their server is refused.")
    by_limit = Counter((one.account, one.dimension, one.source) for one in refused)
    for (account, dimension, source), times in by_limit.most_common(_SHOWN):
        those = [one for one in refused if (one.account, one.dimension, one.source) == (account, dimension, source)]
        who = Counter(one.username for one in those)
        names = ", ".join(f"{name} {count}" for name, count in who.most_common(3)) + (", …" if len(who) > 3 else "")
        word = WORDS.get(dimension, "may not pay with it")
        limit = f"{number(those[-1].limit)} {word} ({source})" if dimension in WORDS else word
        click.echo(f"{times:>6}  {account:<32} {limit}: {names}")
    if len(by_limit) > _SHOWN:
        click.echo(f"… and {len(by_limit) - _SHOWN} limits more; --json lists every start.")
    click.echo("What is approximated:")
    for line in APPROXIMATED:
        click.echo(f"- {line}")


def _print(month: str, lines: list[Line]) -> None:
    from gaia_vre.quotas.reporting import NOTE, total

    click.echo(f"Used in {month}")
    click.echo(_LINE.format(*_HEADS))
    for line in lines:
        site, community, people, *amounts = vars(line).values()
        click.echo(_LINE.format(site, community or "(the site)", people, *map(_cell, amounts)))
    click.echo(_LINE.format("All", "", "", *map(_cell, total(lines).values())))
    click.echo(f"* {NOTE}")


def _cell(amount: float) -> str:
    return f"{amount:,.1f}" if amount >= 100 else f"{amount:.3g}"


COMMANDS: tuple[click.Command, ...] = (report, refusals, what_if)
