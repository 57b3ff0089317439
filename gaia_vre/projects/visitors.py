"""Who may be in the servers of projects, and whom the hub was told of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from gaia_vre.database.projects import MemberRow, ProjectGroupRow, ProjectRow, ProjectShareRow
from gaia_vre.projects.model import ROLES, Actor
from gaia_vre.projects.rules import LIVES, may
from gaia_vre.projects.store import role_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Engine

    from gaia_vre.projects.model import Project, Role

_INSIDE = ROLES[ROLES.index("editor") :]
"""A viewer can never execute anything, so is in no server."""


@dataclass(frozen=True, order=True)
class Visit:
    """Somebody in a project's server."""

    slug: str
    username: str


@dataclass(frozen=True)
class Told:
    """What the hub was told, or is to be told."""

    visit: Visit
    granted: bool
    """The hub has confirmed it."""


class Visitors:
    """The people in the servers of the projects of one database.

    Parameters
    ----------
    groups
        Tells the groups that somebody is in now, as far as that is known.
    """

    def __init__(self, engine: Engine, clock: Callable[[], datetime], groups: Callable[[str], frozenset[str]]) -> None:
        self._engine, self._clock, self._groups = engine, clock, groups

    def may(self, project: Project, username: str) -> bool:
        """Say whether somebody may be in a project's server, and run things on its account."""
        return may(self.role(project, username), "spend", project)

    def role(self, project: Project, username: str) -> Role | None:
        """Return somebody's role now; groups are asked for where one may give more than the person's own role."""
        now = self._clock()
        with self._engine.connect() as connection:
            own = role_in(connection, project.id, Actor(username), now)
            given = select(ProjectGroupRow.id).where(ProjectGroupRow.project_id == project.id).limit(1)
            if own in _INSIDE or connection.scalar(given) is None:
                return own
        groups = self._groups(username)  # may ask the hub: no connection is held meanwhile
        with self._engine.connect() as connection:
            return role_in(connection, project.id, Actor(username, groups), now)

    def members(self) -> set[Visit]:
        """Return who is to be let in by a role of their own, of the projects whose server was ever started."""
        member, now = MemberRow, self._clock()
        counts = member.until.is_(None) | (member.until > now)
        started = select(ProjectShareRow.id).where(ProjectShareRow.project_id == ProjectRow.id)
        query = (
            select(ProjectRow.slug, member.username)
            .join(member, member.project_id == ProjectRow.id)
            .where(ProjectRow.state.in_(LIVES), member.role.in_(_INSIDE), counts, started.exists())
        )
        with self._engine.connect() as connection:
            return {Visit(row.slug, row.username) for row in connection.execute(query)}

    def told(self, slug: str | None = None) -> list[Told]:
        """Return whom the hub was told of, for one project or all."""
        share = ProjectShareRow
        query = select(ProjectRow.slug, share.username, share.granted).join(ProjectRow)
        with self._engine.connect() as connection:
            rows = connection.execute(query if slug is None else query.where(ProjectRow.slug == slug))
            return [Told(Visit(row.slug, row.username), row.granted) for row in rows]

    def ask(self, project: Project, username: str) -> None:
        """Write down that somebody is to be let in, before the hub is asked."""
        with self._engine.begin() as connection:
            try:
                with connection.begin_nested():
                    row = {"project_id": project.id, "username": username, "granted": False}
                    connection.execute(insert(ProjectShareRow).values(**row))
            except IntegrityError:
                return  # somebody else has

    def confirm(self, project: Project, username: str) -> None:
        """Write down that the hub lets somebody in."""
        share = ProjectShareRow
        where = (share.project_id == project.id, share.username == username)
        with self._engine.begin() as connection:
            connection.execute(update(share).where(*where).values(granted=True))

    def forget(self, project: Project, username: str) -> None:
        """Write down that the hub lets somebody in no longer."""
        share = ProjectShareRow
        with self._engine.begin() as connection:
            connection.execute(delete(share).where(share.project_id == project.id, share.username == username))
