"""Which running labs have the folders of which projects, so that leaving reaches them too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from gaia_vre.database.projects import ProjectMountRow, ProjectRow
from gaia_vre.database.quotas import LeaseRow

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Engine


@dataclass(frozen=True)
class Mount:
    """A project's folder in a lab that runs."""

    lease: str
    project: int
    writable: bool
    told: datetime | None = None
    """When its owner was told that it will be taken away."""


@dataclass(frozen=True)
class Held(Mount):
    """The same, with whose lab it is."""

    username: str = ""
    server: str = ""
    slug: str = ""


class Mounts:
    """The folders of projects in the labs of one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record(self, lease: str, mounts: Iterable[Mount]) -> None:
        """Write down what a lab is given when it starts; asked twice, the last answer holds."""
        rows = [{"lease": lease, "project_id": one.project, "writable": one.writable} for one in mounts]
        with self._engine.begin() as connection:
            connection.execute(delete(ProjectMountRow).where(ProjectMountRow.lease == lease))
            if rows:
                connection.execute(insert(ProjectMountRow), rows)

    def held(self) -> list[Held]:
        """Return the folders in labs that live."""
        mount, lease = ProjectMountRow, LeaseRow
        query = (
            select(mount.__table__, lease.username, lease.thing, ProjectRow.slug)
            .join(lease, lease.id == mount.lease)
            .join(ProjectRow, ProjectRow.id == mount.project_id)
            .where(lease.state != "ended")
        )
        with self._engine.connect() as connection:
            return [
                Held(row.lease, row.project_id, row.writable, row.told, row.username, row.thing, row.slug)
                for row in connection.execute(query)
            ]

    def told(self, mount: Mount, now: datetime) -> None:
        """Write down that a lab's owner was told."""
        where = (ProjectMountRow.lease == mount.lease, ProjectMountRow.project_id == mount.project)
        with self._engine.begin() as connection:
            connection.execute(update(ProjectMountRow).where(*where).values(told=now))

    def still(self, mount: Mount) -> None:
        """Write down that it is not taken away after all."""
        where = (ProjectMountRow.lease == mount.lease, ProjectMountRow.project_id == mount.project)
        with self._engine.begin() as connection:
            connection.execute(update(ProjectMountRow).where(*where).values(told=None))

    def forget(self) -> int:
        """Delete what labs had that have ended; return how much that was."""
        ended = select(LeaseRow.id).where(LeaseRow.state == "ended", LeaseRow.id == ProjectMountRow.lease)
        with self._engine.begin() as connection:
            return connection.execute(delete(ProjectMountRow).where(ended.exists())).rowcount
