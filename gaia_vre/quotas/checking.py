"""Recompute every balance from leases and entries, and compare."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from gaia_vre.database.quotas import AccountRow, EntryRow, LeaseRow, SpendRow
from gaia_vre.quotas import leases
from gaia_vre.quotas.accounts import subtree
from gaia_vre.quotas.balances import Changes, account_of, read
from gaia_vre.quotas.entries import spent
from gaia_vre.quotas.model import BUDGETS, CAPS, NOTHING_HELD, NOTHING_USED, Holding, Spending

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from gaia_vre.quotas.model import Account

_SUMMED = ("seconds", *BUDGETS)


@dataclass(frozen=True)
class Difference:
    """A balance that is not what its leases and entries sum to."""

    account: str
    what: str
    """Such as ``held cores`` or ``used credits``."""
    recorded: int
    computed: int


def differences(engine: Engine, now: datetime) -> list[Difference]:
    """Return every balance that is not the sum of what it is made of; none is as it should be."""
    with engine.connect() as connection:
        return _compare(connection, now) + _compare_sums(connection)


def recount(engine: Engine, now: datetime) -> int:
    """Put every balance to what leases and entries sum to; return how many numbers changed.

    Also what a new day does: use that left a rolling window is counted no more.
    """
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        read(connection, [row.id for row in connection.execute(select(AccountRow.id))], lock=True)
        found = _compare(connection, now)
        numbers = {account.name: account.id for account in _accounts(connection)}
        changes = Changes()
        for one in found:
            part, dimension = one.what.split()
            amount = {dimension: one.computed - one.recorded}
            whole = Holding(**amount) if part == "held" else Spending(**amount)
            changes.add([numbers[one.account]], **{part: whole})  # type: ignore[arg-type]
        changes.write(connection)
        connection.commit()
    return len(found)


def _compare(connection: Connection, now: datetime) -> list[Difference]:
    accounts = _accounts(connection)
    held, reserved = _from_leases(connection)
    used = _from_sums(connection, accounts, now)
    found = []
    for account in accounts:
        for part, names, recorded, computed in (
            ("held", CAPS, account.held, held[account.id]),
            ("reserved", BUDGETS, account.reserved, reserved[account.id]),
            ("used", BUDGETS, account.used, used[account.id]),
        ):
            for name in names:
                one, other = int(getattr(recorded, name)), int(getattr(computed, name))
                if one != other:
                    found.append(Difference(account.name, f"{part} {name}", one, other))
    return found


def _from_leases(connection: Connection) -> tuple[dict[int, Holding], dict[int, Spending]]:
    held: dict[int, Holding] = defaultdict(lambda: NOTHING_HELD)
    reserved: dict[int, Spending] = defaultdict(lambda: NOTHING_USED)
    for lease in leases.live(connection):
        for account in lease.chain:
            held[account] += lease.rate.holding
            reserved[account] += lease.rate.over(lease.until - lease.settled)
    return held, reserved


def _from_sums(connection: Connection, accounts: Sequence[Account], now: datetime) -> dict[int, Spending]:
    tree = [account for account in accounts if account.kind not in ("ceiling", "share")]
    used = {}
    for account in accounts:
        if account.kind == "ceiling":
            which = [SpendRow.username == account.holder]
        elif account.kind == "share":
            which = [SpendRow.username == account.holder, SpendRow.account_id == account.parent]
        else:
            which = [SpendRow.account_id.in_(subtree(tree, account.id))]
        begins = account.window.begins(now)
        since = [SpendRow.day >= begins.date()] if begins else []
        used[account.id] = spent(connection, *which, *since)
    return used


def _compare_sums(connection: Connection) -> list[Difference]:
    """Compare the sums by day with the entries that they are made of."""
    found = []
    for name in _SUMMED:
        lines = connection.scalar(select(func.sum(getattr(EntryRow, name))))
        days = connection.scalar(select(func.sum(getattr(SpendRow, name))))
        if int(lines or 0) != int(days or 0):
            found.append(Difference("all", f"entered {name}", int(days or 0), int(lines or 0)))
    overlapping = connection.scalar(
        select(func.count()).select_from(LeaseRow).where(LeaseRow.settled > LeaseRow.until, LeaseRow.ended.is_(None))
    )
    if overlapping:
        found.append(Difference("all", "settled leases", int(overlapping), 0))
    return found


def _accounts(connection: Connection) -> list[Account]:
    query = select(AccountRow.__table__).order_by(AccountRow.level.desc(), AccountRow.name)
    return [account_of(row) for row in connection.execute(query)]
