"""How projects end, in the database: heir, environment, notices, archive, purge."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from gaia_vre.core.errors import Conflict, InvalidInput
from gaia_vre.database.project_lives import ProjectDatasetRow, ProjectLifeRow
from gaia_vre.database.projects import ProjectRow
from gaia_vre.messages.model import Message
from gaia_vre.messages.store import write
from gaia_vre.projects import rules
from gaia_vre.projects.model import Event
from gaia_vre.projects.people import PLATFORM
from gaia_vre.projects.store import members_in, note, role_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from gaia_vre.projects.model import Actor, Project
    from gaia_vre.projects.store import Projects

NOTICES = (1, 14, 60)
"""Days before the end at which owners and managers are told; 0 is the end itself."""
_MOST_DATASETS = 1000


@dataclass(frozen=True)
class Life:
    """What is known of a project's end."""

    heir: str | None = None
    environment: str | None = None
    environment_digest: str | None = None
    noticed: str | None = None
    ownerless: datetime | None = None
    deleted: datetime | None = None
    archived: datetime | None = None
    archive_where: str | None = None
    archive_digest: str | None = None
    archive_files: int | None = None
    archive_bytes: int | None = None
    archive_left: int | None = None
    tried: datetime | None = None
    trouble: str | None = None
    purged: datetime | None = None


@dataclass(frozen=True)
class Cited:
    """A dataset that a project cites."""

    dataset: str
    title: str = ""
    doi: str | None = None
    citation: str = ""


def notice_due(project: Project, now: datetime) -> int | None:
    """Return of which notice it is time: days before the end; None where none is, or it would be no news."""
    if now >= project.ends:
        return 0
    for days in NOTICES:
        before = timedelta(days=days)
        if project.ends - now <= before:
            return days if project.created < project.ends - before else None
    return None


class Lives:
    """The ends of the projects of one database."""

    def __init__(self, projects: Projects) -> None:
        self._projects, self._engine, self._clock = projects, projects.engine, projects.clock

    def of(self, slug: str) -> Life:
        """Return what is known of a project's end; raises NotFound."""
        return self.all([self._projects.find(slug).id]).popitem()[1]

    def all(self, numbers: Iterable[int] | None = None) -> dict[int, Life]:
        """Return what is known, by the number of the project."""
        table = ProjectLifeRow
        wanted = None if numbers is None else list(numbers)
        query = select(table.__table__)
        with self._engine.connect() as connection:
            rows = connection.execute(query if wanted is None else query.where(table.project_id.in_(wanted)))
            found = {row.project_id: _life(row) for row in rows}
        return found if wanted is None else {number: found.get(number, Life()) for number in wanted}

    # What people decide -------------------------------------------------------------------------

    def name_heir(self, slug: str, heir: str | None, by: Actor) -> None:
        """Say who becomes owner when nobody who owns the project is known here any more; None: nobody.

        Raises
        ------
        NotAllowed
            That is for owners.
        """
        now = self._clock()
        with self._projects.changing(slug) as (connection, project):
            rules.check_may(role_in(connection, project.id, by, now), "owners", project)
            put(connection, project.id, heir=heir)
            note(connection, project.id, Event(now, by.name, "heir", {"username": heir or ""}))

    def pin(self, slug: str, environment: str, digest: str, by: Actor) -> None:
        """Say with which environment the project's results are made.

        Raises
        ------
        NotAllowed
            That is for managers.
        """
        now = self._clock()
        with self._projects.changing(slug) as (connection, project):
            rules.check_may(role_in(connection, project.id, by, now), "describe", project)
            put(connection, project.id, environment=environment, environment_digest=digest)
            note(connection, project.id, Event(now, by.name, "environment", {"name": environment, "digest": digest}))

    def delete(self, slug: str, typed: str, by: Actor) -> Project:
        """End a project at once: it is archived without a grace, and its folder removed.

        Raises
        ------
        InvalidInput
            What was typed is not the project's name.
        NotAllowed
            That is for owners.
        Conflict
            It is archived already.
        """
        now = self._clock()
        with self._projects.changing(slug) as (connection, project):
            rules.check_may(role_in(connection, project.id, by, now), "end", project)
            if typed.strip() != slug:
                raise InvalidInput(f"Type {slug} to delete it; {typed[:40]!a} is something else")
            if project.state == "archived":
                raise Conflict(f"{slug} is archived already")
            ended = {"state": "archived", "ends": min(project.ends, now)}
            connection.execute(update(ProjectRow).where(ProjectRow.id == project.id).values(**ended))
            put(connection, project.id, deleted=now)
            note(connection, project.id, Event(now, by.name, "deleted", {"before": project.state}))
        return self._projects.find(slug)

    def cite(self, slug: str, cited: Iterable[Cited], by: Actor) -> None:
        """Note which datasets the project's results rest on; one that is noted already stays as it is.

        Raises
        ------
        NotAllowed
            That is for editors, while the project lives.
        Conflict
            It cites too many.
        """
        now, table = self._clock(), ProjectDatasetRow
        with self._projects.changing(slug) as (connection, project):
            rules.check_may(role_in(connection, project.id, by, now), "write", project)
            known = set(connection.scalars(select(table.dataset).where(table.project_id == project.id)))
            new = {one.dataset: one for one in cited if one.dataset not in known}
            if len(known) + len(new) > _MOST_DATASETS:
                raise Conflict(f"{slug} cites {len(known):,} datasets; {_MOST_DATASETS:,} are the limit")
            for one in new.values():
                values = {"project_id": project.id, "by": by.name, "at": now, **vars(one)}
                connection.execute(insert(table).values(**values))

    def cited(self, slug: str) -> list[Cited]:
        """Return the datasets that a project cites, by title; raises NotFound."""
        table = ProjectDatasetRow
        query = select(table.__table__).where(table.project_id == self._projects.find(slug).id)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(table.title, table.dataset))
            return [Cited(row.dataset, row.title, row.doi, row.citation) for row in rows]

    # What dates bring ---------------------------------------------------------------------------

    def give_notices(self, now: datetime) -> list[tuple[str, int]]:
        """Tell owners and managers that an end is near; return the projects and the days before it."""
        lives = self.all()
        due = [(one, notice_due(one, now)) for one in self._projects.all("active", "ending", "read-only")]
        given = []
        for project, days in due:
            new = days is not None and lives.get(project.id, Life()).noticed != _mark(project, days)
            if days is not None and new and self._give_notice(project.slug, now):
                given.append((project.slug, days))
        return given

    def _give_notice(self, slug: str, now: datetime) -> bool:
        with self._projects.changing(slug) as (connection, project):
            days = notice_due(project, now)
            if days is None or life_in(connection, project.id).noticed == _mark(project, days):
                return False  # somebody moved the end meanwhile
            put(connection, project.id, noticed=_mark(project, days))
            note(connection, project.id, Event(now, PLATFORM, "noticed", {"days": days}))
            facts: dict[str, Any] = {
                "project": project.slug,
                "title": project.title,
                "days": days,
                "ends": project.ends,
            }
            key = f"project-ends:{slug}:{_mark(project, days)}"
            tell(connection, project, Message(key, "project-ends", None, now, facts))
        return True

    # What the archive brings --------------------------------------------------------------------

    def note_archive(self, slug: str, receipt: dict[str, Any], now: datetime) -> None:
        """Record where a project is kept, and tell its people."""
        with self._projects.changing(slug) as (connection, project):
            if life_in(connection, project.id).archived is not None:
                return
            names = {"where": "where", "digest": "digest", "files": "files", "size_bytes": "bytes", "left_out": "left"}
            values = {f"archive_{short}": receipt[name] for name, short in names.items()}
            put(connection, project.id, archived=now, trouble=None, **values)
            facts = {name: receipt[name] for name in ("where", "digest", "files", "size_bytes")}
            note(connection, project.id, Event(now, PLATFORM, "archived", facts))
            told = {"project": slug, "title": project.title, "files": receipt["files"], "size": receipt["size_bytes"]}
            tell(connection, project, Message(f"project-archived:{slug}", "project-archived", None, now, told))

    def note_trouble(self, slug: str, why: str, now: datetime) -> None:
        """Record why archiving or removing failed; it is tried again."""
        with self._projects.changing(slug) as (connection, project):
            put(connection, project.id, trouble=why[:500], tried=now)

    def note_purge(self, slug: str, now: datetime) -> None:
        """Record that a project's folder is gone."""
        with self._projects.changing(slug) as (connection, project):
            if life_in(connection, project.id).purged is None:
                put(connection, project.id, purged=now, trouble=None)
                note(connection, project.id, Event(now, PLATFORM, "purged", {}))


def life_in(connection: Connection, number: int) -> Life:
    """Return what is known of a project's end."""
    row = connection.execute(select(ProjectLifeRow.__table__).where(ProjectLifeRow.project_id == number)).first()
    return Life() if row is None else _life(row)


def put(connection: Connection, number: int, **values: Any) -> None:
    """Write something of a project's end, in the transaction of its change."""
    if not connection.execute(
        update(ProjectLifeRow).where(ProjectLifeRow.project_id == number).values(**values)
    ).rowcount:
        connection.execute(insert(ProjectLifeRow).values(project_id=number, **values))


def tell(connection: Connection, project: Project, message: Message) -> None:
    """Tell the owners and managers of a project; do it last in a transaction."""
    for one in members_in(connection, project.id):
        if one.role in ("owner", "manager") and one.counts(message.created):
            key = f"{message.key}:{one.username}"
            write(connection, replace(message, key=key, username=one.username, severity="warn"))


def _mark(project: Project, days: int) -> str:
    return f"{project.ends:%Y-%m-%dT%H:%M}:{days}"


def _life(row: Any) -> Life:
    return Life(**{name: getattr(row, name) for name in Life.__dataclass_fields__})
