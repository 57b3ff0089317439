"""What runs at each site and community now, for administrators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from gaia_vre.core.amounts import plain
from gaia_vre.database.quotas import AccountRow

if TYPE_CHECKING:
    from sqlalchemy import Engine

_HELD = ("servers", "clusters", "workers", "cores", "memory")


@dataclass(frozen=True)
class Place:
    """A site, or a community of one, and what is held there at this moment."""

    name: str
    title: str
    site: bool
    servers: float
    clusters: float
    workers: float
    cores: float
    memory_gib: float
    cores_limit: float | None


def sites_of(engine: Engine) -> list[Place]:
    """Return the sites by name, each followed by its communities."""
    row = AccountRow
    held = [getattr(row, f"held_{name}") for name in _HELD]
    query = select(row.id, row.parent_id, row.name, row.title, row.kind, row.limit_cores, *held)
    with engine.connect() as connection:
        found = connection.execute(query.where(row.kind.in_(("site", "community")))).all()
    sites = {one.id: one.name for one in found if one.kind == "site"}
    return [_place(one) for one in sorted(found, key=lambda one: _order(one, sites))]


def _order(row: Any, sites: dict[int, str]) -> tuple[str, bool, str]:
    return sites.get(row.id) or sites.get(row.parent_id, ""), row.kind != "site", row.name


def _place(row: Any) -> Place:
    held = {name: plain(getattr(row, f"held_{name}")) for name in ("servers", "clusters", "workers", "cores")}
    limit = None if row.limit_cores is None else plain(row.limit_cores)
    memory = plain(row.held_memory)
    return Place(row.name, row.title or row.name, row.kind == "site", **held, memory_gib=memory, cores_limit=limit)
