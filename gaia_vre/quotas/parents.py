"""Which running things have outlived the server that they were started from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import aliased

from gaia_vre.database.quotas import LeaseRow

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Engine


def parents_ended(engine: Engine, lease_ids: Collection[str]) -> dict[str, datetime]:
    """Return when the parent of each of these leases ended; for those whose parent has."""
    parent = aliased(LeaseRow)
    query = (
        select(LeaseRow.id, parent.ended)
        .join(parent, LeaseRow.parent == parent.id)
        .where(LeaseRow.id.in_(lease_ids), LeaseRow.ended.is_(None), parent.ended.is_not(None))
    )
    with engine.connect() as connection:
        return {row.id: row.ended for row in connection.execute(query)}
