"""Who owns a project whose owners are gone: the heir, or whoever its community names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from gaia_vre.core.errors import Conflict
from gaia_vre.database.projects import MemberRow, ProjectRow
from gaia_vre.messages.model import Message
from gaia_vre.messages.store import write
from gaia_vre.projects.lives import life_in, put
from gaia_vre.projects.model import Event, Member
from gaia_vre.projects.people import PLATFORM, put_member
from gaia_vre.projects.store import members_in, note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from sqlalchemy import Connection

    from gaia_vre.projects.model import Actor, Project
    from gaia_vre.projects.store import Projects


class Inheriting:
    """Finds owners who are gone from the hub, and puts others in their place."""

    def __init__(self, projects: Projects) -> None:
        self._projects, self._engine = projects, projects.engine

    def owners(self) -> dict[str, set[str]]:
        """Return the owners of the projects that are not archived."""
        query = select(ProjectRow.slug, MemberRow.username).join(MemberRow, MemberRow.project_id == ProjectRow.id)
        found: dict[str, set[str]] = {}
        with self._engine.connect() as connection:
            for row in connection.execute(query.where(MemberRow.role == "owner", ProjectRow.state != "archived")):
                found.setdefault(row.slug, set()).add(row.username)
        return found

    def inherit(self, slug: str, knows: Callable[[str], bool], told: Iterable[str], now: datetime) -> str | None:
        """Put the heir of a project whose owners are all gone in their place; return who owns it now.

        Parameters
        ----------
        knows
            Says whether the hub knows a name.
        told
            Who is told when there is no heir either.
        """
        with self._projects.changing(slug) as (connection, project):
            owners = {one.username for one in members_in(connection, project.id) if one.role == "owner"}
            life = life_in(connection, project.id)
            if any(knows(one) for one in owners):
                return None
            if life.heir and knows(life.heir):
                _hand_over(connection, project, life.heir, PLATFORM, now)
                return life.heir
            if life.ownerless is None:
                put(connection, project.id, ownerless=now)
                note(connection, project.id, Event(now, PLATFORM, "ownerless", {"owners": ", ".join(sorted(owners))}))
                facts = {"project": slug, "title": project.title}
                for name in sorted(set(told)):
                    key = f"project-ownerless:{slug}:{now:%Y-%m-%d}:{name}"
                    write(connection, Message(key, "project-ownerless", name, now, dict(facts), severity="warn"))
        return None

    def appoint(self, slug: str, username: str, by: Actor) -> None:
        """Make somebody owner of a project that nobody owns; the caller has proved the right to do so.

        Raises
        ------
        Conflict
            Somebody owns it.
        """
        now = self._projects.clock()
        with self._projects.changing(slug) as (connection, project):
            if life_in(connection, project.id).ownerless is None:
                raise Conflict(f"{slug} has owners: they decide about it")
            _hand_over(connection, project, username, by.name, now)


def _hand_over(connection: Connection, project: Project, username: str, by: str, now: datetime) -> None:
    """Take the owners who are gone out, so that nobody who is given their name inherits by it."""
    gone = (MemberRow.project_id == project.id, MemberRow.role == "owner", MemberRow.username != username)
    connection.execute(delete(MemberRow).where(*gone))
    put_member(connection, project, members_in(connection, project.id), Member(username, "owner", now, by))
    put(connection, project.id, heir=None, ownerless=None)
    note(connection, project.id, Event(now, by, "inherited", {"username": username}))
    facts = {"project": project.slug, "title": project.title}
    key = f"project-inherited:{project.slug}:{now.isoformat()}:{username}"
    write(connection, Message(key, "project-inherited", username, now, dict(facts)))
