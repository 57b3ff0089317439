"""The budgets that are nearest to their end, for administrators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Float, cast, func, select

from gaia_vre.core.amounts import hours
from gaia_vre.database.quotas import AccountRow

if TYPE_CHECKING:
    from sqlalchemy import Engine

ROWS = 10


@dataclass(frozen=True)
class Budget:
    """The credits of an account that has no more than so many."""

    name: str
    title: str
    used: float
    held: float
    limit: float

    def percent(self, amount: float) -> float:
        """Return an amount in percent of the limit."""
        return min(100.0, 100 * amount / self.limit) if self.limit else 100.0


def budgets_of(engine: Engine, wanted: str) -> list[Budget]:
    """Return the budgets of accounts whose name or title holds a text, the most used first."""
    row = AccountRow
    share = cast(row.used_credits + row.reserved_credits, Float) / func.nullif(row.limit_credits, 0)
    query = (
        select(row.name, row.title, row.used_credits, row.reserved_credits, row.limit_credits)
        .where(row.limit_credits.is_not(None))
        .order_by(func.coalesce(share, 1).desc(), row.id)
        .limit(ROWS)
    )
    if wanted:
        word = wanted.lower()
        named = func.lower(row.name).contains(word, autoescape=True)
        query = query.where(named | func.lower(row.title).contains(word, autoescape=True))
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    return [
        Budget(name, title or name, *(hours(int(one or 0)) for one in (used, reserved, limit)))
        for name, title, used, reserved, limit in rows
    ]
