"""Notebooks that projects publish: frozen copies with versions, for members, for who is signed in, or for everybody."""

from __future__ import annotations

import base64
import hashlib
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from sqlalchemy import delete, func, insert, select, update

from gaia_vre.core.errors import Conflict, InvalidInput, NotFound
from gaia_vre.database.projects import ProjectRow
from gaia_vre.database.publications import PublicationRow, PublicationVersionRow
from gaia_vre.projects import rendering, rules
from gaia_vre.projects.audience import Wanted, is_for, title_of
from gaia_vre.projects.model import Event
from gaia_vre.projects.store import note, project_of, role_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection, Select

    from gaia_vre.projects.audience import Audience, Changes
    from gaia_vre.projects.folders import Folders
    from gaia_vre.projects.model import Actor, Project, Role
    from gaia_vre.projects.store import Projects

MOST, MOST_VERSIONS, _SHOWN = 100, 5, 500


@dataclass(frozen=True)
class Publication:
    """Something that a project shows to others, without its content."""

    id: int
    path: str
    title: str
    audience: Audience
    listed: bool
    version: int
    by: str
    at: datetime
    withdrawn: datetime | None


@dataclass(frozen=True)
class Shown:
    """A publication that somebody may read, its project, and what they are in that."""

    publication: Publication
    project: Project
    role: Role | None


@dataclass(frozen=True)
class Version:
    """One version of a publication."""

    number: int
    at: datetime
    by: str


class Publications:
    """The publications of one database.

    Parameters
    ----------
    public
        Whether the operator lets everybody read what is published so.
    render
        Makes a notebook HTML in which nothing runs.
    """

    def __init__(
        self,
        projects: Projects,
        folders: Folders,
        *,
        public: bool = False,
        render: Callable[[bytes], str] = rendering.render,
    ) -> None:
        self._projects, self._folders, self._public, self._render = projects, folders, public, render

    # Publishing ---------------------------------------------------------------------------------

    def publish(self, slug: str, wanted: Wanted, by: Actor) -> Publication:
        """Publish a notebook of a project's folder as it is now; the same path again is a new version.

        Raises
        ------
        NotAllowed
            That is for editors, while the project lives; or the operator lets nothing be public.
        NotFound, InvalidInput
            There is no such notebook, or it is too large or none.
        Conflict
            The project shows as many as one may.
        """
        self._check(slug, by)
        title = _check(wanted, public=self._public)
        source = self._folders.read(slug, wanted.path, rendering.MOST_BYTES)
        page = self._render(source)
        with self._projects.changing(slug) as (connection, project):
            rules.check_may(role_in(connection, project.id, by, self._projects.clock()), "write", project)
            number, version = self._put(connection, project, wanted, title, by.name)
            values = {"publication_id": number, "number": version, "by": by.name, "at": self._projects.clock()}
            packed = {"digest": hashlib.sha256(source).hexdigest(), "source": _pack(source)}
            packed["page"] = _pack(page.encode())
            connection.execute(insert(PublicationVersionRow).values(**values, **packed))
            table = PublicationVersionRow
            old = (table.publication_id == number) & (table.number <= version - MOST_VERSIONS)
            connection.execute(delete(table).where(old))
            facts = {"title": title, "path": wanted.path, "version": version, "audience": wanted.audience}
            note(connection, project.id, Event(self._projects.clock(), by.name, "published", facts))
            return _one(connection, number)

    def change(self, slug: str, number: int, changes: Changes, by: Actor) -> Publication:
        """Say anew for whom something is, whether it stands in the list, or its title; its content stays.

        Raises
        ------
        NotFound
            The project publishes nothing with this number.
        NotAllowed
            That is for editors, while the project lives; or the operator lets nothing be public.
        """
        said = {name: value for name, value in vars(changes).items() if value is not None}
        with self._projects.changing(slug) as (connection, project):
            rules.check_may(role_in(connection, project.id, by, self._projects.clock()), "write", project)
            table = PublicationRow
            here = (table.id == number) & (table.project_id == project.id) & table.withdrawn.is_(None)
            row = connection.execute(select(table.__table__).where(here)).first()
            if row is None:
                raise NotFound(f"{slug} publishes nothing with the number {number}")
            before = _publication(row)
            wanted = Wanted(before.path, before.title, before.audience, before.listed)
            # What was public before the operator closed that may stay so: it is shown to nobody else meanwhile.
            said["title"] = _check(replace(wanted, **said), public=self._public or "audience" not in said)
            connection.execute(update(table).where(here).values(**said))
            after = _one(connection, number)
            facts = {"title": after.title, "audience": after.audience, "before": before.audience}
            note(connection, project.id, Event(self._projects.clock(), by.name, "republished", facts))
            return after

    def withdraw(self, slug: str, number: int, by: Actor) -> None:
        """Show something no longer, and forget its content; raises NotFound, NotAllowed."""
        with self._projects.changing(slug) as (connection, project):
            role = role_in(connection, project.id, by, self._projects.clock())
            rules.check_may_withdraw(role, project)
            table = PublicationRow
            here = (table.id == number) & (table.project_id == project.id) & table.withdrawn.is_(None)
            found = connection.execute(select(table.title).where(here)).first()
            if found is None:
                raise NotFound(f"{slug} publishes nothing with the number {number}")
            connection.execute(update(table).where(here).values(withdrawn=self._projects.clock()))
            versions = PublicationVersionRow
            connection.execute(delete(versions).where(versions.publication_id == number))
            facts = {"title": found.title}
            note(connection, project.id, Event(self._projects.clock(), by.name, "withdrawn", facts))

    def _check(self, slug: str, by: Actor) -> None:
        mine = self._projects.seen_by(slug, by)
        rules.check_may(mine.role, "write", mine.project)

    def _put(self, connection: Connection, project: Project, wanted: Wanted, title: str, by: str) -> tuple[int, int]:
        table = PublicationRow
        living = (table.project_id == project.id) & table.withdrawn.is_(None)
        found = connection.execute(select(table.id, table.version).where(living, table.path == wanted.path)).first()
        said = {"title": title, "audience": wanted.audience, "listed": wanted.listed}
        said |= {"by": by, "at": self._projects.clock()}
        if found:
            connection.execute(update(table).where(table.id == found.id).values(**said, version=found.version + 1))
            return found.id, found.version + 1
        if (connection.scalar(select(func.count()).where(living)) or 0) >= MOST:
            raise Conflict(f"{project.slug} publishes {MOST} notebooks, which is the most: withdraw one first")
        values = {"project_id": project.id, "path": wanted.path, "version": 1, **said}
        return connection.execute(insert(table).values(**values).returning(table.id)).scalar_one(), 1

    # Reading ------------------------------------------------------------------------------------

    def find(self, number: int, who: Actor | None) -> Shown:
        """Return what somebody, or anybody, may read; raises NotFound for what is not there for them."""
        with self._projects.engine.connect() as connection:
            row = connection.execute(_rows().where(PublicationRow.id == number)).first()
            shown = None if row is None else self._shown(connection, row, who)
        if shown is None:
            raise NotFound(f"Nothing is published under the number {number}")
        return shown

    def of(self, slug: str, who: Actor) -> list[Publication]:
        """Return what somebody may read of a project's, newest first; raises NotFound."""
        project = self._projects.seen_by(slug, who).project
        with self._projects.engine.connect() as connection:
            rows = connection.execute(_rows().where(ProjectRow.id == project.id).limit(_SHOWN)).all()
            found = [self._shown(connection, row, who) for row in rows]
        return [one.publication for one in found if one]

    def listed(self, who: Actor | None) -> list[Shown]:
        """Return what stands in the list of somebody, or of anybody, newest first."""
        with self._projects.engine.connect() as connection:
            rows = connection.execute(_rows().where(PublicationRow.listed.is_(True)).limit(_SHOWN)).all()
            found = [self._shown(connection, row, who) for row in rows]
        return [one for one in found if one]

    def versions(self, shown: Shown) -> list[Version]:
        """Return the versions that somebody may read, newest first.

        Older ones are for members: what was published for them stays theirs when its next version is for others.
        """
        table = PublicationVersionRow
        query = select(table.number, table.at, table.by).where(table.publication_id == shown.publication.id)
        with self._projects.engine.connect() as connection:
            rows = connection.execute(query.order_by(table.number.desc()))
            found = [Version(row.number, row.at, row.by) for row in rows]
        return found if shown.role else [one for one in found if one.number == shown.publication.version]

    def page(self, shown: Shown, version: int | None = None) -> str:
        """Return the HTML of a version, the newest if none is said; raises NotFound for one that is not kept."""
        return self._content(shown, "page", version).decode()

    def source(self, shown: Shown, version: int | None = None) -> bytes:
        """Return the notebook of a version, the newest if none is said; raises NotFound for one that is not kept."""
        return self._content(shown, "source", version)

    def _content(self, shown: Shown, column: Literal["page", "source"], version: int | None) -> bytes:
        table, one = PublicationVersionRow, shown.publication
        number = one.version if version is None else version
        query = select(getattr(table, column)).where(table.publication_id == one.id, table.number == number)
        with self._projects.engine.connect() as connection:
            packed = connection.scalar(query)
        if packed is None or (number != one.version and shown.role is None):
            raise NotFound(f"Version {number} of what is published under the number {one.id} is not kept")
        return zlib.decompress(base64.b64decode(packed))

    def _shown(self, connection: Connection, row: object, who: Actor | None) -> Shown | None:
        publication = _publication(row, "pub_")
        project = project_of(row)
        role = role_in(connection, project.id, who, self._projects.clock()) if who else None
        allowed = is_for(publication.audience, role, who, public=self._public)
        return Shown(publication, project, role) if allowed else None


def _rows() -> Select[tuple[object, ...]]:
    table = PublicationRow
    named = [getattr(table, name).label(f"pub_{name}") for name in Publication.__dataclass_fields__]
    query = select(ProjectRow.__table__, *named).join(table, table.project_id == ProjectRow.id)
    return query.where(table.withdrawn.is_(None)).order_by(table.at.desc(), table.id.desc())


def _one(connection: Connection, number: int) -> Publication:
    table = PublicationRow
    return _publication(connection.execute(select(table.__table__).where(table.id == number)).one())


def _publication(row: object, before: str = "") -> Publication:
    return Publication(**{name: getattr(row, before + name) for name in Publication.__dataclass_fields__})


def _check(wanted: Wanted, *, public: bool) -> str:
    """Return the title; raises InvalidInput or NotAllowed for what cannot be said of a publication."""
    if not wanted.path.endswith(".ipynb"):
        raise InvalidInput(f"{wanted.path[:80]!a} is no notebook: its name does not end in .ipynb")
    return title_of(wanted, public=public)


def _pack(content: bytes) -> str:
    return base64.b64encode(zlib.compress(content)).decode()
