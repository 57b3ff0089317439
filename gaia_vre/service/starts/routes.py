"""The JSON API of how long starts took."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from gaia_vre.core.errors import NotAllowed
from gaia_vre.service.dependencies import UsesCaller, UsesParts
from gaia_vre.service.login import SERVICE_NAME
from gaia_vre.service.starts.store import Start, Starts

router = APIRouter(prefix="/api/starts")

Step = Literal["budget", "place", "image", "container", "lab"]
Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
_PRINTABLE = r"^[^\x00-\x1f\x7f]*$"


class Told(BaseModel):
    """What the hub tells of a start."""

    model_config = ConfigDict(extra="forbid")
    username: str = Field(min_length=1, max_length=255, pattern=_PRINTABLE)
    name: str = Field(default="", max_length=255, pattern=_PRINTABLE)
    size: str = Field(default="", max_length=40, pattern=_PRINTABLE)
    environment: str = Field(default="", max_length=80, pattern=_PRINTABLE)
    steps: dict[Step, Seconds] = Field(min_length=1)


class StartModel(BaseModel):
    """A start of mine."""

    model_config = ConfigDict(from_attributes=True)
    name: str
    size: str
    environment: str
    ready: datetime
    seconds: float
    steps: dict[str, float]


@router.get("")
def starts(who: UsesCaller, service: UsesParts, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> list[StartModel]:
    """List how long my last starts took, newest first."""
    return [StartModel.model_validate(one) for one in Starts(service.engine).of(who.name, limit)]


@router.post("", status_code=201)
def tell(told: Told, who: UsesCaller, service: UsesParts) -> None:
    """Tell how long a start took; only the hub may, with the service's token."""
    if who.person.kind != "service" or who.name != SERVICE_NAME:
        raise NotAllowed(f"{who.name} may not tell of starts; the hub does")
    steps = {str(name): seconds for name, seconds in told.steps.items()}
    username = service.owners.name(told.username)
    Starts(service.engine).record(Start(username, told.name, told.size, told.environment, service.clock(), steps))
