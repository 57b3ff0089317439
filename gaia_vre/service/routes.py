"""The JSON API of what runs and what ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gaia_vre.core.errors import InvalidInput, NotAllowed
from gaia_vre.service.actions import servers_of, stop_cluster_of_mine, stop_mine
from gaia_vre.service.dependencies import ChangesAs, UsesCaller, UsesParts
from gaia_vre.service.model import Kind, Reason, Thing
from gaia_vre.service.sandboxes.lives import Lives

router = APIRouter(prefix="/api")

_REPORTERS = ("gaia", "dask-gateway")
Moment = Annotated[AwareDatetime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC))]
_CLOCKS_DIFFER = timedelta(minutes=5)

ServerName = Annotated[str, Path(pattern=r"^[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?$")]
ClusterName = Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,100}$")]
_PRINTABLE = r"^[^\x00-\x1f\x7f]*$"


class Me(BaseModel):
    """Who asks."""

    name: str
    kind: str
    admin: bool


class ServerModel(BaseModel):
    """A server; the personal lab has an empty name."""

    model_config = ConfigDict(from_attributes=True)
    name: str
    ready: bool
    pending: str | None
    url: str
    started: datetime | None
    last_activity: datetime | None
    options: dict[str, Any]


class ClusterModel(BaseModel):
    """A Dask cluster."""

    model_config = ConfigDict(from_attributes=True)
    name: str
    status: str
    started: datetime
    workers: int
    worker_cores: float
    worker_memory_gib: float


class EndingModel(BaseModel):
    """Something that ended, and why."""

    id: int | None
    kind: Kind
    name: str
    started: datetime | None
    ended: datetime
    reason: Reason
    detail: str


class Report(BaseModel):
    """What the hub tells of an end."""

    model_config = ConfigDict(extra="forbid")
    kind: Kind = "server"
    username: str = Field(min_length=1, max_length=255, pattern=_PRINTABLE)
    name: str = Field(default="", max_length=255, pattern=_PRINTABLE)
    started: Moment | None = None
    ended: Moment
    reason: Reason
    detail: str = Field(default="", max_length=500, pattern=_PRINTABLE)
    lease: str | None = Field(default=None, pattern=r"^[sc]-[A-Za-z0-9._-]{1,62}$")
    """Given back with this end: one request instead of two."""
    ran: bool = True
    """False: it never answered, and costs nothing."""


@router.get("/me")
def me(who: UsesCaller) -> Me:
    """Say who the token or session belongs to."""
    return Me(name=who.name, kind=who.person.kind, admin=who.person.admin)


@router.get("/servers")
def servers(who: UsesCaller, service: UsesParts) -> list[ServerModel]:
    """List my servers that run, start or stop."""
    return [ServerModel.model_validate(each) for each in servers_of(service, who)]


@router.post("/server", status_code=202)
def start_server(who: ChangesAs, service: UsesParts) -> None:
    """Start my personal lab as I had it last time."""
    service.hub.start(who.name, "", who.token)


@router.delete("/server", status_code=202)
def stop_server(who: ChangesAs, service: UsesParts) -> None:
    """Stop my personal lab."""
    stop_mine(service, who, "")


@router.delete("/servers/{name}", status_code=202)
def stop_named_server(name: ServerName, who: ChangesAs, service: UsesParts) -> None:
    """Stop a named server of mine."""
    stop_mine(service, who, name)


@router.get("/clusters")
def clusters(who: UsesCaller, service: UsesParts) -> list[ClusterModel]:
    """List my Dask clusters."""
    return [ClusterModel.model_validate(each) for each in service.gateway.clusters() if each.username == who.name]


@router.delete("/clusters/{name}", status_code=204)
def stop_cluster(name: ClusterName, who: ChangesAs, service: UsesParts) -> None:
    """Stop a Dask cluster of mine."""
    stop_cluster_of_mine(service, who, name)


@router.get("/endings")
def endings(who: UsesCaller, service: UsesParts) -> list[EndingModel]:
    """List what of mine ended lately, and why."""
    return [
        EndingModel(
            id=each.id,
            kind=each.thing.kind,
            name=each.thing.name,
            started=each.started,
            ended=each.ended,
            reason=each.reason,
            detail=each.detail,
        )
        for each in service.store.endings(who.name)
    ]


@router.post("/endings", status_code=201)
def report_ending(report: Report, who: UsesCaller, service: UsesParts) -> None:
    """Tell why something ended; only the hub and the gateway may, with their service's token."""
    if who.person.kind != "service" or who.name not in _REPORTERS:
        raise NotAllowed(f"{who.name} may not report ends; the hub does")
    if report.ended > service.clock() + _CLOCKS_DIFFER:
        raise InvalidInput(f"ended: {report.ended.isoformat()} is in the future")
    thing = Thing(report.kind, service.owners.name(report.username), report.name)
    service.store.report(thing, report.reason, report.started, report.ended, report.detail)
    if thing.kind == "server":
        service.measures.ask_for(thing.username)
        Lives.of(service).heard(thing.name, report.reason)
    if report.lease:
        service.office.release(report.lease, ran=report.ran)


@router.post("/endings/{number}/dismiss", status_code=204)
def dismiss_ending(number: Annotated[int, Path(ge=1, lt=2**31)], who: ChangesAs, service: UsesParts) -> None:
    """Hide a notice and all older ones."""
    service.store.dismiss(who.name, number, service.clock())
