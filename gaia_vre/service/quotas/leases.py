"""The JSON API of accounting: leases for the hub and the gateway, accounts and use for everybody."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from gaia_vre.core.amounts import MICRO, micro
from gaia_vre.core.errors import DoesNotFit, InvalidInput, NotAllowed
from gaia_vre.core.kinds import kind_of
from gaia_vre.quotas.clock import Instant
from gaia_vre.quotas.deciding import Admitted, Request
from gaia_vre.quotas.model import Holding
from gaia_vre.quotas.offers import people
from gaia_vre.quotas.pools import SANDBOXES, VISITORS
from gaia_vre.sandboxes.model import Sandbox
from gaia_vre.service.dependencies import ChangesAs, Parts, UsesCaller, UsesParts
from gaia_vre.service.login import Caller
from gaia_vre.service.operate.maintenance import Maintenance
from gaia_vre.service.projects.rooms import FolderModel, folders_at_start
from gaia_vre.service.sandboxes.lives import Lives

router = APIRouter(prefix="/api/quotas")

ACTING = ("gaia", "dask-gateway")
"""Services whose token acts for people: the hub has that of the service."""
_PRINTABLE = r"^[^\x00-\x1f\x7f]*$"
_WEEK_SECONDS = 7 * 86400
MOST_WORKERS = 10_000

LeaseId = Annotated[str, Path(pattern=r"^[sc]-[A-Za-z0-9._-]{1,62}$")]
Username = Annotated[str, Field(min_length=1, max_length=255, pattern=_PRINTABLE)]
Word = Annotated[str, Field(max_length=255, pattern=_PRINTABLE)]
Ago = Annotated[float, Field(ge=0, le=_WEEK_SECONDS, allow_inf_nan=False)]


class Amounts(BaseModel):
    """What something holds."""

    model_config = ConfigDict(extra="forbid")
    cores: float = Field(ge=0, le=4096, allow_inf_nan=False)
    memory_gib: float = Field(ge=0, le=65536, allow_inf_nan=False)
    gpus: float = Field(default=0, ge=0, le=64, allow_inf_nan=False)

    @property
    def holding(self) -> Holding:
        return Holding(
            cores=micro("cores", self.cores),
            memory=micro("memory_gib", self.memory_gib),
            gpus=micro("gpus", self.gpus),
        )


class Workers(Amounts):
    """What a worker of a cluster holds, and how many are asked."""

    count: int = Field(ge=0, le=MOST_WORKERS)


class LeaseRequest(Amounts):
    """What the hub or the gateway wants to start for somebody."""

    id: str = Field(pattern=r"^[sc]-[A-Za-z0-9._-]{1,62}$")
    kind: Literal["server", "cluster"]
    username: Username
    groups: list[Word] | None = Field(default=None, max_length=1000)
    thing: Word
    account: str | None = Field(default=None, max_length=120)
    workers: Workers | None = None
    parent: str | None = Field(default=None, max_length=64)
    forced: bool = False
    """It runs already."""
    seconds_ago: Ago = 0
    """When it began, for what is told later."""

    def request(self) -> Request:
        return Request(
            id=self.id,
            kind=self.kind,
            username=self.username,
            thing=self.thing,
            base=_whole(self.kind, self.holding),
            each=_each(self.workers),
            workers=self.workers.count if self.workers else 0,
            groups=None if self.groups is None else frozenset(self.groups),
            account=self.account,
            parent=self.parent,
        )


class Resize(BaseModel):
    """How many workers a cluster wants to have from now on."""

    model_config = ConfigDict(extra="forbid")
    base: Amounts
    each: Amounts
    count: int = Field(ge=0, le=MOST_WORKERS)


class LeaseModel(BaseModel):
    """A lease that was given."""

    id: str
    account: str
    granted_workers: int
    until: datetime
    message: str
    rescue: bool = False
    """The home is too full: the server starts beside it."""
    home: dict[str, Any] | None = None
    """In rescue: what the home holds, the limit, and its largest files."""
    sandbox: str | None = None
    """The sandbox that this is the server of."""
    person: str | None = None
    """Whose that is."""
    app: dict[str, Any] | None = None
    """Of the server of an app: what it serves, and whom it asks who they are."""
    folders: list[FolderModel] = []
    """Folders of projects that a person's own lab sees."""


class Granted(BaseModel):
    """How many workers a cluster may have, and why not more."""

    granted: int
    message: str


class Released(BaseModel):
    """Whether a lease lived until now."""

    released: bool


class Holds(BaseModel):
    """Something that holds a lease of mine."""

    id: str
    kind: str
    thing: str
    account: str
    cores: float
    memory_gib: float
    gpus: float
    workers: float
    credits_per_hour: float
    parent: str | None


class Usage(BaseModel):
    """What somebody holds, has used and was told."""

    username: str
    holds: list[Holds]
    accounts: list[dict[str, Any]]
    storage: list[dict[str, Any]]
    """The last measure of my folders."""
    events: list[dict[str, Any]]


@router.post("/leases", status_code=201)
def admit(asked: LeaseRequest, who: ChangesAs, service: UsesParts) -> LeaseModel:
    """Reserve what something will hold; asked again with the same id, the answer is the same."""
    _only_services(who)
    request = asked.request()
    sandbox, app = _sandbox(service, asked), _app(service, asked)
    if sandbox is not None:
        payer = SANDBOXES if sandbox.visitor is None else VISITORS
        # The hub's groups of such a user are none of the person's.
        request = replace(request, username=sandbox.username, groups=None, account=payer, pool=True)
    if not asked.forced:
        Maintenance(service.engine).check_open(request.username, _administrators(service, request))
    try:
        found = service.office.admit(request, forced=asked.forced, at=_ago(service, asked.seconds_ago))
    except DoesNotFit as refusal:
        service.metrics.refusals.labels(asked.kind, str(refusal.facts.get("dimension", ""))).inc()
        raise service.office.refused(request, refusal, sizes(service) if asked.kind == "server" else {}) from refusal
    if asked.forced and asked.seconds_ago:
        service.metrics.replays.labels(asked.kind).inc()
    lease = _lease(service, found)
    if sandbox is not None:
        return lease.model_copy(update={"sandbox": sandbox.id, "person": sandbox.username})
    if app is not None:
        return lease.model_copy(update={"app": app})
    if asked.kind != "server" or asked.forced:
        return lease
    folders = {"folders": folders_at_start(service, request)}
    return lease.model_copy(update=_rescue(service, asked.username) | folders)


@router.post("/leases/{lease_id}/resize")
def resize(lease_id: LeaseId, asked: Resize, who: ChangesAs, service: UsesParts) -> Granted:
    """Let a cluster have up to so many workers; asked every minute, lower limits take effect within one."""
    _only_services(who)
    base, each = _whole("cluster", asked.base.holding), replace(asked.each.holding, workers=MICRO)
    grown = service.office.resize(lease_id, base, each, asked.count)
    return Granted(granted=grown.granted, message=grown.refusal.message if grown.refusal else "")


@router.delete("/leases/{lease_id}")
def release(
    lease_id: LeaseId,
    who: ChangesAs,
    service: UsesParts,
    seconds_ago: Annotated[Ago, Query()] = 0,
    ran: bool = False,
) -> Released:
    """End a lease; what is known to have run is charged up to then."""
    _only_services(who)
    return Released(released=service.office.release(lease_id, at=_ago(service, seconds_ago), ran=ran))


@router.get("/accounts")
def accounts(
    who: UsesCaller,
    service: UsesParts,
    username: Annotated[Username | None, Query()] = None,
    groups: Annotated[list[Word] | None, Query(max_length=1000)] = None,
) -> list[dict[str, Any]]:
    """List what I may pay with, what is left of each, and what each size would cost and whether it fits."""
    name, theirs = _about(who, username, groups)
    return [one.facts for one in service.office.offers(name, theirs, sizes(service))]


@router.get("/usage")
def usage(who: UsesCaller, service: UsesParts, username: Annotated[Username | None, Query()] = None) -> Usage:
    """Tell what I hold, have used and was told."""
    name, groups = _about(who, username, None)
    office = service.office
    events = [
        {"at": one.at.isoformat(), "kind": one.kind, "account": one.account, "facts": one.facts}
        for one in office.events.latest(name, 20)
    ]
    return Usage(
        username=name,
        holds=[
            Holds(
                id=one.id,
                kind=one.kind,
                thing=one.thing,
                account=account,
                cores=people("cores", one.rate.holding.cores),
                memory_gib=people("memory", one.rate.holding.memory),
                gpus=people("gpus", one.rate.holding.gpus),
                workers=people("workers", one.rate.holding.workers),
                credits_per_hour=one.rate.credits / MICRO,
                parent=one.parent,
            )
            for one, account in office.held_by(name)
        ],
        accounts=[one.facts for one in office.offers(name, groups, {})],
        storage=[one.document for one in service.measures.of_person(name, service.clock())],
        events=events,
    )


def sizes(service: Parts) -> dict[str, Holding]:
    """Return what a server of each size holds."""
    return {
        size.name: Holding(micro("cores", size.cores), micro("memory_gib", size.memory_gib), servers=MICRO)
        for size in service.settings.labs.sizes
    }


def _only_services(who: Caller) -> None:
    if who.person.kind != "service" or who.name not in ACTING:
        raise NotAllowed(f"{who.name} may not change leases; the hub and the Dask gateway do")


def _about(who: Caller, username: str | None, groups: list[str] | None) -> tuple[str, frozenset[str] | None]:
    """Return whom this is about: oneself, or for a service whom it names."""
    if who.person.kind == "user":
        if username not in (None, who.name):
            raise NotAllowed(f"{who.name} may see accounts of their own only")
        return who.name, who.person.groups
    _only_services(who)
    if username is None:
        raise InvalidInput("username: a service says whom it asks about")
    return username, None if groups is None else frozenset(groups)


def _administrators(service: Parts, request: Request) -> frozenset[str]:
    """Return who may start during a maintenance, this person among them if a group of theirs says so."""
    login = service.settings.login
    group = login.oidc.administrator_group if login.oidc else None
    own = {request.username} if group and group in (request.groups or ()) else set()
    return frozenset(login.administrators) | own


def _whole(kind: str, holding: Holding) -> Holding:
    return replace(holding, servers=MICRO) if kind == "server" else replace(holding, clusters=MICRO)


def _each(workers: Workers | None) -> Holding:
    return replace(workers.holding, workers=MICRO) if workers else Holding()


def _ago(service: Parts, seconds: float) -> Instant | None:
    if not seconds:
        return None
    now = service.office.clock()
    return Instant(now.seconds - int(seconds), now.wall - timedelta(seconds=int(seconds)))


def _sandbox(service: Parts, asked: LeaseRequest) -> Sandbox | None:
    """Return the sandbox that a server is one of; raises NotAllowed for a name that only looks so."""
    if asked.kind != "server" or kind_of(asked.username, asked.thing) != "sandbox":
        return None
    return Lives.of(service).admitted(asked.username, asked.thing)


def _app(service: Parts, asked: LeaseRequest) -> dict[str, Any] | None:
    """Return what the server of an app serves; raises NotAllowed for a name that only looks so."""
    if asked.kind != "server" or kind_of(asked.username, asked.thing) != "app":
        return None
    return service.app_servers.admitted(asked.username, asked.thing)


def _lease(service: Parts, found: Admitted) -> LeaseModel:
    now = service.office.clock()
    return LeaseModel(
        id=found.lease.id,
        account=found.account,
        granted_workers=found.workers,
        until=now.wall + timedelta(seconds=found.lease.until - now.seconds),
        message=found.refusal.message if found.refusal else "",
    )


def _rescue(service: Parts, username: str) -> dict[str, Any]:
    """Return what a start in rescue needs to know; nothing while the home has room."""
    if kind_of(username, "") != "personal":
        return {}
    found = service.measures.at_start(username, service.clock())
    if found is None or found.level != "hard":
        return {}
    home = found.document
    return {"rescue": True, "home": home | {"limit_gib": home["hard_gib"]}}
