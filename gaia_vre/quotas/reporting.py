"""What was used in a month, by site and community, with an estimate of its energy."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import distinct, func, select

from gaia_vre.core.amounts import hours
from gaia_vre.core.errors import InvalidInput
from gaia_vre.database.quotas import AccountRow, SpendRow
from gaia_vre.quotas.model import BUDGETS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy import CTE, Engine

    from gaia_vre.core.quotas import Energy

_WATTS_IN_KILOWATT = 1000


@dataclass(frozen=True)
class Line:
    """What one community used at one site; energy and carbon are estimates from the site's factors."""

    site: str
    community: str
    """Empty for what the site's own account paid."""
    people: int
    core_hours: float
    gib_hours: float
    gpu_hours: float
    credits: float
    estimated_kwh: float
    estimated_gco2e: float


COLUMNS = ("month", *(one.name for one in fields(Line)))
NOTE = "Energy and CO2e are estimates: hours times the site's factors of quotas.energy; nothing was measured."


def last_month(today: date) -> str:
    """Return the month before this day's, such as 2026-10."""
    return f"{today.replace(day=1) - timedelta(days=1):%Y-%m}"


def rows(month: str, lines: Iterable[Line]) -> list[dict[str, Any]]:
    """Return the lines for programs; amounts with six digits at most."""
    return [
        {"month": month}
        | {name: round(value, 6) if isinstance(value, float) else value for name, value in asdict(line).items()}
        for line in lines
    ]


def total(lines: Iterable[Line]) -> dict[str, float]:
    """Return the sums of amounts; people are none, for somebody may work in several communities."""
    names = [one.name for one in fields(Line) if one.name not in ("site", "community", "people")]
    found = list(lines)
    return {name: sum(getattr(line, name) for line in found) for name in names}


def month_of(text: str) -> tuple[date, date]:
    """Return the first day of a month such as 2026-10, and the first day after it.

    Raises
    ------
    InvalidInput
        It is no month.
    """
    try:
        first = date.fromisoformat(f"{text}-01")
        after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    except ValueError:
        raise InvalidInput(f"month: {text[:40]!r} is no month such as 2026-10") from None
    return first, after


def report(engine: Engine, first: date, after: date, factors: Callable[[str], Energy]) -> list[Line]:
    """Return a line for each community of each site that used something from the first day until before the other.

    Only accounts that paid are looked at, so it takes longer with what was used, not with how many people there are.
    """
    used = SpendRow.day >= first, SpendRow.day < after
    above = _above(*used)
    site, community = (
        select(above.c.payer, above.c.name).where(above.c.kind == kind).subquery() for kind in ("site", "community")
    )
    query = (
        select(
            site.c.name.label("site"),
            func.coalesce(community.c.name, "").label("community"),
            func.count(distinct(SpendRow.username)).label("people"),
            *(func.sum(getattr(SpendRow, name)).label(name) for name in BUDGETS),
        )
        .join(site, site.c.payer == SpendRow.account_id)
        .outerjoin(community, community.c.payer == SpendRow.account_id)
        .where(*used)
        .group_by(site.c.name, community.c.name)
    )
    with engine.connect() as connection:
        lines = [_line(row, factors(row.site)) for row in connection.execute(query)]
    return sorted(lines, key=lambda line: (line.site, line.community))


def _above(*used: Any) -> CTE:
    """Return each account that paid with itself and every account above it."""
    payers = select(SpendRow.account_id).where(*used).distinct()
    columns = AccountRow.id.label("payer"), AccountRow.kind, AccountRow.name, AccountRow.parent_id
    start = select(*columns).where(AccountRow.id.in_(payers)).cte("above", recursive=True)
    higher = select(start.c.payer, AccountRow.kind, AccountRow.name, AccountRow.parent_id)
    return start.union_all(higher.join(start, AccountRow.id == start.c.parent_id))


def _line(row: Any, energy: Energy) -> Line:
    cores, gib, gpu, spent = (hours(int(getattr(row, name))) for name in BUDGETS)
    watt_hours = cores * energy.watts_core + gib * energy.watts_gib + gpu * energy.watts_gpu
    kwh = energy.pue * watt_hours / _WATTS_IN_KILOWATT
    return Line(row.site, row.community, row.people, cores, gib, gpu, spent, kwh, kwh * energy.gco2e_kwh)
