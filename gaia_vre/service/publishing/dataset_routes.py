"""The JSON API of the datasets that projects publish."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from gaia_vre.catalog.citing import cite
from gaia_vre.catalog.stac_reading import dataset_of
from gaia_vre.projects.dataset_words import MOST_CREATORS, Words
from gaia_vre.projects.datasets import Described, PublishedDataset
from gaia_vre.service.dependencies import ChangesAs, UsesCaller, UsesParts
from gaia_vre.service.projects.bodies import Slug
from gaia_vre.service.projects.routes import actor

router = APIRouter(prefix="/api")
Name = Annotated[str, Path(pattern=r"^[a-z0-9._-]{1,128}$")]


class WordsBody(BaseModel):
    """What an editor says of a dataset; what is left out stays."""

    model_config = ConfigDict(extra="forbid")
    title: str | None = Field(default=None, max_length=1000)
    abstract: str | None = Field(default=None, max_length=20_000)
    licence: str | None = Field(default=None, max_length=1000)
    creators: list[Annotated[str, Field(max_length=1000)]] | None = Field(default=None, max_length=MOST_CREATORS * 2)
    doi: str | None = Field(default=None, max_length=1000)

    def words(self) -> Words:
        creators = None if self.creators is None else tuple(self.creators)
        return Words(self.title, self.abstract, self.licence, creators, self.doi)


class DatasetBody(WordsBody):
    """A file or store of the project's folder, and what was read from it."""

    path: str = Field(min_length=1, max_length=1000)
    name: str = Field(min_length=1, max_length=200)
    collection: dict[str, Any]
    item: dict[str, Any] | None = None


class ChangeBody(WordsBody):
    """What is to be said otherwise, and whether everybody finds it."""

    listed: bool | None = None


class DatasetModel(BaseModel):
    """A published dataset; path and author stand in what its project's members read alone."""

    name: str
    project: str
    title: str
    listed: bool
    version: int
    at: datetime
    address: str
    citation: str
    mine: bool
    """Whether I am a member of its project, and so may have the files."""
    collection: dict[str, Any]
    item: dict[str, Any] | None
    path: str | None = None
    by: str | None = None


@router.get("/projects/{slug}/published-datasets")
def of_project(slug: Slug, who: UsesCaller, service: UsesParts) -> list[DatasetModel]:
    """List what I may know of the datasets that a project publishes."""
    return [told(service, one) for one in service.published_datasets.of(slug, actor(service, who))]


@router.post("/projects/{slug}/published-datasets", status_code=201)
def publish(slug: Slug, given: DatasetBody, who: ChangesAs, service: UsesParts) -> DatasetModel:
    """Publish a file or store as a dataset for the project's members; the same one again is its next version."""
    described = Described(given.path, given.name, given.collection, given.item, given.words())
    return told(service, service.published_datasets.publish(slug, described, actor(service, who)))


@router.patch("/projects/{slug}/published-datasets/{name}")
def change(slug: Slug, name: Name, given: ChangeBody, who: ChangesAs, service: UsesParts) -> DatasetModel:
    """Say something else of a dataset, or let everybody find it."""
    me, words = actor(service, who), given.words()
    if words != Words():
        service.published_datasets.correct(slug, name, words, me)
    if given.listed is not None:
        service.published_datasets.set_listed(slug, name, me, listed=given.listed)
    return told(service, service.published_datasets.find(name, me))


@router.delete("/projects/{slug}/published-datasets/{name}", status_code=204)
def withdraw(slug: Slug, name: Name, who: ChangesAs, service: UsesParts) -> None:
    """Forget a dataset; its files stay."""
    service.published_datasets.withdraw(slug, name, actor(service, who))


@router.get("/published-datasets")
def listed(who: UsesCaller, service: UsesParts) -> list[DatasetModel]:
    """List the datasets of my projects, and those that projects let everybody find."""
    return [told(service, one) for one in service.published_datasets.seen_by(actor(service, who))]


@router.get("/published-datasets/{name}")
def one(name: Name, who: UsesCaller, service: UsesParts) -> DatasetModel:
    """Return a dataset that I may know of."""
    return told(service, service.published_datasets.find(name, actor(service, who)))


def told(service: UsesParts, found: PublishedDataset) -> DatasetModel:
    """Return a dataset as its reader may know it."""
    inside = found.role is not None
    named = ("name", "listed", "version", "at", *(("path", "by") if inside else ()))
    collection, item = _without_files(found, inside=inside)
    dataset = dataset_of(found.collection, [found.item] if found.item else [])
    return DatasetModel(
        **{name: getattr(found, name) for name in named},
        project=found.project.slug,
        title=dataset.title,
        address=f"{service.settings.addresses.public_url}/services/gaia/datasets/{found.name}",
        citation=cite(dataset).text,
        mine=inside,
        collection=collection,
        item=item,
    )


def _without_files(found: PublishedDataset, *, inside: bool) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Return the documents; where the files are is for members."""
    if inside:
        return found.collection, found.item
    bare: dict[str, Any] = {"assets": {}}
    return found.collection | bare, found.item | bare if found.item else None
