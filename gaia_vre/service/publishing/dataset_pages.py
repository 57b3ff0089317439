"""The page of a dataset that a project publishes, and what its editors do there."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response

from gaia_vre.catalog.citing import cite
from gaia_vre.catalog.stac_reading import dataset_of
from gaia_vre.core.errors import NotSignedIn
from gaia_vre.projects import rules
from gaia_vre.projects.dataset_words import Words
from gaia_vre.service.catalog.words import size_words
from gaia_vre.service.dependencies import SubmitsAs, UsesLanguage, UsesParts
from gaia_vre.service.frame import PREFIX, frame, redirect, templates
from gaia_vre.service.login import Caller
from gaia_vre.service.projects.bodies import Slug
from gaia_vre.service.projects.routes import actor
from gaia_vre.service.publishing.dataset_routes import Name

router = APIRouter(include_in_schema=False)
HERE = f"{PREFIX}datasets"
_LISTED, _GIVEN = {"yes": True, "no": False}, Form(max_length=20_000)
FormName = Annotated[str, Form(pattern=r"^[a-z0-9._-]{1,128}$")]


@router.get("/datasets/{name}")
def one(request: Request, name: Name, service: UsesParts, language: UsesLanguage) -> Response:
    """Show a published dataset: what it holds, how it is opened and cited; editors correct what it says."""
    try:
        who: Caller = service.login.caller(request)
    except NotSignedIn:
        return service.login.begin(request, redirect, f"{HERE}/{name}")
    found = service.published_datasets.find(name, actor(service, who))
    dataset = dataset_of(found.collection, [found.item] if found.item else [])
    makers = [one.name for one in dataset.providers if "producer" in one.roles]
    context = frame(service, language, who) | {
        "found": found,
        "dataset": dataset,
        "makers": makers,
        "cited": cite(dataset),
        "size": size_words(language, dataset.bytes),
        "versions": service.published_datasets.versions(found) if found.role else [],
        "may_write": rules.may(found.role, "write", found.project),
        "project_known": found.role is not None or found.project.visibility != "private",
    }
    return templates.TemplateResponse(request, "publishing/dataset.html", context)


def words(
    title: Annotated[str, _GIVEN],
    abstract: Annotated[str, _GIVEN] = "",
    licence: Annotated[str, _GIVEN] = "",
    creators: Annotated[str, _GIVEN] = "",
    doi: Annotated[str, _GIVEN] = "",
) -> Words:
    """Return what the form says of a dataset; one creator stands on each line."""
    return Words(title, abstract.replace("\r\n", "\n"), licence, tuple(creators.splitlines()), doi)


@router.post("/projects/{slug}/dataset")
def correct(
    slug: Slug, who: SubmitsAs, service: UsesParts, name: FormName, said: Annotated[Words, Depends(words)]
) -> Response:
    """Say something else of a dataset."""
    service.published_datasets.correct(slug, name, said, actor(service, who))
    return redirect(f"{HERE}/{name}")


@router.post("/projects/{slug}/dataset-listed")
def set_listed(
    slug: Slug, who: SubmitsAs, service: UsesParts, name: FormName, listed: Annotated[str, Form(pattern="^(yes|no)$")]
) -> Response:
    """Let everybody find a dataset, or members alone."""
    service.published_datasets.set_listed(slug, name, actor(service, who), listed=_LISTED[listed])
    return redirect(f"{HERE}/{name}")


@router.post("/projects/{slug}/dataset-withdrawn")
def withdraw(slug: Slug, who: SubmitsAs, service: UsesParts, name: FormName) -> Response:
    """Forget a dataset."""
    service.published_datasets.withdraw(slug, name, actor(service, who))
    return redirect(f"{PREFIX}projects/{slug}#datasets")
