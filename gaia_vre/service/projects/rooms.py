"""What a server is given of projects when it starts."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pydantic import BaseModel

from gaia_vre.core.kinds import kind_of
from gaia_vre.projects.model import Actor
from gaia_vre.projects.mounts import Mount
from gaia_vre.projects.rules import may
from gaia_vre.quotas.storage.model import Place

if TYPE_CHECKING:
    from gaia_vre.projects.store import Mine
    from gaia_vre.quotas.deciding import Request
    from gaia_vre.service.dependencies import Parts

MOST_FOLDERS = 100
log = logging.getLogger(__name__)


class FolderModel(BaseModel):
    """A project's folder that a person's own lab sees."""

    slug: str
    writable: bool


def folders_at_start(service: Parts, request: Request) -> list[FolderModel]:
    """Return the folders of a person's projects, made ready, and write down that the lab has them."""
    if kind_of(request.username, request.thing) != "personal" or request.kind != "server":
        return []
    groups = request.groups if request.groups is not None else service.office.holders.groups(request.username)
    mine = [one for one in service.registry.projects.of(Actor(request.username, groups)) if has_folder(one)]
    given = [(one, writable(service, one)) for one in mine[:MOST_FOLDERS] if _ready(service, one)]
    if given:
        service.mounts.record(request.id, [Mount(request.id, one.project.id, write) for one, write in given])
    return [FolderModel(slug=one.project.slug, writable=write) for one, write in given]


def has_folder(mine: Mine) -> bool:
    """Say whether a lab sees the project's folder at all."""
    return mine.role is not None and mine.project.state != "archived"


def writable(service: Parts, mine: Mine) -> bool:
    """Say whether somebody may write to a project's folder.

    One beyond its limit is for those alone who manage the project, until they have made room.
    """
    if not may(mine.role, "write", mine.project):
        return False
    found = service.measures.find(Place("project", mine.project.slug), service.clock())
    return found is None or found.level != "hard" or mine.role in ("manager", "owner")


def _ready(service: Parts, mine: Mine) -> bool:
    try:
        service.folders.make(mine.project.slug)
    except OSError as error:
        log.warning("The folder of %s cannot be made: %s", mine.project.slug, error)
        return False
    return True
