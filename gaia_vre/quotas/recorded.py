"""What ran in a period, read from leases and entries for another decision."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select

from gaia_vre.core.amounts import MICRO
from gaia_vre.core.errors import InvalidInput
from gaia_vre.database.quotas import AccountRow, EntryRow, HolderRow, LeaseRow, SpendRow
from gaia_vre.quotas.allowance import Override
from gaia_vre.quotas.model import BUDGETS, CAPS, Holding, Spending
from gaia_vre.quotas.replay import Past, Replay

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Engine, Select

    from gaia_vre.quotas.holders import Holders
    from gaia_vre.quotas.policy import Rules
    from gaia_vre.quotas.replay import Outcome


def what_if(engine: Engine, holders: Holders, rules: Rules, first: date, after: date) -> Outcome:
    """Return what these rules would have refused from the first day until before the other.

    Raises
    ------
    InvalidInput
        The period ends before it begins.
    """
    if after <= first:
        raise InvalidInput(f"to: {after} is not after from, {first}")
    start, end = (datetime.combine(day, time(), UTC) for day in (first, after))
    overrides: dict[str, list[Override]] = {}
    for one in reversed(holders.overrides()):
        given = Override(one.dimension, one.value, one.start, one.until, one.reason, one.by)
        overrides.setdefault(one.account, []).append(given)
    with engine.connect() as connection:
        rows = connection.execute(select(HolderRow.username, HolderRow.groups))
        replay = Replay(rules, {name: frozenset(groups) for name, groups in rows}, overrides)
        for payer, username, day, *amounts in connection.execute(_spent_before(_earliest(rules, start), first)):
            replay.spent_before(payer, username, day, Spending(*map(int, amounts)))
        recorded = _leases(connection, start, end)
    return replay.run(recorded, start)


def _spent_before(earliest: date, first: date) -> Select[Any]:
    sums = (getattr(SpendRow, name) for name in BUDGETS)
    query = select(AccountRow.name, SpendRow.username, SpendRow.day, *sums)
    return query.join(AccountRow, AccountRow.id == SpendRow.account_id).where(
        SpendRow.day >= earliest, SpendRow.day < first
    )


def _earliest(rules: Rules, start: datetime) -> date:
    """Return the first day that some budget counts."""
    windows = [*rules.policy.windows.values(), *(one.window for one in rules.accounts if one.window)]
    begins = [window.begins(start) for window in windows]
    return min((one.date() if one else date.min for one in begins), default=start.date())


def _leases(connection: Connection, start: datetime, end: datetime) -> list[Past]:
    lived = (LeaseRow.began < end, or_(LeaseRow.ended.is_(None), LeaseRow.ended > start), LeaseRow.seen.is_(True))
    query = select(LeaseRow.__table__, AccountRow.name).join(AccountRow, AccountRow.id == LeaseRow.account_id)
    mean = _mean_sizes(connection, *lived)
    return [
        Past(
            id=row.id,
            kind=row.kind,
            username=row.username,
            thing=row.thing,
            payer=row.name,
            holding=mean.get(row.id) or Holding(*(int(getattr(row, name)) for name in CAPS)),
            began=row.began,
            ended=row.ended,
            parent=row.parent,
        )
        for row in connection.execute(query.where(*lived))
    ]


def _mean_sizes(connection: Connection, *lived: ColumnElement[bool]) -> dict[str, Holding]:
    """Return what clusters held on the average of their lives; their leases tell only what they held last."""
    sums = (func.sum(getattr(EntryRow, name)) for name in ("seconds", "core_hours", "gib_hours", "gpu_hours"))
    query = (
        select(LeaseRow.id, LeaseRow.workers, *sums)
        .join(EntryRow, EntryRow.lease_id == LeaseRow.id)
        .where(LeaseRow.kind == "cluster", *lived)
        .group_by(LeaseRow.id, LeaseRow.workers)
    )
    found = {}
    for number, workers, seconds, cores, gib, gpu in connection.execute(query):
        if seconds:
            mean_cores, mean_gib, mean_gpus = (int(amount) // int(seconds) for amount in (cores, gib, gpu))
            found[number] = Holding(mean_cores, mean_gib, mean_gpus, 0, MICRO, int(workers))
    return found
