"""The JSON API of what projects publish."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from gaia_vre.projects.audience import Audience, Changes, Wanted
from gaia_vre.projects.publishing import Publication, Shown
from gaia_vre.projects.rules import TITLE
from gaia_vre.service.dependencies import ChangesAs, Parts, UsesCaller, UsesParts
from gaia_vre.service.projects.bodies import Number, Slug
from gaia_vre.service.projects.routes import actor

router = APIRouter(prefix="/api")
Published = Annotated[int, Path(ge=1, lt=2**31)]


class PublishBody(BaseModel):
    """A notebook of the project's folder, and for whom it is."""

    model_config = ConfigDict(extra="forbid")
    path: str = Field(min_length=1, max_length=1000)
    title: str = Field(default="", max_length=TITLE)
    audience: Audience = "members"
    listed: bool = False


class ChangeBody(BaseModel):
    """What is said anew of a publication; what is left out stays."""

    model_config = ConfigDict(extra="forbid")
    title: str | None = Field(default=None, max_length=TITLE)
    audience: Audience | None = None
    listed: bool | None = None


class VersionModel(BaseModel):
    """One version of a publication; who made it is told to members alone."""

    number: int
    at: datetime
    by: str | None = None


class PublicationModel(BaseModel):
    """Something published; who published it stands in the project's own list alone."""

    id: int
    title: str
    audience: Audience
    listed: bool
    version: int
    at: datetime
    address: str
    path: str | None = None
    by: str | None = None


@router.get("/projects/{slug}/published")
def published(slug: Slug, who: UsesCaller, service: UsesParts) -> list[PublicationModel]:
    """List what I may read of what a project publishes."""
    me = actor(service, who)
    inside = service.registry.projects.seen_by(slug, me).role is not None
    return [_told(service, one, inside=inside) for one in service.publications.of(slug, me)]


@router.post("/projects/{slug}/published", status_code=201)
def publish(slug: Slug, given: PublishBody, who: ChangesAs, service: UsesParts) -> PublicationModel:
    """Publish a notebook as it is now; the same one again is its next version."""
    made = service.publications.publish(slug, Wanted(**given.model_dump()), actor(service, who))
    return _told(service, made, inside=True)


@router.patch("/projects/{slug}/published/{number}")
def change(slug: Slug, number: Number, given: ChangeBody, who: ChangesAs, service: UsesParts) -> PublicationModel:
    """Say anew for whom something published is, whether it is listed, or its title."""
    me = actor(service, who)
    service.registry.projects.seen_by(slug, me)
    made = service.publications.change(slug, number, Changes(**given.model_dump()), me)
    return _told(service, made, inside=True)


@router.delete("/projects/{slug}/published/{number}", status_code=204)
def withdraw(slug: Slug, number: Number, who: ChangesAs, service: UsesParts) -> None:
    """Show something no longer."""
    me = actor(service, who)
    service.registry.projects.seen_by(slug, me)
    service.publications.withdraw(slug, number, me)


@router.get("/published")
def listed(who: UsesCaller, service: UsesParts) -> list[PublicationModel]:
    """List what projects publish for me to find."""
    return [_listed(service, one) for one in service.publications.listed(actor(service, who))]


@router.get("/published/{number}/versions")
def versions(number: Published, who: UsesCaller, service: UsesParts) -> list[VersionModel]:
    """List the versions of something published that are kept, newest first."""
    shown = service.publications.find(number, actor(service, who))
    inside = shown.role is not None
    found = service.publications.versions(shown)
    return [VersionModel(number=one.number, at=one.at, by=one.by if inside else None) for one in found]


def address(service: Parts, number: int) -> str:
    """Return where a publication is read."""
    return f"{service.settings.addresses.public_url}/services/gaia/published/{number}"


def _listed(service: Parts, one: Shown) -> PublicationModel:
    return _told(service, one.publication, inside=one.role is not None)


def _told(service: Parts, one: Publication, *, inside: bool) -> PublicationModel:
    named = ("id", "title", "audience", "listed", "version", "at", *(("path", "by") if inside else ()))
    return PublicationModel(**{name: getattr(one, name) for name in named}, address=address(service, one.id))
