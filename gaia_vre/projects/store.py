"""Projects and their people in the database; every change is one transaction with its line of history."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import String, cast, insert, select, update
from sqlalchemy.exc import IntegrityError

from gaia_vre.core.errors import Conflict, InvalidInput, NotFound
from gaia_vre.database.projects import MemberRow, ProjectEventRow, ProjectGroupRow, ProjectRow
from gaia_vre.database.quotas import AccountRow
from gaia_vre.projects import rules
from gaia_vre.projects.model import Event, Member, Project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Engine

    from gaia_vre.projects.model import Actor, Change, NewProject, Role, State

_SHOWN = 500
_ONE_LOOK = timedelta(hours=1)


@dataclass(frozen=True)
class Mine:
    """A project, and what somebody is in it."""

    project: Project
    role: Role | None


class Projects:
    """The projects of one database.

    Parameters
    ----------
    clock
        Tells the time, in UTC.
    """

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self.engine, self.clock = engine, clock

    # Projects -----------------------------------------------------------------------------------

    def create(self, new: NewProject, by: str) -> Project:
        """Make a project that belongs to the person who makes it.

        Raises
        ------
        InvalidInput
            It is none that can be.
        Conflict
            The name is taken, or was once.
        """
        rules.check_new(new)
        now = self.clock()
        values = {name: getattr(new, name) for name in new.__dataclass_fields__}
        values |= {"state": "active", "created": now, "created_by": by, "changed": now}
        with self.engine.begin() as connection:
            try:
                with connection.begin_nested():
                    number = connection.scalar(insert(ProjectRow).values(**values).returning(ProjectRow.id))
            except IntegrityError:
                raise Conflict(f"The name {new.slug!r} is taken: choose another") from None
            owner = {"project_id": number, "username": by, "role": "owner", "since": now, "by": by}
            connection.execute(insert(MemberRow).values(**owner))
            note(connection, number or 0, Event(now, by, "created", {"title": new.title}))
        return self.find(new.slug)

    def find(self, slug: str) -> Project:
        """Return a project; raises NotFound."""
        with self.engine.connect() as connection:
            return _find(connection, slug)

    def seen_by(self, slug: str, who: Actor) -> Mine:
        """Return a project as somebody may see it; a private one is not there for others. Raises NotFound."""
        with self.engine.connect() as connection:
            project = _find(connection, slug)
            role = role_in(connection, project.id, who, self.clock())
        if role is None and project.visibility == "private":
            raise NotFound(f"There is no project {slug[:40]!a}")
        return Mine(project, role)

    def of(self, who: Actor) -> list[Mine]:
        """Return the projects that somebody is in, by title."""
        now = self.clock()
        table = MemberRow
        direct = select(table.project_id, table.role).where(table.username == who.name, _counts(now))
        given = select(ProjectGroupRow.project_id, ProjectGroupRow.role).where(ProjectGroupRow.group.in_(who.groups))
        roles: dict[int, list[Role]] = {}
        with self.engine.connect() as connection:
            for number, role in [*connection.execute(direct), *(connection.execute(given) if who.groups else ())]:
                roles.setdefault(number, []).append(role)
            rows = connection.execute(select(ProjectRow.__table__).where(ProjectRow.id.in_(list(roles))))
            found = [Mine(project_of(row), rules.highest(roles[row.id])) for row in rows]
        return sorted(found, key=lambda one: (one.project.title.casefold(), one.project.slug))

    def listed(self) -> list[Project]:
        """Return the projects that everybody may know of, by title."""
        table = ProjectRow
        query = select(table.__table__).where(table.visibility != "private", table.state != "archived")
        with self.engine.connect() as connection:
            rows = connection.execute(query.order_by(table.title, table.slug).limit(_SHOWN))
            return [project_of(row) for row in rows]

    def all(self, *states: State) -> list[Project]:
        """Return all projects, or those in one of these states, by name."""
        query = select(ProjectRow.__table__).order_by(ProjectRow.slug)
        with self.engine.connect() as connection:
            rows = connection.execute(query.where(ProjectRow.state.in_(states)) if states else query)
            return [project_of(row) for row in rows]

    def without_account(self) -> list[Project]:
        """Return the living projects whose account was not made, or never given its limits, as after a kill."""
        paying = AccountRow.name == "project:" + ProjectRow.slug
        unlimited = cast(AccountRow.sources, String) == "{}"  # what is in force always says from where
        query = select(ProjectRow.__table__).outerjoin(AccountRow, paying).where(AccountRow.id.is_(None) | unlimited)
        with self.engine.connect() as connection:
            rows = connection.execute(query.where(ProjectRow.state.in_(("active", "ending"))))
            return [project_of(row) for row in rows]

    def change(self, slug: str, by: Actor, change: Change) -> Project:
        """Say something anew of a project.

        Raises
        ------
        NotAllowed
            That is for managers, the end for owners.
        InvalidInput
            It is nothing that can be said of a project.
        """
        given = {name: value for name in change.__dataclass_fields__ if (value := getattr(change, name)) is not None}
        with self.changing(slug) as (connection, project):
            role = role_in(connection, project.id, by, self.clock())
            rules.check_may(role, "end" if "ends" in given else "describe", project)
            rules.check_change(project, change)
            connection.execute(update(ProjectRow).where(ProjectRow.id == project.id).values(**given))
            said = {name: str(value)[:200] for name, value in given.items()}
            note(connection, project.id, Event(self.clock(), by.name, "changed", said))
        return self.find(slug)

    def change_end(self, slug: str, ends: datetime, by: Actor, check: Callable[[Role | None, Project], None]) -> None:
        """Let a project end at another time, where the check of the one who asks passes.

        Raises
        ------
        InvalidInput
            The end is before the start, or too far.
        """
        now = self.clock()
        with self.changing(slug) as (connection, project):
            check(role_in(connection, project.id, by, now), project)
            rules.check_period(project.starts, ends)
            if ends <= now:
                raise InvalidInput(f"The end {ends:%Y-%m-%d} is past: to end a project at once, delete it")
            connection.execute(update(ProjectRow).where(ProjectRow.id == project.id).values(ends=ends))
            note(connection, project.id, Event(now, by.name, "changed", {"ends": str(ends)}))

    def set_state(self, slug: str, state: State, by: str) -> bool:
        """Put a project in a state; say whether it was in another."""
        with self.changing(slug) as (connection, project):
            if project.state == state:
                return False
            connection.execute(update(ProjectRow).where(ProjectRow.id == project.id).values(state=state))
            note(connection, project.id, Event(self.clock(), by, "state", {"state": state, "before": project.state}))
        return True

    # History ------------------------------------------------------------------------------------

    def history(self, slug: str, limit: int = 100) -> list[Event]:
        """Return the last of what happened, newest first."""
        table = ProjectEventRow
        with self.engine.connect() as connection:
            number = _find(connection, slug).id
            query = select(table.__table__).where(table.project_id == number).order_by(table.id.desc()).limit(limit)
            return [Event(row.at, row.by, row.kind, dict(row.facts)) for row in connection.execute(query)]

    def looked(self, slug: str, by: str) -> None:
        """Record that an administrator who is no member looked at a project; within an hour it is one look."""
        now, table = self.clock(), ProjectEventRow
        with self.engine.begin() as connection:
            number = _find(connection, slug).id
            same = (table.project_id == number, table.by == by, table.kind == "looked", table.at > now - _ONE_LOOK)
            if connection.scalar(select(table.id).where(*same).limit(1)) is None:
                note(connection, number, Event(now, by, "looked", {}))

    def happened(self, slug: str, by: str, kind: str, **facts: str) -> None:
        """Record what somebody did that changes nothing here: entered the server, started it, took a copy."""
        with self.engine.begin() as connection:
            note(connection, _find(connection, slug).id, Event(self.clock(), by, kind, dict(facts)))

    # What changes are made of -------------------------------------------------------------------

    @contextmanager
    def changing(self, slug: str) -> Iterator[tuple[Connection, Project]]:
        """Begin a change of a project that no other change of it can cross; raises NotFound."""
        with self.engine.begin() as connection:
            connection.execute(update(ProjectRow).where(ProjectRow.slug == slug).values(changed=self.clock()))
            yield connection, _find(connection, slug)


def role_in(connection: Connection, number: int, who: Actor, now: datetime) -> Role | None:
    """Return somebody's role in a project: the highest of their own and those of their groups."""
    own = select(MemberRow.role).where(MemberRow.project_id == number, MemberRow.username == who.name, _counts(now))
    roles = list(connection.scalars(own))
    if who.groups:
        table = ProjectGroupRow
        given = select(table.role).where(table.project_id == number, table.group.in_(who.groups))
        roles += connection.scalars(given)
    return rules.highest(roles)  # type: ignore[arg-type]


def members_in(connection: Connection, number: int) -> list[Member]:
    """Return the people of a project, those whose stay is over too."""
    table = MemberRow
    rows = connection.execute(select(table.__table__).where(table.project_id == number).order_by(table.username))
    return [Member(row.username, row.role, row.since, row.by, row.until) for row in rows]


def note(connection: Connection, number: int, event: Event) -> None:
    """Write a line of a project's history."""
    values = {name: getattr(event, name) for name in event.__dataclass_fields__}
    connection.execute(insert(ProjectEventRow).values(project_id=number, **values))


def _counts(now: datetime) -> ColumnElement[bool]:
    return MemberRow.until.is_(None) | (MemberRow.until > now)


def _find(connection: Connection, slug: str) -> Project:
    row = connection.execute(select(ProjectRow.__table__).where(ProjectRow.slug == slug)).first()
    if row is None:
        raise NotFound(f"There is no project {slug[:40]!a}")
    return project_of(row)


def project_of(row: Any) -> Project:
    """Return the project that a row tells of."""
    return Project(**{name: getattr(row, name) for name in Project.__dataclass_fields__})
