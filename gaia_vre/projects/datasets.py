"""Datasets that projects publish: described in STAC, for members first and in the list for everybody later.

The facts are read where the editor is, in the lab, so that no file of a person is parsed in the service. Here
they are checked like a harvest's. The files stay in the project's folder: members alone open them.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update

from gaia_vre.catalog.harvest.accepting import accept
from gaia_vre.catalog.harvest.checking import Refused
from gaia_vre.catalog.harvest.contract import Found, Source
from gaia_vre.core.errors import Conflict, InvalidInput, NotFound
from gaia_vre.database.datasets import PublishedDatasetRow, PublishedDatasetVersionRow
from gaia_vre.database.projects import ProjectRow
from gaia_vre.projects import rules
from gaia_vre.projects.dataset_words import Words, with_words
from gaia_vre.projects.model import Event
from gaia_vre.projects.store import note, project_of, role_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sqlalchemy import Connection, Select

    from gaia_vre.projects.folders import Folders
    from gaia_vre.projects.model import Actor, Project, Role
    from gaia_vre.projects.store import Projects

MOST, MOST_VERSIONS, _SHOWN = 100, 20, 500
ENDINGS = (".zarr", ".nc", ".nc4", ".tif", ".tiff", ".parquet", ".geoparquet", ".csv")
_KEY = re.compile(r"[a-z0-9](?:[a-z0-9]|[-_](?![-_])){0,58}[a-z0-9]|[a-z0-9]")


@dataclass(frozen=True)
class Described:
    """A file or store that is to be published, and what it says of itself."""

    path: str
    key: str
    """The id of the dataset is the project's name, a dot and this."""
    collection: dict[str, Any]
    item: dict[str, Any] | None
    words: Words


@dataclass(frozen=True)
class PublishedDataset:
    """A dataset of a project in its newest version."""

    id: int
    name: str
    path: str
    listed: bool
    version: int
    by: str
    at: datetime
    collection: dict[str, Any]
    item: dict[str, Any] | None
    project: Project
    role: Role | None
    """What the reader is in the project; its members alone have the files."""


class PublishedDatasets:
    """The published datasets of one database.

    Parameters
    ----------
    taken
        Whether the catalog has a dataset of this id.
    """

    def __init__(self, projects: Projects, folders: Folders, taken: Callable[[str], bool] = lambda _: False) -> None:
        self._projects, self._folders, self._taken = projects, folders, taken

    def publish(self, slug: str, given: Described, by: Actor) -> PublishedDataset:
        """Publish a file or store as a dataset; the same path and name again is a new version.

        Raises
        ------
        NotAllowed
            That is for editors, while the project lives.
        NotFound, InvalidInput
            There is no such file in the project, or its description cannot be taken.
        Conflict
            Another dataset has this id, or the project publishes as many as one may.
        """
        mine = self._projects.seen_by(slug, by)
        rules.check_may(mine.role, "write", mine.project)
        name = _name(slug, given)
        self._folders.check_data(slug, given.path)
        if self._taken(name):
            raise Conflict(f"The catalog has a dataset {name}: choose another name")
        collection, item = _checked(given, name)
        collection = with_words(collection, given.words)
        with self._changing(slug, by) as (connection, project):
            number = self._put(connection, project, name, given.path, by.name)
            self._keep(connection, number, (collection, item), by.name)
            self._note(connection, project, "dataset-published", name, by)
        return self.find(name, by)

    def correct(self, slug: str, name: str, words: Words, by: Actor) -> PublishedDataset:
        """Say something else of a dataset, which makes a new version; raises NotFound, NotAllowed, InvalidInput."""
        with self._changing(slug, by) as (connection, project):
            row = _of(connection, project, name)
            now = connection.execute(_documents(row.id, row.version)).one()
            item = json.loads(now.item) if now.item else None
            moment = {"version": row.version + 1, "by": by.name, "at": self._projects.clock()}
            connection.execute(update(PublishedDatasetRow).where(PublishedDatasetRow.id == row.id).values(**moment))
            self._keep(connection, row.id, (with_words(json.loads(now.collection), words), item), by.name)
            self._note(connection, project, "dataset-changed", name, by)
        return self.find(name, by)

    def set_listed(self, slug: str, name: str, by: Actor, *, listed: bool) -> PublishedDataset:
        """Let everybody who is signed in find a dataset, or members alone again; raises NotFound, NotAllowed."""
        with self._changing(slug, by) as (connection, project):
            row = _of(connection, project, name)
            connection.execute(
                update(PublishedDatasetRow).where(PublishedDatasetRow.id == row.id).values(listed=listed)
            )
            if row.listed != listed:
                self._note(connection, project, "dataset-listed" if listed else "dataset-unlisted", name, by)
        return self.find(name, by)

    def withdraw(self, slug: str, name: str, by: Actor) -> None:
        """Forget a dataset with all its versions; its files stay; raises NotFound, NotAllowed."""
        with self._changing(slug, by, withdrawing=True) as (connection, project):
            row, versions = _of(connection, project, name), PublishedDatasetVersionRow
            connection.execute(delete(versions).where(versions.dataset_id == row.id))
            connection.execute(delete(PublishedDatasetRow).where(PublishedDatasetRow.id == row.id))
            self._note(connection, project, "dataset-withdrawn", name, by)

    # Reading ------------------------------------------------------------------------------------

    def find(self, name: str, who: Actor) -> PublishedDataset:
        """Return a dataset that somebody may know of; raises NotFound, also for what is others' alone."""
        found = self._read(PublishedDatasetRow.name == name, who)
        if not found:
            raise NotFound(f"No project publishes a dataset {name[:80]!a}")
        return found[0]

    def of(self, slug: str, who: Actor) -> list[PublishedDataset]:
        """Return what somebody may know of a project's, newest first; raises NotFound."""
        return self._read(ProjectRow.id == self._projects.seen_by(slug, who).project.id, who)

    def seen_by(self, who: Actor) -> list[PublishedDataset]:
        """Return those of one's own projects and those in the list, newest first."""
        mine = [one.project.id for one in self._projects.of(who)]
        return self._read(ProjectRow.id.in_(mine) | PublishedDatasetRow.listed.is_(True), who)

    def versions(self, one: PublishedDataset) -> list[tuple[int, datetime, str]]:
        """Return number, moment and author of each version that is kept, newest first."""
        table = PublishedDatasetVersionRow
        query = select(table.number, table.at, table.by).where(table.dataset_id == one.id)
        with self._projects.engine.connect() as connection:
            rows = connection.execute(query.order_by(table.number.desc()))
            return [(row.number, row.at, row.by) for row in rows]

    def _read(self, where: Any, who: Actor) -> list[PublishedDataset]:
        with self._projects.engine.connect() as connection:
            rows = connection.execute(_rows().where(where).limit(_SHOWN)).all()
            found = [self._shown(connection, row, who) for row in rows]
        return [one for one in found if one.role is not None or one.listed]

    def _shown(self, connection: Connection, row: Any, who: Actor) -> PublishedDataset:
        project = project_of(row)
        item = json.loads(row.ds_item) if row.ds_item else None
        named = {name: getattr(row, f"ds_{name}") for name in _NAMED}
        role = role_in(connection, project.id, who, self._projects.clock())
        return PublishedDataset(
            **named, collection=json.loads(row.ds_collection), item=item, project=project, role=role
        )

    # Changing -----------------------------------------------------------------------------------

    @contextmanager
    def _changing(self, slug: str, by: Actor, *, withdrawing: bool = False) -> Iterator[tuple[Connection, Project]]:
        self._projects.seen_by(slug, by)
        with self._projects.changing(slug) as (connection, project):
            role = role_in(connection, project.id, by, self._projects.clock())
            if withdrawing:
                rules.check_may_withdraw(role, project)
            else:
                rules.check_may(role, "write", project)
            yield connection, project

    def _put(self, connection: Connection, project: Project, name: str, path: str, by: str) -> int:
        table = PublishedDatasetRow
        said = {"by": by, "at": self._projects.clock()}
        row = connection.execute(select(table.__table__).where(table.name == name)).first()
        if row is None:
            count = connection.scalar(select(func.count()).where(table.project_id == project.id)) or 0
            if count >= MOST:
                raise Conflict(f"{project.slug} publishes {MOST} datasets, which is the most: withdraw one first")
            values = {"project_id": project.id, "name": name, "path": path, "listed": False, "version": 1, **said}
            return connection.execute(insert(table).values(**values).returning(table.id)).scalar_one()
        if row.project_id != project.id or row.path != path:
            raise Conflict(f"{name} is the dataset of another file: choose another name, or withdraw that first")
        connection.execute(update(table).where(table.id == row.id).values(version=row.version + 1, **said))
        return int(row.id)

    def _keep(
        self, connection: Connection, number: int, documents: tuple[dict[str, Any], dict[str, Any] | None], by: str
    ) -> None:
        table, rows = PublishedDatasetVersionRow, PublishedDatasetRow
        version = connection.scalar(select(rows.version).where(rows.id == number)) or 1
        collection, item = documents
        collection["version"] = str(version)
        texts = {"collection": json.dumps(collection), "item": json.dumps(item) if item else None}
        values = {"dataset_id": number, "number": version, "at": self._projects.clock(), "by": by, **texts}
        connection.execute(insert(table).values(**values))
        old = (table.dataset_id == number) & (table.number <= version - MOST_VERSIONS)
        connection.execute(delete(table).where(old))

    def _note(self, connection: Connection, project: Project, kind: str, name: str, by: Actor) -> None:
        note(connection, project.id, Event(self._projects.clock(), by.name, kind, {"name": name}))


_NAMED = ("id", "name", "path", "listed", "version", "by", "at")


def _rows() -> Select[tuple[object, ...]]:
    table, versions = PublishedDatasetRow, PublishedDatasetVersionRow
    named: list[Any] = [getattr(table, name).label(f"ds_{name}") for name in _NAMED]
    texts: list[Any] = [versions.collection.label("ds_collection"), versions.item.label("ds_item")]
    newest = (versions.dataset_id == table.id) & (versions.number == table.version)
    query = select(ProjectRow.__table__, *named, *texts).join(table, table.project_id == ProjectRow.id)
    return query.join(versions, newest).order_by(table.at.desc(), table.id.desc())


def _documents(number: int, version: int) -> Select[Any]:
    table: Any = PublishedDatasetVersionRow
    return select(table.collection, table.item).where(table.dataset_id == number, table.number == version)


def _of(connection: Connection, project: Project, name: str) -> Any:
    table = PublishedDatasetRow
    row = connection.execute(select(table.__table__).where(table.name == name, table.project_id == project.id)).first()
    if row is None:
        raise NotFound(f"{project.slug} publishes no dataset {name[:80]!a}")
    return row


def _name(slug: str, given: Described) -> str:
    if not given.path.lower().endswith(ENDINGS):
        raise InvalidInput(f"{given.path[:80]!a} is no dataset: its name ends in none of {', '.join(ENDINGS)}")
    if not _KEY.fullmatch(given.key):
        raise InvalidInput(
            f"{given.key[:80]!a} is no name of a dataset: 1 to 60 lower-case letters, digits and single hyphens"
        )
    return f"{slug}.{given.key}"


def _checked(given: Described, name: str) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Return collection and item as a harvest would write them, with the file as their one asset."""
    source = Source(name="project", kind="folder", url="/nowhere")
    own = {"id": name, "links": []}
    try:
        collection = accept(Found(_bare(given.collection) | own, "/nowhere"), source).stac
        bare = _bare(given.item) | own | {"collection": name} if given.item else None
        item = accept(Found(bare, "/nowhere"), source).stac if bare else None
    except Refused as error:
        raise InvalidInput(f"The description of {given.path[:80]!a} cannot be taken: {error}") from error
    for one in (collection, item or {}):
        one["links"] = []
        for asset in one.get("assets", {}).values():
            asset["href"] = given.path
    collection["gaia:opens"] = True
    return collection, item


def _bare(stac: dict[str, Any]) -> dict[str, Any]:
    """Return a document with the file as its only asset, wherever that was said to be."""
    assets = stac.get("assets")
    asset = assets.get("data") if isinstance(assets, dict) else None
    kept = ("type", "title", "roles", "file:size", "bands")
    said = {key: asset[key] for key in kept if key in asset} if isinstance(asset, dict) else None
    return {**stac, "assets": {"data": {"href": "data", **said}} if said else {}}
