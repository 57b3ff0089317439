"""The JSON API of visits."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from gaia_vre.core.errors import InvalidInput
from gaia_vre.core.kinds import project_of
from gaia_vre.service.dependencies import ChangesAs, UsesCaller, UsesParts
from gaia_vre.service.visits.store import Visits

router = APIRouter(prefix="/api/visits")
_PRINTABLE = r"^[^\x00-\x1f\x7f]*$"


class Told(BaseModel):
    """What a lab tells of somebody in it."""

    model_config = ConfigDict(extra="forbid")
    visitor: str = Field(min_length=1, max_length=255, pattern=_PRINTABLE)
    server: str = Field(default="", max_length=255, pattern=_PRINTABLE)


class VisitModel(BaseModel):
    """Somebody who was in a server of mine."""

    model_config = ConfigDict(from_attributes=True)
    server: str
    visitor: str
    first: datetime
    last: datetime


@router.get("")
def visits(who: UsesCaller, service: UsesParts, limit: Annotated[int, Query(ge=1, le=1000)] = 50) -> list[VisitModel]:
    """List who entered my servers, the last first."""
    return [VisitModel.model_validate(one) for one in Visits(service.engine).of(who.name, limit)]


@router.post("", status_code=204)
def tell(told: Told, who: ChangesAs, service: UsesParts) -> None:
    """Tell that somebody is in a server of mine; labs do, with their owner's token."""
    if told.visitor == who.name:
        raise InvalidInput(f"{who.name} is no visitor in a server of their own")
    slug = project_of(who.name)
    if slug and not service.hub.knows(told.visitor):  # whoever runs code in the server could tell of anybody
        raise InvalidInput(f"Nobody has signed in here as {told.visitor[:80]!a}")
    new = Visits(service.engine).record(who.name, told.server, told.visitor, service.clock())
    if new and slug:
        service.registry.projects.happened(slug, told.visitor, "entered")
