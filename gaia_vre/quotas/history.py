"""What was used, by day, payer and person: read from the sums of days, so its cost follows the days asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from gaia_vre.core.amounts import MICRO
from gaia_vre.database.quotas import AccountRow, EntryRow, LeaseRow, SpendRow
from gaia_vre.quotas.model import BUDGETS, Holding, Spending

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Connection, Engine

MOST_ROWS = 20_000
_SUMS = tuple(getattr(SpendRow, name) for name in BUDGETS)


@dataclass(frozen=True)
class Used:
    """What was used on one day, by one person or by all, and who paid."""

    day: date
    account: str
    username: str
    spending: Spending
    """In millionths times seconds."""


@dataclass(frozen=True)
class Since:
    """Since when something runs, and how many credits it has used."""

    began: datetime
    credits: int


class History:
    """The past in the database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of_person(self, username: str, since: date, until: date, payer: int | None = None) -> list[Used]:
        """Return what one person used, whoever paid or paid by one account, day after day."""
        which = [SpendRow.username == username] + ([] if payer is None else [SpendRow.account_id == payer])
        return self._used(since, until, *which)

    def of_account(self, account: int, since: date, until: date) -> list[Used]:
        """Return what was charged to one account, by day and person."""
        return self._used(since, until, SpendRow.account_id == account)

    def days(self, accounts: Iterable[int], since: date) -> dict[int, dict[date, Spending]]:
        """Return what was charged to each of some accounts, day by day."""
        query = (
            select(SpendRow.account_id, SpendRow.day, *(func.sum(one) for one in _SUMS))
            .where(SpendRow.account_id.in_(list(accounts)), SpendRow.day >= since)
            .group_by(SpendRow.account_id, SpendRow.day)
        )
        found: dict[int, dict[date, Spending]] = {}
        with self._engine.connect() as connection:
            for account, day, *amounts in connection.execute(query):
                found.setdefault(account, {})[day] = Spending(*map(int, amounts))
        return found

    def people(self, account: int, since: date, most: int) -> list[tuple[str, Spending]]:
        """Return who used most of an account, and how much."""
        credit = func.sum(SpendRow.credits)
        query = (
            select(SpendRow.username, *(func.sum(one) for one in _SUMS))
            .where(SpendRow.account_id == account, SpendRow.day >= since)
            .group_by(SpendRow.username)
            .order_by(credit.desc(), SpendRow.username)
            .limit(most)
        )
        with self._engine.connect() as connection:
            return [(name, Spending(*map(int, amounts))) for name, *amounts in connection.execute(query)]

    def since(self, leases: Sequence[str]) -> dict[str, Since]:
        """Return since when these run and what they have used."""
        if not leases:
            return {}
        with self._engine.connect() as connection:
            began = connection.execute(select(LeaseRow.id, LeaseRow.began).where(LeaseRow.id.in_(leases))).all()
            used = _by_lease(connection, leases)
        return {number: Since(at, used.get(number, 0)) for number, at in began}

    def holding(self, account: int, usernames: Sequence[str]) -> dict[str, Holding]:
        """Return what these people hold now on an account."""
        rows = select(LeaseRow.username, LeaseRow.cores, LeaseRow.memory).where(
            LeaseRow.account_id == account, LeaseRow.username.in_(usernames), LeaseRow.state != "ended"
        )
        found: dict[str, Holding] = {}
        with self._engine.connect() as connection:
            for username, cores, memory in connection.execute(rows):
                found[username] = found.get(username, Holding()) + Holding(cores=int(cores), memory=int(memory))
        return found

    def rates(self, accounts: Sequence[int]) -> dict[int, Spending]:
        """Return what one second uses of what runs now and these accounts pay for."""
        row = LeaseRow
        query = select(
            row.account_id, row.cores, row.memory, row.gpus, row.price_core, row.price_gib, row.price_gpu
        ).where(row.state.in_(("held", "running")), row.account_id.in_(accounts))
        found: dict[int, Spending] = {}
        with self._engine.connect() as connection:
            for account, cores, memory, gpus, *prices in connection.execute(query):
                cost = sum(held * price for held, price in zip((cores, memory, gpus), prices, strict=True))
                one = Spending(int(cores), int(memory), int(gpus), int(cost) // MICRO)
                found[account] = found.get(account, Spending()) + one
        return found

    def _used(self, since: date, until: date, *which: ColumnElement[bool]) -> list[Used]:
        query = (
            select(SpendRow.day, AccountRow.name, SpendRow.username, *_SUMS)
            .join(AccountRow, AccountRow.id == SpendRow.account_id)
            .where(*which, SpendRow.day.between(since, until))
            .order_by(SpendRow.day, AccountRow.name, SpendRow.username)
            .limit(MOST_ROWS + 1)
        )
        with self._engine.connect() as connection:
            return [
                Used(day, account, username, Spending(*map(int, amounts)))
                for day, account, username, *amounts in connection.execute(query)
            ]


def _by_lease(connection: Connection, leases: Sequence[str]) -> dict[str, int]:
    query = (
        select(EntryRow.lease_id, func.sum(EntryRow.credits))
        .where(EntryRow.lease_id.in_(leases))
        .group_by(EntryRow.lease_id)
    )
    return {number: int(amount) for number, amount in connection.execute(query)}
