"""Leases in the database."""

from __future__ import annotations

from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import insert, select, update

from gaia_vre.database.many import execute_many
from gaia_vre.database.quotas import LeaseRow
from gaia_vre.quotas.model import CAPS, Holding, Lease, LeaseKind, LeaseState, Price, Rate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row, Table

_TABLE = cast("Table", LeaseRow.__table__)
_LIVE = _TABLE.c.ended.is_(None)
_HELD = attrgetter(*CAPS)
_PRICED = attrgetter("price_core", "price_gib", "price_gpu", "price_name")
_MOVE = "UPDATE lease SET settled = ?, until = ?, state = ?, seen = ? WHERE id = ?"


def write(connection: Connection, lease: Lease, began: datetime) -> None:
    """Insert a lease."""
    held, price = lease.rate.holding, lease.rate.price
    connection.execute(
        insert(_TABLE).values(
            id=lease.id,
            kind=lease.kind,
            username=lease.username,
            thing=lease.thing,
            account_id=lease.account,
            chain=list(lease.chain),
            parent=lease.parent,
            state=lease.state,
            seen=lease.seen,
            settled=lease.settled,
            until=lease.until,
            began=began,
            **{name: getattr(held, name) for name in CAPS},
            price_core=price.core,
            price_gib=price.gib,
            price_gpu=price.gpu,
            price_name=price.name,
        )
    )


def find(connection: Connection, lease_id: str, *, lock: bool = False) -> Lease | None:
    """Return a lease, ended or not."""
    query = select(_TABLE).where(_TABLE.c.id == lease_id)
    row = connection.execute(query.with_for_update() if lock else query).first()
    return None if row is None else lease_of(row)


def live(connection: Connection, ids: Sequence[str] | None = None, *, lock: bool = False) -> list[Lease]:
    """Return the leases that have not ended, all or those named, in the order of their ids."""
    query = select(_TABLE).where(_LIVE).order_by(_TABLE.c.id)
    if ids is not None:
        query = query.where(_TABLE.c.id.in_(ids))
    return [lease_of(row) for row in connection.execute(query.with_for_update() if lock else query)]


def live_of(connection: Connection, username: str) -> list[Lease]:
    """Return the leases of one person that have not ended, in the order in which they were asked."""
    query = select(_TABLE).where(_LIVE, _TABLE.c.username == username).order_by(_TABLE.c.began, _TABLE.c.id)
    return [lease_of(row) for row in connection.execute(query)]


def move(connection: Connection, leases: Iterable[Lease]) -> None:
    """Write how far leases are settled and reserved, and their state."""
    rows = [(one.settled, one.until, one.state, one.seen, one.id) for one in leases]
    execute_many(connection, _MOVE, rows)


def change(connection: Connection, lease_id: str, values: Mapping[str, Any]) -> None:
    """Change columns of one lease."""
    connection.execute(update(_TABLE).where(_TABLE.c.id == lease_id).values(**values))


def lease_of(row: Row[Any]) -> Lease:
    """Return the lease that a row holds."""
    return Lease(
        id=row.id,
        kind=cast("LeaseKind", row.kind),
        username=row.username,
        thing=row.thing,
        account=row.account_id,
        chain=tuple(row.chain),
        rate=_rate(_HELD(row), _PRICED(row)),
        settled=row.settled,
        until=row.until,
        state=cast("LeaseState", row.state),
        parent=row.parent,
        seen=row.seen,
    )


@lru_cache(maxsize=1024)
def _rate(held: tuple[int, ...], price: tuple[int, int, int, str]) -> Rate:
    """Return the rate of these numbers; leases of one size share theirs, and what is worked out of it once."""
    return Rate(Holding(*map(int, held)), Price(*price))
