"""The page of the monthly report, for administrators."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from babel.dates import format_date
from fastapi import APIRouter, Query, Request, Response

from gaia_vre.core.errors import NotAllowed, NotSignedIn
from gaia_vre.quotas import reporting
from gaia_vre.service.dependencies import UsesLanguage, UsesParts
from gaia_vre.service.frame import PREFIX, frame, redirect, templates
from gaia_vre.service.quotas import words
from gaia_vre.service.quotas.routes import report_of

router = APIRouter(include_in_schema=False)
PAGE = f"{PREFIX}usage/report"


@router.get("/usage/report")
def report(
    request: Request,
    service: UsesParts,
    language: UsesLanguage,
    month: Annotated[str | None, Query(max_length=40)] = None,
) -> Response:
    """Show what each community used at each site in a month, with an estimate of its energy."""
    try:
        who = service.login.caller(request)
    except NotSignedIn:
        return service.login.begin(request, redirect, PAGE)
    if not who.person.admin:
        raise NotAllowed(f"{who.name} may not see the report of all communities; administrators may")
    month, lines = report_of(service, month or None)
    titles = {one.name: one.title for one in service.office.rules.accounts}
    energy = {line.site: service.office.rules.energy_of(line.site) for line in lines}
    context = frame(service, language, who) | {
        "month": month,
        "month_words": format_date(date.fromisoformat(f"{month}-01"), "LLLL y", locale=language.code),
        "latest": f"{service.clock():%Y-%m}",
        "lines": lines,
        "total": reporting.total(lines),
        "title": lambda name: titles.get(name, name.partition(":")[2]),
        "short": lambda value: words.short(language, value),
        "energy": energy,
    }
    return templates.TemplateResponse(request, "quotas/report.html", context)
