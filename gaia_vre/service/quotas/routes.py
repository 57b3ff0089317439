"""The JSON API of the past: what was used by day, payer and person, also as CSV."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from gaia_vre.core.amounts import hours
from gaia_vre.core.errors import InvalidInput, NotAllowed, NotFound
from gaia_vre.quotas import reporting
from gaia_vre.quotas.csv_text import csv_text
from gaia_vre.quotas.history import MOST_ROWS, History, Used
from gaia_vre.quotas.model import BUDGETS
from gaia_vre.quotas.requests import managed_by
from gaia_vre.service.dependencies import Parts, UsesCaller, UsesParts
from gaia_vre.service.login import Caller

router = APIRouter(prefix="/api/quotas")

DAYS_SHOWN = 30
MOST_DAYS = 400
_COLUMNS = ("day", "account", "username", *BUDGETS)


class Wanted(BaseModel):
    """Which part of the past."""

    model_config = ConfigDict(extra="forbid")
    account: str | None = Field(default=None, max_length=120)
    """None: what I used, whoever paid."""
    since: date | None = None
    until: date | None = None
    format: Literal["json", "csv"] = "json"


class Month(BaseModel):
    """Which month's report."""

    model_config = ConfigDict(extra="forbid")
    month: str | None = Field(default=None, max_length=40)
    """Such as 2026-10; None: the last."""
    format: Literal["json", "csv"] = "json"


@router.get("/history")
def history(who: UsesCaller, service: UsesParts, wanted: Annotated[Wanted, Query()]) -> Response:
    """Return what I used by day, or for its managers what all used of an account; 30 days unless others are named."""
    until = wanted.until or service.clock().date()
    since = wanted.since or until - timedelta(days=DAYS_SHOWN - 1)
    if since > until:
        raise InvalidInput(f"since: {since} is after until, {until}")
    if (until - since).days >= MOST_DAYS:
        raise InvalidInput(f"{(until - since).days + 1} days are asked; at most {MOST_DAYS} come at once")
    found = _used(service, who, wanted.account, since, until)
    if len(found) > MOST_ROWS:
        raise InvalidInput(f"More than {MOST_ROWS:,} rows are asked; name fewer days")
    rows = [_row(one) for one in found]
    if wanted.format == "json":
        return JSONResponse({"since": since.isoformat(), "until": until.isoformat(), "rows": rows})
    return csv_answer(f"usage-{since}-{until}.csv", csv_text(_COLUMNS, rows))


@router.get("/report")
def monthly_report(who: UsesCaller, service: UsesParts, wanted: Annotated[Month, Query()]) -> Response:
    """Return what each community used at each site in a month; for administrators."""
    if not who.person.admin:
        raise NotAllowed(f"{who.name} may not see the report of all communities; administrators may")
    month, lines = report_of(service, wanted.month)
    rows = reporting.rows(month, lines)
    if wanted.format == "csv":
        return csv_answer(f"report-{month}.csv", csv_text(reporting.COLUMNS, rows))
    return JSONResponse({"month": month, "note": reporting.NOTE, "lines": rows, "total": reporting.total(lines)})


def report_of(service: Parts, month: str | None) -> tuple[str, list[reporting.Line]]:
    """Return the report of a month, without one of the last; raises InvalidInput."""
    month = month or reporting.last_month(service.clock().date())
    period = reporting.month_of(month)
    return month, reporting.report(service.engine, *period, service.office.rules.energy_of)


def csv_answer(name: str, text: str) -> Response:
    """Return a file of CSV that a browser saves."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


def may_see_all(service: Parts, who: Caller, account: str) -> bool:
    """Say whether a person may see what others used of an account."""
    return who.person.admin or account in managed_by(service.office.rules, who.name)


def _used(service: Parts, who: Caller, account: str | None, since: date, until: date) -> list[Used]:
    if who.person.kind != "user":
        raise NotAllowed(f"{who.name} is a service; the past of use is for people")
    past = History(service.engine)
    if account is None or account == f"person:{who.name}":
        found = past.of_person(who.name, since, until)
        return found if account is None else [one for one in found if one.account == account]
    if not may_see_all(service, who, account):
        raise NotAllowed(f"{who.name} may not see what others used of {account[:120]!a}; its managers may")
    try:
        return past.of_account(service.office.accounts.find(account).id, since, until)
    except NotFound:
        raise NotFound(f"There is no account {account[:120]!a}") from None


def _row(one: Used) -> dict[str, Any]:
    amounts = {name: round(hours(getattr(one.spending, name)), 6) for name in BUDGETS}
    return {"day": one.day.isoformat(), "account": one.account, "username": one.username, **amounts}
