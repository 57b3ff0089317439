"""All people, as the hub told of them: kept in step a slice at a time, searched and sorted in the database."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import ColumnElement, delete, func, insert, or_, select

from gaia_vre.core.amounts import plain
from gaia_vre.core.errors import Unavailable
from gaia_vre.core.kinds import PROJECT_USER, SANDBOX_USER
from gaia_vre.database.people import PersonRow
from gaia_vre.database.projects import MemberRow, ProjectRow
from gaia_vre.database.quotas import AccountRow, LeaseRow
from gaia_vre.service.hub import PAGE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Engine

    from gaia_vre.service.hub import Hub

ROWS = 25
_NO_PEOPLE = (PROJECT_USER, SANDBOX_USER)
_SLICES = 2
"""So many lists of 200 are asked for at each pass: all 15,000 people in forty minutes."""
_GONE = timedelta(hours=2)
"""Whom the hub has not named for so long it has forgotten: a list that is read page by page may miss somebody once."""
_MOST_GROUPS = 4000
Sort = Literal["active", "name", "held"]


@dataclass(frozen=True)
class Wanted:
    """Whom an administrator looks for; an empty word asks for nothing."""

    word: str = ""
    community: str = ""
    project: str = ""
    group: str = ""
    sort: Sort = "active"


@dataclass(frozen=True)
class Someone:
    """One person among all."""

    name: str
    last_activity: datetime | None
    groups: tuple[str, ...]
    servers: int
    clusters: int
    cores: float
    memory_gib: float
    projects: tuple[str, ...]
    community: str


class People:
    """The people of one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._offset = 0

    def follow(self, hub: Hub, now: datetime) -> None:
        """Read the next slices of the hub's list, and those who were active last; forget who is not there any more."""
        latest = hub.people(0, by_activity=True)
        self._keep(latest, now)
        for _ in range(_SLICES if len(latest) == PAGE else 0):
            page = hub.people(self._offset)
            self._keep(page, now)
            self._offset = self._offset + PAGE if len(page) == PAGE else 0
        with self._engine.begin() as connection:
            connection.execute(delete(PersonRow).where(PersonRow.seen < now - _GONE))

    def find(self, wanted: Wanted, page: int) -> tuple[list[Someone], int]:
        """Return one page of the people looked for, and how many they are."""
        which, held = _which(wanted), _held().subquery()
        query = select(PersonRow.username, PersonRow.last_activity, PersonRow.groups).where(*which)
        if wanted.sort == "held":
            query = query.outerjoin(held, held.c.username == PersonRow.username)
            query = query.order_by(func.coalesce(held.c.cores, 0).desc(), PersonRow.username)
        elif wanted.sort == "name":
            query = query.order_by(PersonRow.username)
        else:
            query = query.order_by(PersonRow.last_activity.desc().nulls_last(), PersonRow.username)
        with self._engine.connect() as connection:
            total = int(connection.scalar(select(func.count()).select_from(PersonRow).where(*which)) or 0)
            rows = connection.execute(query.limit(ROWS).offset(ROWS * (page - 1))).all()
        return self._with_facts(rows), total

    def asked(self, hub: Hub, username: str, now: datetime) -> Someone | None:
        """Return one person as the hub knows them now, or, when it is silent, as it told last."""
        with contextlib.suppress(Unavailable):
            if model := hub.someone(username):
                self._keep([model], now)
        return self.one(username)

    def one(self, username: str) -> Someone | None:
        """Return what is known of one person."""
        query = select(PersonRow.username, PersonRow.last_activity, PersonRow.groups)
        with self._engine.connect() as connection:
            rows = connection.execute(query.where(PersonRow.username == username)).all()
        return next(iter(self._with_facts(rows)), None)

    def communities(self) -> list[tuple[str, str]]:
        """Return the names and titles of the communities."""
        row = AccountRow
        query = select(row.name, row.title).where(row.kind == "community").order_by(row.name)
        with self._engine.connect() as connection:
            return [(name, title or name) for name, title in connection.execute(query)]

    def _keep(self, models: Iterable[dict[str, Any]], now: datetime) -> None:
        rows = {str(one["name"]): _row(one, now) for one in models if not str(one["name"]).startswith(_NO_PEOPLE)}
        if not rows:
            return
        with self._engine.begin() as connection:
            connection.execute(delete(PersonRow).where(PersonRow.username.in_(rows)))
            connection.execute(insert(PersonRow), list(rows.values()))

    def _with_facts(self, rows: Sequence[Any]) -> list[Someone]:
        names = [row.username for row in rows]
        member, parent = MemberRow, AccountRow.__table__.alias("parent")
        theirs = select(member.username, ProjectRow.slug).join(ProjectRow).where(member.username.in_(names))
        above = (
            select(AccountRow.name, parent.c.title, parent.c.name)
            .join(parent, parent.c.id == AccountRow.parent_id)
            .where(AccountRow.name.in_([f"person:{name}" for name in names]), parent.c.kind == "community")
        )
        with self._engine.connect() as connection:
            held = {row.username: row for row in connection.execute(_held().where(LeaseRow.username.in_(names)))}
            projects = connection.execute(theirs.order_by(ProjectRow.slug)).all()
            communities = {name: title or key for name, title, key in connection.execute(above)}
        return [
            Someone(
                row.username,
                row.last_activity,
                tuple(filter(None, row.groups.split("\n"))),
                *_amounts(held.get(row.username)),
                projects=tuple(slug for name, slug in projects if name == row.username),
                community=communities.get(f"person:{row.username}", ""),
            )
            for row in rows
        ]


def _row(model: dict[str, Any], now: datetime) -> dict[str, Any]:
    last, groups = model.get("last_activity"), "\n".join(map(str, model.get("groups") or ()))
    return {
        "username": str(model["name"]),
        "last_activity": datetime.fromisoformat(last.replace("Z", "+00:00")) if last else None,
        "groups": f"\n{groups[: _MOST_GROUPS - 2]}\n" if groups else "",
        "seen": now,
    }


def _held() -> Any:
    row = LeaseRow
    sums = [func.sum(getattr(row, name)).label(name) for name in ("servers", "clusters", "cores", "memory")]
    return select(row.username, *sums).where(row.state != "ended").group_by(row.username)


def _amounts(row: Any) -> tuple[int, int, float, float]:
    if row is None:
        return 0, 0, 0, 0
    servers, clusters, cores, memory = (plain(int(one or 0)) for one in row[1:])
    return round(servers), round(clusters), cores, memory


def _which(wanted: Wanted) -> list[ColumnElement[bool]]:
    """Return the conditions; a community has its people, and the members of its projects."""
    found: list[ColumnElement[bool]] = []
    name, members = PersonRow.username, select(MemberRow.username).join(ProjectRow)
    if wanted.word:
        found.append(func.lower(name).contains(wanted.word.lower(), autoescape=True))
    if wanted.group:
        found.append(PersonRow.groups.contains(f"\n{wanted.group}\n", autoescape=True))
    if wanted.project:
        found.append(name.in_(members.where(ProjectRow.slug == wanted.project)))
    if wanted.community:
        above = select(AccountRow.id).where(AccountRow.name == wanted.community).scalar_subquery()
        own = select(func.substr(AccountRow.name, len("person:") + 1)).where(
            AccountRow.kind == "person", AccountRow.parent_id == above
        )
        found.append(or_(name.in_(own), name.in_(members.where(ProjectRow.community == wanted.community))))
    return found
