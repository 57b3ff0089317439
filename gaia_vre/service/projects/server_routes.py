"""The JSON API of the servers and folders of projects."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from gaia_vre.core.errors import NotAllowed
from gaia_vre.core.kinds import project_of
from gaia_vre.projects.model import Actor
from gaia_vre.projects.rules import check_may
from gaia_vre.service.dependencies import ChangesAs, Parts, UsesCaller, UsesParts
from gaia_vre.service.projects.bodies import Slug
from gaia_vre.service.projects.routes import actor, inside, look

router = APIRouter(prefix="/api/projects")


class ServerModel(BaseModel):
    """A project's server."""

    model_config = ConfigDict(from_attributes=True)
    state: Literal["stopped", "starting", "running", "stopping"]
    size: str | None
    url: str | None


class StartBody(BaseModel):
    """How large a project's server is to be."""

    model_config = ConfigDict(extra="forbid")
    size: str | None = Field(default=None, max_length=40)


class EntryModel(BaseModel):
    """Something in a project's folder."""

    model_config = ConfigDict(from_attributes=True)
    name: str
    folder: bool
    link: bool
    size: int
    changed: datetime


class ThrownModel(BaseModel):
    """Something in a project's trash."""

    model_config = ConfigDict(from_attributes=True)
    number: str
    path: str
    at: datetime
    folder: bool


@router.get("/{slug}/server")
def server(slug: Slug, who: UsesCaller, service: UsesParts) -> ServerModel:
    """Tell whether the project's server runs."""
    return ServerModel.model_validate(service.project_servers.look(inside(service, slug, who).project))


@router.post("/{slug}/server", status_code=202)
def start(slug: Slug, given: StartBody, who: ChangesAs, service: UsesParts) -> ServerModel:
    """Start the project's server on the project's account; for editors."""
    me = actor(service, who)
    mine = service.registry.projects.seen_by(slug, me)
    service.project_servers.start(mine, me.name, given.size)
    return ServerModel.model_validate(service.project_servers.look(mine.project))


@router.post("/{slug}/server/open")
def open_(slug: Slug, who: ChangesAs, service: UsesParts) -> dict[str, str]:
    """Let me in, and tell the address of the project's server; for editors."""
    me = actor(service, who)
    return {"url": service.project_servers.open(service.registry.projects.seen_by(slug, me), me.name)}


@router.delete("/{slug}/server", status_code=202)
def stop(slug: Slug, who: ChangesAs, service: UsesParts) -> None:
    """Stop the project's server; for editors."""
    me = actor(service, who)
    service.project_servers.stop(service.registry.projects.seen_by(slug, me), me.name)


@router.post("/{slug}/server/people")
def people_inside(
    slug: Slug,
    who: ChangesAs,
    service: UsesParts,
    present: Annotated[list[Annotated[str, Field(max_length=255)]] | None, Query(max_length=1000)] = None,
) -> list[str]:
    """List who may be in the project's server now; asked by the server itself, which puts all others out.

    It tells meanwhile who is connected to it.
    """
    if who.person.kind != "user" or project_of(who.name) != slug:
        raise NotAllowed(f"Only the server of {slug} may ask who may be in it")
    may = service.project_servers.inside(slug)
    service.project_servers.note_present(slug, [name for name in present or () if name in may])
    return may


@router.get("/{slug}/files")
def files(
    slug: Slug, who: UsesCaller, service: UsesParts, path: Annotated[str, Query(max_length=1000)] = ""
) -> list[EntryModel]:
    """List a folder of the project; what links lead to is not shown."""
    found = look(service, slug, who)
    if found.role is None and not who.person.admin:
        raise NotAllowed(f"The files of {slug} are for its members")
    if not path and not service.folders.path(slug).exists():
        return []  # nobody has started anything with it yet
    return [EntryModel.model_validate(one) for one in service.folders.entries(slug, path)]


@router.get("/{slug}/trash")
def trash(slug: Slug, who: UsesCaller, service: UsesParts) -> list[ThrownModel]:
    """List what was deleted in the project's folder and can be put back; for editors."""
    mine = service.registry.projects.seen_by(slug, actor(service, who))
    check_may(mine.role, "write", mine.project)
    return [ThrownModel.model_validate(one) for one in service.folders.thrown_away(slug)]


@router.post("/{slug}/trash/{number}")
def put_back(
    slug: Slug, number: Annotated[str, Path(max_length=40)], who: ChangesAs, service: UsesParts
) -> dict[str, str]:
    """Put something back to where it was; for editors."""
    return {"path": put_thrown_back(service, slug, number, actor(service, who))}


def put_thrown_back(service: Parts, slug: str, number: str, me: Actor) -> str:
    """Put something from the trash back, on an editor's word; return where it is."""
    mine = service.registry.projects.seen_by(slug, me)
    check_may(mine.role, "write", mine.project)
    path = service.folders.put_back(slug, number)
    service.registry.projects.happened(slug, me.name, "put-back", path=path[:200])
    return path
