"""Who is invited to a project by name: members once they accept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from gaia_vre.core.errors import NotFound
from gaia_vre.database.project_lives import ProjectPendingRow
from gaia_vre.database.projects import ProjectRow
from gaia_vre.messages.model import Message
from gaia_vre.messages.store import write
from gaia_vre.projects import rules
from gaia_vre.projects.model import ROLES, Event, Member
from gaia_vre.projects.people import put_member
from gaia_vre.projects.store import Mine, members_in, note, project_of, role_in

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection

    from gaia_vre.projects.model import Actor, Project
    from gaia_vre.projects.store import Projects


class Pending:
    """The invitations by name of one database."""

    def __init__(self, projects: Projects) -> None:
        self._projects, self._engine, self._clock = projects, projects.engine, projects.clock

    def of(self, slug: str) -> list[Member]:
        """Return who is invited to a project; raises NotFound."""
        table = ProjectPendingRow
        query = select(table.__table__).where(table.project_id == self._projects.find(slug).id)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(table.username))
            return [Member(row.username, row.role, row.made, row.by, row.until) for row in rows]

    def mine(self, who: Actor) -> list[Mine]:
        """Return the projects that somebody is invited to, with the role they would have."""
        table = ProjectPendingRow
        query = select(ProjectRow.__table__, table.role.label("offered")).join(table, table.project_id == ProjectRow.id)
        with self._engine.connect() as connection:
            rows = connection.execute(query.where(table.username == who.name).order_by(ProjectRow.title))
            return [Mine(project_of(row), row.offered) for row in rows]

    def accept(self, slug: str, who: Actor) -> None:
        """Become a member; somebody who is one already keeps the higher role. Raises NotFound."""
        now, table = self._clock(), ProjectPendingRow
        with self._projects.changing(slug) as (connection, project):
            where = (table.project_id == project.id, table.username == who.name)
            row = connection.execute(select(table.__table__).where(*where)).first()
            if row is None:
                raise NotFound(f"Nobody has invited {who.name} to {slug[:40]!a}")
            connection.execute(delete(table).where(*where))
            members = members_in(connection, project.id)
            has = next((one.role for one in members if one.username == who.name and one.counts(now)), None)
            if has is None or ROLES.index(has) < ROLES.index(row.role):
                put_member(connection, project, members, Member(who.name, row.role, now, row.by, row.until))

    def drop(self, slug: str, username: str, by: Actor) -> None:
        """Take an invitation back, or decline one's own.

        Raises
        ------
        NotAllowed
            It is another's, and taking back is for managers.
        NotFound
            There is none.
        """
        now, table = self._clock(), ProjectPendingRow
        with self._projects.changing(slug) as (connection, project):
            if username != by.name:
                rules.check_may(role_in(connection, project.id, by, now), "people", project)
            where = (table.project_id == project.id, table.username == username)
            if not connection.execute(delete(table).where(*where)).rowcount:
                raise NotFound(f"Nobody has invited {username[:80]} to {slug}")
            note(connection, project.id, Event(now, by.name, "uninvited", {"username": username}))


def invite_by_name(connection: Connection, project: Project, people: Iterable[Member], now: datetime) -> None:
    """Invite people to a project and tell them; who is in it or invited already is left alone."""
    table = ProjectPendingRow
    known = set(connection.scalars(select(table.username).where(table.project_id == project.id)))
    known |= {one.username for one in members_in(connection, project.id)}
    for one in people:
        if one.username not in known and one.counts(now):
            values = {"username": one.username, "role": one.role, "until": one.until, "by": one.by, "made": now}
            connection.execute(insert(table).values(project_id=project.id, **values))
            facts = {"project": project.slug, "title": project.title, "by": one.by}
            key = f"project-invited:{project.slug}:{one.username}"
            write(connection, Message(key, "project-invited", one.username, now, dict(facts)))
