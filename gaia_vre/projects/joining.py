"""How people come into a project: by a link, or by asking."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, update

from gaia_vre.core.errors import Conflict, InvalidInput, NotFound
from gaia_vre.database.projects import InvitationRow, JoiningRow, ProjectRow
from gaia_vre.projects import rules
from gaia_vre.projects.model import ROLES, Event, Invitation, Joining, Member
from gaia_vre.projects.people import put_member
from gaia_vre.projects.store import members_in, note, project_of, role_in

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection

    from gaia_vre.projects.model import Actor, Project, Role
    from gaia_vre.projects.store import Projects

LONGEST = timedelta(days=90)
"""How long a link may hold."""
MOST_USES = 500
MOST_LINKS = 50
"""Of one project that hold at one moment."""
MOST_ASKED = 10
"""Open requests of one person."""
TEXT = 500
_SECRET_BYTES = 24
_LONGEST_SECRET = 64
_GONE = "This invitation does not hold: it was used up or revoked, or its time is over; ask for another one"


@dataclass(frozen=True)
class Terms:
    """What a link gives, and for how long."""

    role: Role
    expires: datetime
    uses: int = 1
    guest_until: datetime | None = None


class Joinings:
    """The ways into the projects of one database."""

    def __init__(self, projects: Projects) -> None:
        self._projects, self._engine, self._clock = projects, projects.engine, projects.clock

    # Links --------------------------------------------------------------------------------------

    def invite(self, slug: str, terms: Terms, by: Actor) -> tuple[Invitation, str]:
        """Return a new link and its secret, which is told this once.

        Raises
        ------
        NotAllowed
            That is for managers.
        InvalidInput
            The role is too high for a link, or its time or number is out of bounds.
        Conflict
            Too many links of this project hold already.
        """
        now, secret = self._clock(), secrets.token_urlsafe(_SECRET_BYTES)
        _check_terms(terms, now)
        with self._projects.changing(slug) as (connection, project):
            rules.check_may(role_in(connection, project.id, by, now), "people", project)
            if sum(one.holds(now) for one in _links(connection, project)) >= MOST_LINKS:
                raise Conflict(f"{MOST_LINKS} invitations of {slug} hold already: revoke one first")
            values: dict[str, Any] = {"role": terms.role, "expires": terms.expires, "guest_until": terms.guest_until}
            values |= {"project_id": project.id, "digest": _digest(secret), "made": now, "by": by.name}
            adding = insert(InvitationRow).values(uses_left=terms.uses, **values).returning(InvitationRow.id)
            number = connection.scalar(adding)
            note(
                connection,
                project.id,
                Event(now, by.name, "invited", {"role": terms.role, "uses": terms.uses, "link": number}),
            )
            return next(one for one in _links(connection, project) if one.id == number), secret

    def links(self, slug: str) -> list[Invitation]:
        """Return the links that hold, newest first; raises NotFound."""
        with self._engine.connect() as connection:
            found = _links(connection, self._projects.find(slug))
        return [one for one in reversed(found) if one.holds(self._clock())]

    def revoke(self, slug: str, number: int, by: Actor) -> None:
        """Let a link hold no longer.

        Raises
        ------
        NotAllowed
            That is for managers.
        NotFound
            The project has no such link.
        """
        now = self._clock()
        with self._projects.changing(slug) as (connection, project):
            rules.check_may(role_in(connection, project.id, by, now), "people", project)
            where = (InvitationRow.id == number, InvitationRow.project_id == project.id)
            if not connection.execute(update(InvitationRow).where(*where).values(revoked=now)).rowcount:
                raise NotFound(f"{slug} has no invitation {number}")
            note(connection, project.id, Event(now, by.name, "revoked", {"link": number}))

    def look(self, secret: str) -> tuple[Project, Invitation]:
        """Return what a link leads to; raises NotFound for one that does not hold."""
        with self._engine.connect() as connection:
            return _open(connection, secret, self._clock())

    def accept(self, secret: str, username: str) -> Project:
        """Come in by a link; somebody who is in already keeps the higher role, and uses nothing up.

        Raises
        ------
        NotFound
            The link does not hold.
        """
        now = self._clock()
        project, _ = self.look(secret)
        with self._projects.changing(project.slug) as (connection, found):
            _, link = _open(connection, secret, now)  # again: now nobody else can use it up
            members = members_in(connection, found.id)
            has = next((one for one in members if one.username == username and one.counts(now)), None)
            if has is not None and ROLES.index(has.role) >= ROLES.index(link.role):
                return found
            used = update(InvitationRow).where(InvitationRow.id == link.id)
            connection.execute(used.values(uses_left=InvitationRow.uses_left - 1))
            put_member(connection, found, members, Member(username, link.role, now, link.by, link.guest_until))
        return project

    # Requests -----------------------------------------------------------------------------------

    def ask(self, slug: str, who: Actor, text: str) -> None:
        """Ask to join.

        Raises
        ------
        NotFound
            There is no such project that this person may know of.
        NotAllowed
            They are in it, or it takes nobody any more.
        Conflict
            They wait for an answer already, here or in too many projects.
        """
        if len(text) > TEXT:
            raise InvalidInput(f"text: {len(text)} characters; it takes at most {TEXT}")
        mine, now = self._projects.seen_by(slug, who), self._clock()
        rules.check_may(mine.role, "ask", mine.project)
        with self._projects.changing(slug) as (connection, project):
            waiting = select(JoiningRow.project_id).where(JoiningRow.username == who.name, JoiningRow.state == "open")
            asked = list(connection.scalars(waiting))
            if project.id in asked or len(asked) >= MOST_ASKED:
                where = slug if project.id in asked else f"{len(asked)} projects"
                raise Conflict(f"{who.name} waits for an answer of {where} already")
            values = {"project_id": project.id, "username": who.name, "text": text.strip(), "made": now}
            connection.execute(insert(JoiningRow).values(state="open", **values))
            note(connection, project.id, Event(now, who.name, "asked", {}))

    def waiting(self, slug: str) -> list[Joining]:
        """Return who asks to join, first come first; raises NotFound."""
        table = JoiningRow
        query = select(table.__table__).where(table.project_id == self._projects.find(slug).id, table.state == "open")
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(table.id))
            return [Joining(row.id, row.username, row.text, row.made) for row in rows]

    def decide(self, slug: str, number: int, role: Role | None, by: Actor) -> None:
        """Let in somebody who asked, or not.

        Raises
        ------
        NotAllowed
            That is for managers, and for owners where the role is a manager's.
        NotFound
            Nobody asks under this number.
        """
        now = self._clock()
        with self._projects.changing(slug) as (connection, project):
            giver = role_in(connection, project.id, by, now)
            rules.check_may(giver, "people", project)
            rules.check_given(giver or "viewer", None, role or "viewer")
            table = JoiningRow
            where = (table.id == number, table.project_id == project.id, table.state == "open")
            change = update(table).where(*where).values(state="granted" if role else "declined", by=by.name)
            username = connection.scalar(change.returning(table.username))
            if username is None:
                raise NotFound(f"Nobody asks to join {slug} under the number {number}")
            if role is None:
                note(connection, project.id, Event(now, by.name, "declined", {"username": username}))
                return
            rules.check_member(role, None, now)
            put_member(connection, project, members_in(connection, project.id), Member(username, role, now, by.name))

    def count_waiting(self, slugs: Collection[str]) -> int:
        """Return how many ask to join these projects."""
        query = select(func.count()).select_from(JoiningRow).join(ProjectRow, ProjectRow.id == JoiningRow.project_id)
        with self._engine.connect() as connection:
            return connection.scalar(query.where(JoiningRow.state == "open", ProjectRow.slug.in_(list(slugs)))) or 0


def _check_terms(terms: Terms, now: datetime) -> None:
    if terms.role not in ("viewer", "editor"):
        raise InvalidInput(f"An invitation makes editors and viewers, not {terms.role[:40]!a}: change the role after")
    if not now < terms.expires <= now + LONGEST:
        raise InvalidInput(f"expires: from now to {LONGEST.days} days from now, not {terms.expires:%Y-%m-%d}")
    if not 1 <= terms.uses <= MOST_USES:
        raise InvalidInput(f"uses: 1 to {MOST_USES}, not {terms.uses}")
    if terms.guest_until is not None and terms.guest_until <= now:
        raise InvalidInput(f"guest_until: {terms.guest_until:%Y-%m-%d} is past")


def _digest(secret: str) -> str:
    """Return what is kept of a secret: it is long and random, so once is enough."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _open(connection: Connection, secret: str, now: datetime) -> tuple[Project, Invitation]:
    table = InvitationRow
    row = None
    if len(secret) <= _LONGEST_SECRET:
        row = connection.execute(select(table.__table__).where(table.digest == _digest(secret))).first()
    if row is None or not _link(row).holds(now):
        raise NotFound(_GONE)
    project = connection.execute(select(ProjectRow.__table__).where(ProjectRow.id == row.project_id)).one()
    found = project_of(project)
    if found.state not in ("active", "ending"):
        raise NotFound(_GONE)
    return found, _link(row)


def _links(connection: Connection, project: Project) -> list[Invitation]:
    table = InvitationRow
    rows = connection.execute(select(table.__table__).where(table.project_id == project.id).order_by(table.id))
    return [_link(row) for row in rows]


def _link(row: Any) -> Invitation:
    return Invitation(**{name: getattr(row, name) for name in Invitation.__dataclass_fields__})
