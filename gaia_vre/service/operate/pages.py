"""The operators' page."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response

from gaia_vre.core.errors import NotAllowed, NotSignedIn
from gaia_vre.service.dependencies import Parts, SubmitsAs, UsesLanguage, UsesParts
from gaia_vre.service.frame import PREFIX, frame, redirect, templates
from gaia_vre.service.login import Caller
from gaia_vre.service.operate.acts import Act, Acts
from gaia_vre.service.operate.budgets import budgets_of
from gaia_vre.service.operate.maintenance import Maintenance
from gaia_vre.service.operate.overview import REASONS, parts_of, refused, stopped
from gaia_vre.service.operate.sites import sites_of
from gaia_vre.service.quotas import words

router = APIRouter(include_in_schema=False)
PAGE = f"{PREFIX}operate"
Word = Annotated[str, Query(max_length=100)]


@router.get("/operate")
def operate(request: Request, service: UsesParts, language: UsesLanguage, q: Word = "") -> Response:
    """Show the parts, what is held at the sites, and the budgets nearest to their end."""
    who = operator(request, service)
    if who is None:
        return service.login.begin(request, redirect, PAGE)
    now = service.clock()
    context = frame(service, language, who) | {
        "q": q,
        "everything": len(service.running.servers()[1]),
        "sites": sites_of(service.engine),
        "budgets": budgets_of(service.engine, q),
        "short": lambda value: words.short(language, value),
        "parts": parts_of(service),
        "pause": Maintenance(service.engine).now(),
        "refused": [(words.unit(language, name) if name else "", count) for name, count in refused(service, now)],
        "stopped": [(REASONS[reason], count) for reason, count in stopped(service, now)],
    }
    return templates.TemplateResponse(request, "operate/operate.html", context)


@router.post("/operate/maintenance")
def begin_maintenance(service: UsesParts, who: SubmitsAs, said: Annotated[str, Form(max_length=300)] = "") -> Response:
    """Let nothing new start but for administrators."""
    check_operator(who)
    Maintenance(service.engine).begin(who.name, said.strip(), service.clock())
    Acts(service.engine).record(Act(who.name, "paused", reason=said.strip()), service.clock())
    return redirect(PAGE)


@router.post("/operate/maintenance/end")
def end_maintenance(service: UsesParts, who: SubmitsAs) -> Response:
    """Let everything start again."""
    check_operator(who)
    Maintenance(service.engine).end()
    Acts(service.engine).record(Act(who.name, "resumed"), service.clock())
    return redirect(PAGE)


def paging(address: str, asked: dict[str, Any], total: int, page: int, rows: int) -> dict[str, Any]:
    """Return what the template of a list in pages says of them: how many, which one, and where the others are.

    Parameters
    ----------
    asked
        What the form asks for, kept in the addresses of the other pages; its word is the parameter ``q``.
    """
    given = {("q" if name == "word" else name): value for name, value in asked.items()}
    return {
        "total": total,
        "page": page,
        "pages": max(1, -(-total // rows)),
        "to": lambda number: f"{address}?{urlencode(given | {'page': number})}",
    }


def operator(request: Request, service: Parts) -> Caller | None:
    """Return the administrator who looks; None when nobody is signed in, and all others are refused."""
    try:
        who = service.login.caller(request)
    except NotSignedIn:
        return None
    check_operator(who)
    return who


def check_operator(who: Caller) -> None:
    """Refuse everybody but administrators."""
    if not who.person.admin:
        raise NotAllowed(f"This page is for administrators; {who.name} is none")
