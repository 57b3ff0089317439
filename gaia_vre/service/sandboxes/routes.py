"""The JSON API of sandboxes."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter

from gaia_vre.core.errors import NotAllowed, NotFound
from gaia_vre.core.kinds import kind_of
from gaia_vre.sandboxes.model import Sandbox, Wish
from gaia_vre.sandboxes.sources import Maker
from gaia_vre.service.dependencies import ChangesAs, Parts, UsesCaller, UsesParts
from gaia_vre.service.login import Caller
from gaia_vre.service.sandboxes import bodies, keeping
from gaia_vre.service.sandboxes.bodies import Id
from gaia_vre.service.sandboxes.lives import Lives

router = APIRouter(prefix="/api/sandboxes")


@router.get("")
def mine(who: UsesCaller, service: UsesParts) -> list[bodies.SandboxModel]:
    """List my sandboxes that are there, frozen ones too."""
    return [told(service, one) for one in service.sandboxes.of(maker(service, who).username)]


@router.post("", status_code=202)
def make(given: bodies.NewSandboxBody, who: ChangesAs, service: UsesParts) -> bodies.SandboxModel:
    """Make a sandbox; what it starts from is fetched and it is started after the answer, as its state tells."""
    wish = Wish(given.source.source, given.title)
    return told(service, Lives.of(service).make(wish, maker(service, who)))


@router.get("/history")
def history(who: UsesCaller, service: UsesParts) -> list[bodies.SandboxModel]:
    """List what I tried, from what, and what was kept, newest first."""
    return [told(service, one) for one in service.sandboxes.history(maker(service, who).username)]


@router.get("/all")
def overview(who: UsesCaller, service: UsesParts) -> bodies.OverviewModel:
    """Tell an operator of all that are there."""
    if not who.person.admin:
        raise NotAllowed("All sandboxes are shown to administrators")
    return everything(service)


@router.get("/{number}")
def one(number: Id, who: UsesCaller, service: UsesParts) -> bodies.SandboxModel:
    """Tell of a sandbox."""
    return told(service, find(service, number, who))


@router.post("/{number}/extend")
def extend(number: Id, who: ChangesAs, service: UsesParts) -> bodies.SandboxModel:
    """Make its life longer."""
    sandbox = service.sandboxes.find(number, maker(service, who).username)
    return told(service, Lives.of(service).extend(sandbox))


@router.post("/{number}/keep")
def keep(number: Id, given: bodies.KeepBody, who: ChangesAs, service: UsesParts) -> bodies.ReceiptModel:
    """Copy the work to my home or a project, with a manifest; the same work again is the same copy."""
    me = maker(service, who)
    receipt = keeping.keep(service, service.sandboxes.find(number, me.username), me, given.to, given.name)
    return bodies.ReceiptModel.model_validate(receipt)


@router.delete("/{number}", status_code=202)
def destroy(number: Id, who: ChangesAs, service: UsesParts) -> None:
    """Destroy it now, with its files."""
    sandbox = find(service, number, who)
    if sandbox.state != "destroyed":
        Lives.of(service).destroy(sandbox, "asked" if sandbox.username == who.name else "operator")


def maker(service: Parts, who: Caller) -> Maker:
    """Return the person who asks, with their groups as far as the hub told; services and projects are no people."""
    if who.person.kind != "user" or kind_of(who.name, "") != "personal":
        raise NotAllowed("Sandboxes are for people: ask with the token of a person")
    groups = who.person.groups
    return Maker(who.name, groups if groups is not None else service.office.holders.groups(who.name))


def find(service: Parts, number: str, who: Caller) -> Sandbox:
    """Return a sandbox of mine, or for an administrator of anybody."""
    found = service.sandboxes.find(number)
    if found.username != who.name and not who.person.admin:
        raise NotFound(f"There is no sandbox {number!a}")
    return found


def told(service: Parts, sandbox: Sandbox) -> bodies.SandboxModel:
    """Return a sandbox as the API gives it now."""
    policy = service.settings.sandboxes
    return bodies.told(sandbox, service.clock(), policy.extensions, policy.extension_minutes)


def everything(service: Parts) -> bodies.OverviewModel:
    """Return what is there and how many were made in the last 24 h."""
    found = service.sandboxes.there()
    counts = {
        state: sum(one.state == state for one in found) for state in ("making", "running", "frozen", "destroying")
    }
    today, kept = service.sandboxes.since(service.clock() - timedelta(days=1))
    totals = bodies.TotalsModel(**counts, today=today, kept=kept)
    return bodies.OverviewModel(totals=totals, sandboxes=[told(service, one) for one in found])
