"""How managers split a project's budget among its members: API and form."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from gaia_vre.core.amounts import hours, plain
from gaia_vre.core.errors import InvalidInput, NotAllowed
from gaia_vre.quotas.model import BUDGETS, CAPS, Account, Spending
from gaia_vre.quotas.offers import people
from gaia_vre.quotas.policy import DIMENSIONS, amount_of, dimension_of
from gaia_vre.quotas.shares import Shares, Split
from gaia_vre.quotas.sources import source_words
from gaia_vre.service.dependencies import ChangesAs, Parts, SubmitsAs, UsesCaller, UsesParts
from gaia_vre.service.frame import PREFIX, redirect
from gaia_vre.service.login import Caller
from gaia_vre.service.quotas.sheet import PEOPLE_SHOWN, Sheet

router = APIRouter()
_MOST_PARTS = 100
Name = Annotated[str, Field(max_length=255)]


class ShareRequest(BaseModel):
    """What one member may use."""

    model_config = ConfigDict(extra="forbid")
    account: Annotated[str, Field(max_length=120)]
    username: Name
    limit: Annotated[str, Field(max_length=40)]
    """As in the settings, such as credits or memory_gib."""
    value: float | Literal["unlimited"]


class ShareModel(BaseModel):
    """A share with what its member holds and has used."""

    username: str
    limits: dict[str, float]
    sources: dict[str, str]
    used: dict[str, float]
    held: dict[str, float]


@router.get("/api/quotas/shares")
def shares(who: UsesCaller, service: UsesParts, account: Annotated[str, Query(max_length=120)]) -> list[ShareModel]:
    """List how an account is split; for its managers."""
    if not may_split(service, who, account):
        raise NotAllowed(f"{who.name} may not see how {account!a} is split; its managers may")
    return [_model(one) for one in Shares(service.office).of(account)]


@router.post("/api/quotas/shares", status_code=201)
def give(asked: ShareRequest, who: ChangesAs, service: UsesParts) -> ShareModel:
    """Set what one member may use of an account; for its managers."""
    if asked.limit not in DIMENSIONS:
        raise InvalidInput(f"There is no limit {asked.limit!a}; there are {', '.join(DIMENSIONS)}")
    value = None if asked.value == "unlimited" else amount_of(asked.limit, asked.limit, asked.value)
    split = Split(asked.account, asked.username, dimension_of(asked.limit), value, who.name, who.person.admin)
    return _model(Shares(service.office).give(split))


def submitted(
    account: Annotated[str, Form(max_length=120)],
    username: Annotated[str, Form(max_length=255)],
    dimension: Annotated[str, Form(max_length=40)],
    value: Annotated[str, Form(max_length=40)] = "",
) -> Split:
    """Return what the form says, by nobody yet; an empty field takes the limit away."""
    given = value.strip().replace(",", ".")  # people of France write a comma
    amount = amount_of(dimension[:40], dimension, given) if given else None
    return Split(account, username.strip(), dimension, amount, by="")


@router.post("/usage/split", include_in_schema=False)
def submit(who: SubmitsAs, service: UsesParts, given: Annotated[Split, Depends(submitted)]) -> Response:
    """Set what one member may use of an account."""
    Shares(service.office).give(replace(given, by=who.name, admin=who.person.admin))
    return redirect(f"{PREFIX}usage?account={quote(given.account)}#split")


def may_split(service: Parts, who: Caller, account: str) -> bool:
    """Say whether a person may split an account among its members."""
    if service.office.rules.declared(account) is None:
        return False
    return who.person.admin or Shares(service.office).may_split(account, who.name)


def _model(share: Account) -> ShareModel:
    return ShareModel(
        username=share.holder,
        limits={name: people(name, value) for name, value in share.limits.items() if value is not None},
        sources=share.sources,
        used={name: hours(getattr(share.used, name)) for name in BUDGETS},
        held={name: plain(getattr(share.held, name)) for name in CAPS},
    )


@dataclass(frozen=True)
class Part:
    """What one member may use of an account, and has used."""

    name: str
    used: float
    limit: float | None
    percent: float
    note: str


@dataclass(frozen=True)
class Parted:
    """How one budget of an account is split."""

    dimension: str
    parts: tuple[Part, ...]
    given: float
    limit: float | None
    more: bool
    """There are members that are not shown."""


def parted(sheet: Sheet, account: Account) -> Parted:
    """Return how an account is split: those with a share, the members of the settings, and who used most."""
    dimension = next((name for name in ("credits", *BUDGETS) if account.limits[name] is not None), "credits")
    shares = {one.holder: one for one in Shares(sheet.office).of(account.name)}
    begins = account.window.begins(sheet.now)
    used = dict(sheet.past.people(account.id, begins.date() if begins else date.min, PEOPLE_SHOWN))
    declared = sheet.office.rules.declared(account.name)
    names = sorted({*shares, *used, *(declared.members if declared else ())})
    parts = [_part(sheet, name, dimension, shares.get(name), used.get(name)) for name in names[:_MOST_PARTS]]
    whole = account.limits[dimension]
    given = sum(one.limits[dimension] or 0 for one in shares.values())
    limit = None if whole is None else hours(whole)
    return Parted(dimension, tuple(parts), hours(given), limit, more=len(names) > _MOST_PARTS)


def _part(sheet: Sheet, name: str, dimension: str, share: Account | None, spent: Spending | None) -> Part:
    used = int(getattr(share.used if share else spent, dimension, 0))
    limit = share.limits[dimension] if share else None
    source = source_words(sheet.language, share.sources.get(dimension, "")) if share and limit is not None else ""
    percent = 0 if limit is None else 100 if not limit else min(100, round(used / limit * 100, 2))
    return Part(name, hours(used), None if limit is None else hours(limit), percent, source)
