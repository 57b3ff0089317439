"""The JSON API of searching: cards of datasets for programs that show them, and what a cell needs."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict

from gaia_vre.catalog.citing import cite
from gaia_vre.catalog.model import Dataset
from gaia_vre.catalog.sites import HERE, REMOTE, Place, Site, places
from gaia_vre.catalog.views import code
from gaia_vre.core.errors import GaiaError, InvalidInput
from gaia_vre.core.state import StateFolder
from gaia_vre.look.language import Language
from gaia_vre.service.catalog import words
from gaia_vre.service.catalog.asking import read_question
from gaia_vre.service.catalog.cards import access_words, make_facets, thumbnail
from gaia_vre.service.catalog.finding import Finder
from gaia_vre.service.catalog.gate import Gate
from gaia_vre.service.catalog.routes import DatasetId
from gaia_vre.service.dependencies import Parts, UsesCaller, UsesLanguage, UsesParts
from gaia_vre.service.login import Caller

router = APIRouter(prefix="/api/catalog")

_LONGEST = 300


class ChoiceModel(BaseModel):
    """One value of a facet."""

    model_config = ConfigDict(from_attributes=True)
    value: str
    title: str
    count: int
    chosen: bool


class FacetModel(BaseModel):
    """One way to narrow."""

    name: str
    title: str
    choices: list[ChoiceModel]


class CardModel(BaseModel):
    """One dataset among what was found, in the words of the language asked for."""

    id: str
    title: str
    pole: str | None
    pole_name: str | None
    size: str
    """Empty when there is no copy here."""
    site: str
    """From where it would be read."""
    licence: str
    state: str
    """``run``: it can be opened; ``warn``: after a licence is accepted; ``stop``: it cannot."""
    access: str
    picture: str | None
    """Address of its quicklook, from the service's own on."""
    opens: bool
    large: bool
    """All of it is more than the operator calls large."""
    far: bool
    """It is read over the network, from another site."""


class FoundModel(BaseModel):
    """One page of what was found."""

    matched: int
    complete: bool
    """False when no dataset has all the words, and these have most of them."""
    also: list[str]
    next: str | None
    facets: list[FacetModel]
    datasets: list[CardModel]


class UseModel(BaseModel):
    """What opens and cites a dataset."""

    id: str
    title: str
    code: str
    citation: str
    bibtex: str


@router.get("/search")
def search(request: Request, who: UsesCaller, service: UsesParts, language: UsesLanguage) -> FoundModel:
    """Find datasets as the page of the catalog does: ``q``, ``from``, ``to``, ``north`` … and the facets."""
    asked = read_question(request.query_params)
    if asked.problems:
        raise InvalidInput(" ".join(asked.problems))
    found = Finder(service.catalog).find(asked)
    facets = [
        FacetModel(
            name=one.name,
            title=one.title,
            choices=[ChoiceModel.model_validate(each) for each in (*one.first, *one.rest)],
        )
        for one in make_facets(language, found.facets, asked)
    ]
    return FoundModel(
        matched=found.matched,
        complete=found.complete,
        also=list(found.also),
        next=found.next,
        facets=facets,
        datasets=[_card(service, language, one, who) for one in found.datasets],
    )


@router.get("/datasets/{dataset}/use")
def use(dataset: DatasetId, who: UsesCaller, service: UsesParts, language: UsesLanguage) -> UseModel:
    """Return the lines that open a dataset and how it is cited."""
    known = Finder(service.catalog).dataset(dataset)
    card = _card(service, language, known, who)
    cited = cite(known)
    about = " · ".join(_line(one) for one in (known.title, card.licence, card.size, card.site) if one)
    opening, _, rest = code(known).partition("\n\n")
    return UseModel(
        id=known.id,
        title=known.title,
        code=f"{opening}\n\n# {about}\n{rest}",
        citation=cited.text,
        bibtex=cited.bibtex,
    )


def _card(service: Parts, language: Language, dataset: Dataset, who: Caller) -> CardModel:
    decision = Gate(service).verdict(dataset.id, who.person).decision if dataset.rights else None
    state, access = access_words(language, dataset, decision)
    picture, place = thumbnail(dataset), _place(service, dataset)
    site = (language.text("this platform") if place.title == HERE else place.title) if place else ""
    large = dataset.bytes > service.settings.labs.reading_warning_gb * 1e9
    values: dict[str, Any] = {
        "pole": dataset.pole,
        "pole_name": dataset.pole_name if dataset.pole else None,
        "size": words.size_words(language, dataset.bytes) if dataset.opens_here else "",
        "site": site,
        "licence": dataset.licence.text[:_LONGEST] if dataset.licence else "",
        "picture": f"pictures/{picture.path.removeprefix('catalog/')}" if picture else None,
        "opens": dataset.opens_here and (decision is None or decision.allowed),
        "large": large,
        "far": place is not None and place.scheme in REMOTE,
    }
    return CardModel(id=dataset.id, title=dataset.title[:_LONGEST], state=state, access=access, **values)


def _place(service: Parts, dataset: Dataset) -> Place | None:
    """Return from where the first file would be read; None when it is nowhere or its address is refused."""
    sites = [
        Site(one.name, one.title, one.s3_endpoint, tuple(str(folder) for folder in one.folders), one.seconds)
        for one in service.settings.sites
    ]
    for asset in dataset.facts.assets[:1]:
        try:
            return places(dataset.id, asset, StateFolder(service.settings.state).data, sites)[0]
        except (GaiaError, IndexError):
            return None
    return None


def _line(text: str) -> str:
    """Return text that stays on its line of a comment."""
    return " ".join("".join(one if one.isprintable() else " " for one in text[:_LONGEST]).split())
