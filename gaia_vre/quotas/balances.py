"""What accounts hold, have used and may: read, taken from on a condition, changed."""

from __future__ import annotations

from operator import add
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import select, text

from gaia_vre.core.errors import NotFound
from gaia_vre.database.many import execute_many
from gaia_vre.database.quotas import AccountRow
from gaia_vre.quotas.model import (
    BUDGETS,
    CAPS,
    NOTHING_HELD,
    NOTHING_USED,
    Account,
    Holding,
    Spending,
    Window,
    share_name,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection, Row, Table

_TABLE = cast("Table", AccountRow.__table__)
_CHANGED = (
    *(f"held_{name}" for name in CAPS),
    *(f"used_{name}" for name in BUDGETS),
    *(f"reserved_{name}" for name in BUDGETS),
)


def _fits(name: str) -> str:
    taken = f"held_{name}" if name in CAPS else f"used_{name} + reserved_{name}"
    return f"(:{name} = 0 OR limit_{name} IS NULL OR {taken} + :{name} <= limit_{name})"


# Names of columns only; what is asked comes as parameters.
_TAKE = text(
    "UPDATE account SET "  # noqa: S608
    + ", ".join(
        [f"held_{name} = held_{name} + :{name}" for name in CAPS]
        + [f"reserved_{name} = reserved_{name} + :{name}" for name in BUDGETS]
    )
    + " WHERE id = :id AND "
    + " AND ".join(_fits(name) for name in (*CAPS, *BUDGETS))
)
_CHAIN = text(
    """WITH RECURSIVE up (id, parent_id, level) AS (
        SELECT id, parent_id, level FROM account WHERE name = :name
        UNION ALL SELECT a.id, a.parent_id, a.level FROM account a JOIN up ON a.id = up.parent_id)
    SELECT id, level FROM up UNION ALL SELECT id, level FROM account WHERE name IN (:ceiling, :share)
    ORDER BY level, id"""
)


class Changes:
    """What is to be added to each account, put together before it is written."""

    def __init__(self) -> None:
        self._by_account: dict[int, tuple[int, ...]] = {}

    def add(
        self,
        chain: Iterable[int],
        held: Holding = NOTHING_HELD,
        used: Spending = NOTHING_USED,
        reserved: Spending = NOTHING_USED,
    ) -> None:
        """Add to every account of a chain; amounts may be negative."""
        amounts = (*held.values(), *used.values(), *reserved.values())
        for account in chain:
            known = self._by_account.get(account)
            self._by_account[account] = amounts if known is None else tuple(map(add, known, amounts))

    def write(self, connection: Connection) -> None:
        """Write what was put together; the rows are locked already, or locked here in order of their ids."""
        rows = [(number, amounts) for number, amounts in sorted(self._by_account.items()) if any(amounts)]
        used = [place for place in range(len(_CHANGED)) if any(amounts[place] for _, amounts in rows)]
        changed = ", ".join(f"{_CHANGED[place]} = {_CHANGED[place]} + ?" for place in used)
        values = [(*(amounts[place] for place in used), number) for number, amounts in rows]
        execute_many(connection, f"UPDATE account SET {changed} WHERE id = ?", values)  # noqa: S608


def chain(connection: Connection, name: str, username: str) -> tuple[int, tuple[int, ...]]:
    """Return the account of this name, and all accounts that a person's charge to it must fit in, from below.

    Raises
    ------
    NotFound
        There is no account of this name.
    """
    beside = {"ceiling": f"ceiling:{username}", "share": share_name(name, username)}
    found = connection.execute(_CHAIN, {"name": name, **beside}).all()
    payers = [row.id for row in found if row.level > 0]
    if not payers:
        raise NotFound(f"There is no account {name[:120]!r}")
    return payers[0], tuple(row.id for row in found)


def take(connection: Connection, account: int, held: Holding, reserved: Spending) -> bool:
    """Take from an account if all of it fits; say whether it did."""
    amounts = dict(zip((*CAPS, *BUDGETS), (*held.values(), *reserved.values()), strict=True))
    return connection.execute(_TAKE, amounts | {"id": account}).rowcount == 1


def read(connection: Connection, ids: Sequence[int], *, lock: bool = False) -> dict[int, Account]:
    """Return accounts by id; locked in the order in which all charges lock them."""
    query = select(_TABLE).where(_TABLE.c.id.in_(ids)).order_by(_TABLE.c.level, _TABLE.c.id)
    rows = connection.execute(query.with_for_update() if lock else query)
    return {row.id: account_of(row) for row in rows}


def budgets_left(connection: Connection, ids: Sequence[int]) -> dict[int, list[int | None]]:
    """Return what is left of each budget by account, None without a limit; the rows are locked as `read` does."""
    left = (_TABLE.c[f"limit_{name}"] - _TABLE.c[f"used_{name}"] - _TABLE.c[f"reserved_{name}"] for name in BUDGETS)
    query = select(_TABLE.c.id, *left).where(_TABLE.c.id.in_(ids)).order_by(_TABLE.c.level, _TABLE.c.id)
    rows = connection.execute(query.with_for_update())
    return {number: [None if one is None else int(one) for one in amounts] for number, *amounts in rows}


def account_of(row: Row[Any] | AccountRow) -> Account:
    """Return the account that a row holds."""
    limits = {name: getattr(row, f"limit_{name}") for name in (*CAPS, *BUDGETS)}
    return Account(
        id=row.id,
        name=row.name,
        kind=row.kind,  # type: ignore[arg-type]
        parent=row.parent_id,
        title=row.title,
        held=Holding(*(int(getattr(row, f"held_{name}")) for name in CAPS)),
        used=_spending(row, "used"),
        reserved=_spending(row, "reserved"),
        limits={name: None if value is None else int(value) for name, value in limits.items()},
        sources=dict(row.sources),
        window=Window(row.window_days, row.window_start, row.window_end),
    )


def limit_columns(limits: Mapping[str, int | None]) -> dict[str, int | None]:
    """Return limits as columns of the table; what is not named has none."""
    return {f"limit_{name}": limits.get(name) for name in (*CAPS, *BUDGETS)}


def _spending(row: Any, what: str) -> Spending:
    return Spending(*(int(getattr(row, f"{what}_{name}")) for name in BUDGETS))
