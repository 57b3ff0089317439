"""The JSON API of access: may I read, what must I accept, links to the files."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from gaia_vre.catalog.access import OWNER, Decision
from gaia_vre.look.language import Language
from gaia_vre.service.catalog.gate import Gate, Verdict
from gaia_vre.service.catalog.linking import Linked, links_of
from gaia_vre.service.dependencies import ChangesAs, UsesCaller, UsesLanguage, UsesParts

router = APIRouter(prefix="/api/catalog")

_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$"
DatasetId = Annotated[str, Path(pattern=_NAME)]
AssetKey = Annotated[str, Field(min_length=1, max_length=200)]


class LicenceModel(BaseModel):
    """Terms to read before they are accepted."""

    model_config = ConfigDict(from_attributes=True)
    key: str
    title: str
    text: str
    digest: str


class AccessModel(BaseModel):
    """Whether I may read the files of a dataset, and what stands in the way."""

    dataset: str
    allowed: bool
    reason: str
    message: str
    who: str | None
    """Who grants access, as far as known."""
    licence: LicenceModel | None
    """To read and accept, or accepted."""


class Accepted(BaseModel):
    """What is accepted: the text whose digest was shown."""

    model_config = ConfigDict(extra="forbid")
    digest: str = Field(pattern=r"^[0-9a-f]{64}$")


class LinkRequest(BaseModel):
    """The files wanted; all of the dataset unless some are named."""

    model_config = ConfigDict(extra="forbid")
    dataset: str = Field(pattern=_NAME)
    item: str | None = Field(default=None, min_length=1, max_length=500)
    """One item of it; without, the dataset's own files."""
    assets: list[AssetKey] | None = Field(default=None, max_length=1000)


class LinkModel(BaseModel):
    """Links for me alone, until they end."""

    model_config = ConfigDict(from_attributes=True)
    dataset: str
    expires: datetime
    path: str
    """Of the dataset's folder, from the service's own address on."""
    assets: dict[str, str]
    """Address of each file or store."""


@router.get("/datasets/{dataset}/access")
def access(dataset: DatasetId, who: UsesCaller, service: UsesParts, language: UsesLanguage) -> AccessModel:
    """Say whether I may read the files of a dataset, why, and whom to ask."""
    return _model(dataset, Gate(service).verdict(dataset, who.person), language)


@router.post("/datasets/{dataset}/accept")
def accept(
    dataset: DatasetId, body: Accepted, who: ChangesAs, service: UsesParts, language: UsesLanguage
) -> AccessModel:
    """Accept the licence of a dataset as it was shown; who accepted which text and when is kept."""
    return _model(dataset, Gate(service).accept(dataset, body.digest, who.person), language)


@router.post("/links")
def links(wanted: LinkRequest, who: ChangesAs, service: UsesParts) -> LinkModel:
    """Give links to the files of a dataset, which end soon."""
    found: Linked = links_of(service, wanted.dataset, who.person, wanted.assets, wanted.item)
    return LinkModel.model_validate(found)


def spoken(decision: Decision, language: Language) -> str:
    """Return the message of a decision in a language."""
    values = {name: language.text(value) if value == OWNER else value for name, value in decision.values}
    return language.text(decision.text, **values)


def _model(dataset: str, found: Verdict, language: Language) -> AccessModel:
    said = found.decision
    licence: Any = LicenceModel.model_validate(found.licence) if found.licence else None
    return AccessModel(
        dataset=dataset,
        allowed=said.allowed,
        reason=said.reason,
        message=spoken(said, language),
        who=said.who,
        licence=licence,
    )
