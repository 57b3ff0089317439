"""Who is in a project: given, taken, left, by group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, update

from gaia_vre.core.errors import Conflict, InvalidInput, NotFound
from gaia_vre.database.projects import MemberRow, ProjectGroupRow, ProjectRow
from gaia_vre.projects import rules
from gaia_vre.projects.model import ROLES, Event, Member
from gaia_vre.projects.store import members_in, note, role_in

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection

    from gaia_vre.projects.model import Actor, Project, Role
    from gaia_vre.projects.store import Projects

PLATFORM = "gaia_vre"
"""Who did it, where nobody did."""


class People:
    """The people of the projects of one database.

    Parameters
    ----------
    projects
        The projects.
    """

    def __init__(self, projects: Projects) -> None:
        self._projects, self._clock = projects, projects.clock

    def of(self, slug: str) -> list[Member]:
        """Return those whose membership counts now, owners first; raises NotFound."""
        number, now = self._projects.find(slug).id, self._clock()
        with self._projects.engine.connect() as connection:
            found = [one for one in members_in(connection, number) if one.counts(now)]
        return sorted(found, key=lambda one: (-ROLES.index(one.role), one.username))

    def put(self, slug: str, username: str, role: Role, by: Actor, until: datetime | None = None) -> Member:
        """Give somebody a role, or another one; a guest's ends.

        Raises
        ------
        NotAllowed
            The giver may not give this role, or not take that which the person has.
        Conflict
            The project would have no owner, or has too many people.
        InvalidInput
            There is no such role, or a guest's end is past.
        """
        now = self._clock()
        rules.check_member(role, until, now)
        with self._projects.changing(slug) as (connection, project):
            members = members_in(connection, project.id)
            has = _role_of(members, username)
            self._check(connection, project, by, has, role)
            rules.check_owner_stays(members, username, role, now)
            member = Member(username, role, now, by.name, until)
            put_member(connection, project, members, member)
        return member

    def remove(self, slug: str, username: str, by: Actor) -> None:
        """Take somebody out, or leave oneself.

        Raises
        ------
        NotFound
            The person is no member.
        NotAllowed
            The taker may not decide about this person.
        Conflict
            It is the last owner.
        """
        now = self._clock()
        with self._projects.changing(slug) as (connection, project):
            members = members_in(connection, project.id)
            has = _role_of(members, username)
            if has is None:
                raise NotFound(f"{username[:80]} is no member of {slug}")
            if username != by.name:
                self._check(connection, project, by, has, None)
            rules.check_owner_stays(members, username, None, now)
            gone = delete(MemberRow).where(MemberRow.project_id == project.id, MemberRow.username == username)
            connection.execute(gone)
            kind = "left" if username == by.name else "removed"
            note(connection, project.id, Event(now, by.name, kind, {"username": username, "role": has}))

    def groups(self, slug: str) -> dict[str, Role]:
        """Return the groups of the identity provider that have a role."""
        number = self._projects.find(slug).id
        table = ProjectGroupRow
        with self._projects.engine.connect() as connection:
            rows = connection.execute(select(table.group, table.role).where(table.project_id == number))
            return {row.group: row.role for row in rows.mappings()}

    def given(self, groups: Collection[str]) -> bool:
        """Say whether one of these groups has a role in some project."""
        if not groups:
            return False
        query = select(ProjectGroupRow.id).where(ProjectGroupRow.group.in_(groups)).limit(1)
        with self._projects.engine.connect() as connection:
            return connection.scalar(query) is not None

    def put_group(self, slug: str, group: str, role: Role | None, by: Actor) -> None:
        """Give the members of a group a role, at most that of editor; None takes it away.

        Raises
        ------
        NotAllowed
            That is for managers.
        InvalidInput
            The role is too high for a group, or the group has no name.
        """
        if role not in ("editor", "viewer", None):
            raise InvalidInput(f"A group is editor or viewer, not {role[:40]!a}")
        if not group.strip() or len(group) > 255:
            raise InvalidInput("group: 1 to 255 characters, as the identity provider names it")
        now = self._clock()
        with self._projects.changing(slug) as (connection, project):
            rules.check_may(role_in(connection, project.id, by, now), "people", project)
            where = (ProjectGroupRow.project_id == project.id, ProjectGroupRow.group == group)
            connection.execute(delete(ProjectGroupRow).where(*where))
            if role:
                connection.execute(insert(ProjectGroupRow).values(project_id=project.id, group=group, role=role))
            note(connection, project.id, Event(now, by.name, "group", {"group": group, "role": role or ""}))

    def end_stays(self) -> list[tuple[str, str]]:
        """Take out the guests whose stay is over; return who left which project."""
        now = self._clock()
        late = select(ProjectRow.slug, MemberRow.username).join(ProjectRow, ProjectRow.id == MemberRow.project_id)
        with self._projects.engine.connect() as connection:
            over = [(row.slug, row.username) for row in connection.execute(late.where(MemberRow.until <= now))]
        return [one for one in over if self._end_stay(*one, now)]

    def _end_stay(self, slug: str, username: str, now: datetime) -> bool:
        with self._projects.changing(slug) as (connection, project):
            late = (MemberRow.project_id == project.id, MemberRow.username == username, MemberRow.until <= now)
            if not connection.execute(delete(MemberRow).where(*late)).rowcount:
                return False  # somebody has given a longer stay meanwhile
            note(connection, project.id, Event(now, PLATFORM, "stay-over", {"username": username}))
        return True

    def _check(self, connection: Connection, project: Project, by: Actor, has: Role | None, role: Role | None) -> None:
        giver = role_in(connection, project.id, by, self._clock())
        rules.check_may(giver, "people", project)
        rules.check_given(giver or "viewer", has, role)


def put_member(connection: Connection, project: Project, members: list[Member], new: Member) -> None:
    """Write a membership and its line of history; raises Conflict when the project is full."""
    has = _role_of(members, new.username)
    values: dict[str, Any] = {"role": new.role, "until": new.until}
    if has is not None:
        where = (MemberRow.project_id == project.id, MemberRow.username == new.username)
        connection.execute(update(MemberRow).where(*where).values(**values))
    else:
        if len(members) >= rules.MOST_MEMBERS:
            raise Conflict(f"{project.slug} has {len(members):,} members; a project takes at most that many")
        values |= {"project_id": project.id, "username": new.username, "since": new.since, "by": new.by}
        connection.execute(insert(MemberRow).values(**values))
    facts = {"username": new.username, "role": new.role} | ({"until": new.until.isoformat()} if new.until else {})
    kind = "role" if has else "joined"
    note(connection, project.id, Event(new.since, new.by, kind, facts | ({"before": has} if has else {})))


def _role_of(members: list[Member], username: str) -> Role | None:
    return next((one.role for one in members if one.username == username), None)
