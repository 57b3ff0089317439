"""What an administrator reads at one look."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from gaia_vre.core.errors import GaiaError
from gaia_vre.core.marking import said
from gaia_vre.database.engine import check_usable
from gaia_vre.database.quotas import EventRow
from gaia_vre.database.tables import EndingRow

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from gaia_vre.service.dependencies import Parts

_DAY = timedelta(days=1)
REASONS = {
    "idle": said("Without activity"),
    "memory": said("Memory full"),
    "crashed": said("Ended by themselves"),
    "stuck": said("Start too long"),
    "budget": said("Budget used up"),
    "abandoned": said("Cluster without its lab"),
    "left": said("Project left"),
    "lost": said("Reason not known"),
}


@dataclass(frozen=True)
class Part:
    """One part of the platform, and whether it answers."""

    title: str
    milliseconds: float | None
    """None: it is silent."""


def parts_of(service: Parts) -> list[Part]:
    """Return the parts with the time that each takes to answer."""
    return [
        Part(said("Hub"), _timed(service.hub.version)),
        Part(said("Dask gateway"), _timed(service.gateway.clusters)),
        Part(said("Database"), _timed(lambda: check_usable(service.engine))),
    ]


def refused(service: Parts, now: datetime) -> list[tuple[str, int]]:
    """Return how often each limit refused a start in the last day, the commonest first."""
    query = select(EventRow.facts).where(EventRow.kind == "refused", EventRow.at > now - _DAY)
    with service.engine.connect() as connection:
        counts = Counter(str((facts or {}).get("dimension", "")) for (facts,) in connection.execute(query))
    return counts.most_common()


def stopped(service: Parts, now: datetime) -> list[tuple[str, int]]:
    """Return how much ended in the last day by no wish of its owner, by reason."""
    query = (
        select(EndingRow.reason, func.count())
        .where(EndingRow.ended > now - _DAY, EndingRow.reason.in_(REASONS))
        .group_by(EndingRow.reason)
    )
    with service.engine.connect() as connection:
        rows = [(str(reason), int(count)) for reason, count in connection.execute(query)]
    return sorted(rows, key=lambda row: -row[1])


def _timed(look: Callable[[], object]) -> float | None:
    began = time.perf_counter()
    try:
        look()
    except GaiaError:
        return None
    return (time.perf_counter() - began) * 1000
