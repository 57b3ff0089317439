"""Which datasets were opened where, in the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from gaia_vre.database.openings import OpeningRow

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Engine

ONE_USE = timedelta(minutes=5)
"""Who opens a dataset again within this time is using it still: nothing is written."""
MOST = 1000
"""Lines of one place."""


@dataclass(frozen=True)
class Opener:
    """Who opens something: a person, or a server of a project itself."""

    username: str
    server: str = ""


@dataclass(frozen=True)
class Known:
    """A dataset as it is kept."""

    id: str
    title: str = ""
    doi: str | None = None


@dataclass(frozen=True)
class Used:
    """A dataset that was opened in a place, all who did taken together."""

    dataset: str
    title: str
    doi: str | None
    first: datetime
    last: datetime
    count: int
    by: Opener
    """Who did last."""


class Openings:
    """The openings of one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record(self, place: str, opener: Opener, opened: Iterable[Known], now: datetime) -> None:
        """Keep that datasets are opened; beyond the most of a place nothing new is kept."""
        for one in opened:
            same = (
                OpeningRow.place == place,
                OpeningRow.dataset == one.id,
                OpeningRow.username == opener.username,
                OpeningRow.server == opener.server,
            )
            with self._engine.begin() as connection:
                last = connection.scalar(select(OpeningRow.last).where(*same))
                if last is not None:
                    again = update(OpeningRow).where(*same, OpeningRow.last <= now - ONE_USE)
                    connection.execute(again.values(last=now, times=OpeningRow.times + 1))
                    continue
                if (connection.scalar(select(func.count()).where(OpeningRow.place == place)) or 0) >= MOST:
                    return
                row = {"place": place, "dataset": one.id, "title": one.title[:1000], "doi": one.doi, **vars(opener)}
                try:
                    with connection.begin_nested():
                        connection.execute(insert(OpeningRow).values(**row, first=now, last=now, times=1))
                except IntegrityError:
                    continue  # another process was first

    def of(self, place: str) -> list[Used]:
        """Return the datasets that were opened in a place, the last first."""
        query = select(OpeningRow.__table__).where(OpeningRow.place == place)
        found: dict[str, Used] = {}
        with self._engine.connect() as connection:
            for row in connection.execute(query.order_by(OpeningRow.last.desc(), OpeningRow.id.desc())):
                by = Opener(row.username, row.server)
                one = Used(row.dataset, row.title, row.doi, row.first, row.last, row.times, by)
                found[one.dataset] = _together(found[one.dataset], one) if one.dataset in found else one
        return list(found.values())

    def forget(self, place: str) -> None:
        """Delete what was opened in a place that is no more."""
        with self._engine.begin() as connection:
            connection.execute(delete(OpeningRow).where(OpeningRow.place == place))


def _together(last: Used, before: Used) -> Used:
    first, count = min(last.first, before.first), last.count + before.count
    return Used(last.dataset, last.title, last.doi, first, last.last, count, last.by)
