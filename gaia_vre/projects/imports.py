"""Bring in a project from a bag: unpacked aside, made, put in place; a kill in between is made up for."""

from __future__ import annotations

import secrets
import shutil
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select

from gaia_vre.bundles.model import Person
from gaia_vre.bundles.reading import Bounds, ZipBag
from gaia_vre.core.errors import Conflict, NotFound, Unavailable
from gaia_vre.database.project_lives import ProjectDatasetRow, ProjectImportRow
from gaia_vre.projects import rules
from gaia_vre.projects.founding import Wish
from gaia_vre.projects.model import Event, Member
from gaia_vre.projects.pending import invite_by_name
from gaia_vre.projects.store import note

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path
    from typing import BinaryIO

    from gaia_vre.bundles.model import ProjectFacts
    from gaia_vre.projects.founding import Founding
    from gaia_vre.projects.model import Actor, Project, Role
    from gaia_vre.projects.store import Projects

_LEFT_AFTER = timedelta(hours=6)
"""What no project came of is removed after this."""
_ROLES: Mapping[str, Role] = {"owner": "manager", "manager": "manager", "editor": "editor", "viewer": "viewer"}
"""What a bag may ask for: who owns the project is decided here."""


class Imports:
    """The bags that come in.

    Parameters
    ----------
    root
        Folder of the projects' folders.
    """

    def __init__(self, projects: Projects, founding: Founding, root: Path, size_bytes: int) -> None:
        self._projects, self._founding, self._root = projects, founding, root
        self._bounds, self._engine = Bounds(size_bytes), projects.engine

    def bring_in(self, file: BinaryIO, who: Actor, slug: str = "", community: str | None = None) -> Project:
        """Make a project of a bag; it belongs to whoever brings it in, the others are invited.

        Parameters
        ----------
        slug
            Its name here; empty: the one that it has in the bag.

        Raises
        ------
        InvalidInput
            It is no bag, or not whole.
        TooLarge
            It holds more than the settings allow.
        Conflict
            The name is taken.
        NotAllowed
            This person may make no project here.
        """
        bag = ZipBag(file, self._bounds)
        slug = rules.check_slug(slug or bag.facts.slug)
        self._check_free(slug)
        staged = self._root / f".import-{secrets.token_hex(8)}"
        number = self._note(staged.name, slug, who, bag.facts)
        try:
            staged.mkdir(parents=True)
            bag.unpack(staged)
            wish = Wish(bag.facts.title, slug, bag.facts.description, community=community)
            self._founding.found(wish, who)
        except BaseException as error:
            self._forget(number, staged)
            if isinstance(error, OSError):
                raise Unavailable(f"The bag cannot be unpacked here ({error.strerror})") from error
            raise
        self.finish(self._projects.clock())
        return self._projects.find(slug)

    def finish(self, now: datetime) -> list[str]:
        """Put in place what a kill left aside, and remove what no project came of; return the projects."""
        table, done = ProjectImportRow, []
        with self._engine.connect() as connection:
            rows = list(connection.execute(select(table.__table__).order_by(table.id)))
        for row in rows:
            staged = self._root / row.staged
            project = self._made(row)
            if project is not None:
                _place(staged, self._root / project.slug)
                self._invite(row, project, now)
                done.append(project.slug)
            elif now - row.made > _LEFT_AFTER:
                self._forget(row.id, staged)
        return done

    def _made(self, row: Any) -> Project | None:
        """Return the project that was made for a bag, not one that had its name before."""
        with suppress(NotFound):
            project = self._projects.find(row.slug)
            if project.created_by == row.username and project.created >= row.made:
                return project
        return None

    def _invite(self, row: Any, project: Project, now: datetime) -> None:
        people = [_member(one, row.username, now) for one in row.facts["members"]]
        with self._projects.changing(project.slug) as (connection, found):
            if not connection.execute(delete(ProjectImportRow).where(ProjectImportRow.id == row.id)).rowcount:
                return  # another pass was first
            for one in row.facts["datasets"]:
                values = {"project_id": found.id, "by": row.username, "at": now, **one}
                connection.execute(insert(ProjectDatasetRow).values(**values))
            note(connection, found.id, Event(now, row.username, "imported", {"from": row.facts["slug"]}))
            invite_by_name(connection, found, [one for one in people if one.username != row.username], now)

    def _check_free(self, slug: str) -> None:
        with suppress(NotFound):
            self._projects.find(slug)
            raise Conflict(f"The name {slug!r} is taken: choose another")

    def _note(self, staged: str, slug: str, who: Actor, facts: ProjectFacts) -> int:
        members = {one.username: one.model_dump(mode="json") for one in facts.members if one.role in _ROLES}
        datasets = {one.id: _cited(one.model_dump()) for one in facts.datasets if one.cited}
        told = {"slug": facts.slug, "members": list(members.values()), "datasets": list(datasets.values())}
        values = {"staged": staged, "slug": slug, "username": who.name, "made": self._projects.clock(), "facts": told}
        with self._engine.begin() as connection:
            made = insert(ProjectImportRow).values(**values).returning(ProjectImportRow.id)
            return int(connection.scalar(made) or 0)

    def _forget(self, number: int, staged: Path) -> None:
        shutil.rmtree(staged, ignore_errors=True)
        with self._engine.begin() as connection:
            connection.execute(delete(ProjectImportRow).where(ProjectImportRow.id == number))


def _place(staged: Path, folder: Path) -> None:
    """Give a folder its place; where an empty one was made for the project already, that is replaced."""
    if not staged.exists():
        return
    try:
        staged.rename(folder)
    except OSError:  # something stands in it: what is ours comes beside it
        folder.mkdir(exist_ok=True)
        for entry in list(staged.iterdir()):
            if not (folder / entry.name).exists():
                entry.rename(folder / entry.name)
        shutil.rmtree(staged, ignore_errors=True)


def _member(said: dict[str, Any], by: str, now: datetime) -> Member:
    one = Person.model_validate(said)
    role = _ROLES[one.role]
    return Member(one.username, role, now, by, one.until if role in ("editor", "viewer") else None)


def _cited(said: dict[str, Any]) -> dict[str, Any]:
    return {"dataset": said["id"], "title": said["title"], "doi": said["doi"], "citation": said["citation"]}
