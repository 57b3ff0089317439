"""The ledger's lines, and their sums by payer, person and day."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from gaia_vre.database.quotas import EntryRow, SpendRow
from gaia_vre.quotas.model import BUDGETS, Spending

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Connection

    from gaia_vre.quotas.model import Lease

_SUMMED = ("seconds", *BUDGETS)


@dataclass(frozen=True)
class Entry:
    """So many seconds of a lease, charged once."""

    lease: Lease
    """As it stood before: the entry begins where it was settled."""
    seconds: int
    at: datetime

    @cached_property
    def spending(self) -> Spending:
        return self.lease.rate.over(self.seconds)


def write(connection: Connection, entries: Sequence[Entry]) -> None:
    """Append entries and add them to the sums of their day; the same entry twice is an error."""
    if not entries:
        return
    connection.execute(insert(EntryRow), [_row(one) for one in entries])
    sums: dict[tuple[int, str, date], list[int]] = defaultdict(lambda: [0] * len(_SUMMED))
    for one in entries:
        known = sums[one.lease.account, one.lease.username, one.at.date()]
        for place, amount in enumerate((one.seconds, *one.spending.values())):
            known[place] += amount
    rows = [
        {"account_id": account, "username": username, "day": day, **dict(zip(_SUMMED, amounts, strict=True))}
        # In one order, so that two who add wait for each other and no more.
        for (account, username, day), amounts in sorted(sums.items())
    ]
    kind = postgresql if connection.dialect.name == "postgresql" else sqlite
    adding = kind.insert(SpendRow)
    connection.execute(
        adding.on_conflict_do_update(
            index_elements=["account_id", "username", "day"],
            set_={name: getattr(SpendRow, name) + adding.excluded[name] for name in _SUMMED},
        ),
        rows,
    )


def spent(connection: Connection, *which: ColumnElement[bool]) -> Spending:
    """Return the sum of days of the kind asked for."""
    sums = connection.execute(select(*(func.sum(getattr(SpendRow, name)) for name in BUDGETS)).where(*which))
    return Spending(*(int(amount or 0) for amount in sums.one()))


def _row(one: Entry) -> dict[str, object]:
    return {
        "key": f"{one.lease.id}:{one.lease.settled}",
        "lease_id": one.lease.id,
        "account_id": one.lease.account,
        "username": one.lease.username,
        "at": one.at,
        "seconds": one.seconds,
        **dict(zip(BUDGETS, one.spending.values(), strict=True)),
    }
