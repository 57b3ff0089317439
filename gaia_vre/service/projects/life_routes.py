"""The JSON API of how projects end: heir, environment, transfer, deletion; who is invited by name; what is cited."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from gaia_vre.catalog.citing import cite
from gaia_vre.core.errors import InvalidInput, NotAllowed
from gaia_vre.projects.lives import Cited, Life
from gaia_vre.projects.rules import check_may
from gaia_vre.service.catalog.finding import Finder
from gaia_vre.service.dependencies import ChangesAs, Parts, UsesCaller, UsesParts
from gaia_vre.service.login import Caller
from gaia_vre.service.projects import bodies
from gaia_vre.service.projects.bodies import Slug, Username
from gaia_vre.service.projects.pinning import chosen, digest_of
from gaia_vre.service.projects.routes import actor, inside, known, look

router = APIRouter(prefix="/api/projects")
_Name = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]*$")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class HeirBody(_Body):
    """Who inherits; none: nobody."""

    username: _Name | None


class PersonBody(_Body):
    """Somebody."""

    username: _Name


class EnvironmentBody(_Body):
    """An environment of the settings."""

    name: str = Field(min_length=1, max_length=61)


class DeletionBody(_Body):
    """The name of the project, typed anew."""

    slug: str = Field(max_length=28)


class DatasetsBody(_Body):
    """Datasets of the catalog."""

    datasets: list[Annotated[str, Field(min_length=1, max_length=255)]] = Field(max_length=200)


class LifeModel(BaseModel):
    """What is known of a project's end."""

    model_config = ConfigDict(from_attributes=True)
    ends: datetime
    heir: str | None
    environment: str | None
    environment_digest: str | None
    ownerless: datetime | None
    deleted: datetime | None
    archived: datetime | None
    archive_where: str | None
    archive_digest: str | None
    archive_files: int | None
    archive_bytes: int | None
    archive_left: int | None
    trouble: str | None
    purged: datetime | None
    may_extend: bool


class CitedModel(BaseModel):
    """A dataset that a project cites."""

    model_config = ConfigDict(from_attributes=True)
    dataset: str
    title: str
    doi: str | None
    citation: str


@router.get("/invited")
def invited(who: UsesCaller, service: UsesParts) -> list[bodies.ProjectModel]:
    """List the projects that I am invited to by name; the role is the one that I would have."""
    found = service.registry.pending.mine(actor(service, who))
    return [bodies.told(one.project, one.role).model_copy(update={"may": []}) for one in found]


@router.post("/{slug}/accept", status_code=204)
def accept(slug: Slug, who: ChangesAs, service: UsesParts) -> None:
    """Become a member of a project that I am invited to by name."""
    service.registry.pending.accept(slug, actor(service, who))


@router.get("/{slug}/pending")
def pending(slug: Slug, who: UsesCaller, service: UsesParts) -> list[bodies.MemberModel]:
    """List who is invited by name and has not answered."""
    inside(service, slug, who)
    return bodies.people(service.registry.pending.of(slug))


@router.delete("/{slug}/pending/{username}", status_code=204)
def drop(slug: Slug, username: Username, who: ChangesAs, service: UsesParts) -> None:
    """Take an invitation by name back, or decline mine."""
    me = actor(service, who)
    if username != me.name:
        service.registry.projects.seen_by(slug, me)
    service.registry.pending.drop(slug, username, me)


@router.get("/{slug}/life")
def life(slug: Slug, who: UsesCaller, service: UsesParts) -> LifeModel:
    """Tell how a project ends: heir, environment, archive."""
    found = inside(service, slug, who)
    extends = service.registry.founding.may_extend(
        found.role, found.project, actor(service, who), admin=who.person.admin
    )
    known_of: Life = service.registry.lives.of(slug)
    return LifeModel.model_validate(vars(known_of) | {"ends": found.project.ends, "may_extend": extends})


@router.put("/{slug}/heir", status_code=204)
def name_heir(slug: Slug, given: HeirBody, who: ChangesAs, service: UsesParts) -> None:
    """Say who owns the project when no owner is known to the hub any more."""
    me = actor(service, who)
    service.registry.projects.seen_by(slug, me)
    if given.username is not None:
        check_heir(service, slug, given.username)
    service.registry.lives.name_heir(slug, given.username, me)


@router.put("/{slug}/environment", status_code=204)
def pin(slug: Slug, given: EnvironmentBody, who: ChangesAs, service: UsesParts) -> None:
    """Pin an environment as it is now, by the digest of what it has."""
    me = actor(service, who)
    service.registry.projects.seen_by(slug, me)
    wanted = chosen(service.settings.labs.environments, given.name)
    digest = digest_of(wanted, pods=service.settings.kubernetes is not None)
    service.registry.lives.pin(slug, wanted.name, digest, me)


@router.post("/{slug}/transfer", status_code=204)
def transfer(slug: Slug, given: PersonBody, who: ChangesAs, service: UsesParts) -> None:
    """Give the project to somebody else, and stay as manager."""
    hand_over(service, slug, given.username, who)


@router.put("/{slug}/owner", status_code=204)
def appoint(slug: Slug, given: PersonBody, who: ChangesAs, service: UsesParts) -> None:
    """Make somebody owner of a project that nobody owns; for its community's managers and administrators."""
    appoint_owner(service, slug, given.username, who)


@router.post("/{slug}/delete")
def delete(slug: Slug, given: DeletionBody, who: ChangesAs, service: UsesParts) -> bodies.ProjectModel:
    """End a project at once: it is archived, and its folder removed."""
    me = actor(service, who)
    service.registry.projects.seen_by(slug, me)
    ended = service.registry.lives.delete(slug, given.slug, me)
    service.registry.founding.open_account(ended)
    return bodies.told(ended, "owner")


@router.get("/{slug}/datasets")
def datasets(slug: Slug, who: UsesCaller, service: UsesParts) -> list[CitedModel]:
    """List the datasets that a project cites."""
    inside(service, slug, who)
    return [CitedModel.model_validate(one) for one in service.registry.lives.cited(slug)]


@router.post("/{slug}/datasets", status_code=204)
def cite_datasets(slug: Slug, given: DatasetsBody, who: ChangesAs, service: UsesParts) -> None:
    """Note datasets of the catalog that the project's results rest on."""
    me = actor(service, who)
    service.registry.projects.seen_by(slug, me)
    finder, found = Finder(service.catalog), []
    for name in dict.fromkeys(given.datasets):
        dataset = finder.dataset(name)
        found.append(Cited(dataset.id, dataset.title[:1000], dataset.doi, cite(dataset).text[:4000]))
    service.registry.lives.cite(slug, found, me)


def hand_over(service: Parts, slug: str, username: str, who: Caller) -> None:
    """Give a project to somebody else: they own it before the giver ceases to."""
    me = actor(service, who)
    found = service.registry.projects.seen_by(slug, me)
    check_may(found.role, "owners", found.project)
    known(service, username)
    if username == me.name:
        raise InvalidInput(f"{username} owns {slug} already")
    service.registry.people.put(slug, username, "owner", me)
    service.registry.people.put(slug, me.name, "manager", me)


def appoint_owner(service: Parts, slug: str, username: str, who: Caller) -> None:
    """Make somebody owner of a project that nobody owns."""
    me, project = actor(service, who), service.registry.projects.find(slug)
    if not who.person.admin and me.name not in service.registry.founding.stewards(project):
        look(service, slug, who)  # whether there is such a project is not for everybody
        raise NotAllowed(f"An owner is named by the managers of {project.community} and administrators")
    known(service, username)
    service.registry.inheriting.appoint(slug, username, me)


def check_heir(service: Parts, slug: str, username: str) -> None:
    """Raise InvalidInput for somebody who is no member: what a project holds is not left to strangers."""
    if username not in {one.username for one in service.registry.people.of(slug) if not one.guest}:
        raise InvalidInput(f"{username[:80]} is no member of {slug}: an heir is one, and no guest")
