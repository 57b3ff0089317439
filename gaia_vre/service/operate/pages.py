"""The operators' page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response

from gaia_vre.core.errors import NotAllowed, NotSignedIn
from gaia_vre.service.actions import stop_for
from gaia_vre.service.dependencies import SubmitsAs, UsesLanguage, UsesParts
from gaia_vre.service.frame import PREFIX, frame, own_page, redirect, templates
from gaia_vre.service.login import Caller
from gaia_vre.service.operate.budgets import budgets_of
from gaia_vre.service.operate.maintenance import Maintenance
from gaia_vre.service.operate.overview import REASONS, ROWS, parts_of, people_of, refused, servers_of, stopped
from gaia_vre.service.operate.sites import sites_of
from gaia_vre.service.quotas import words

router = APIRouter(include_in_schema=False)
PAGE = f"{PREFIX}operate"
Word = Annotated[str, Query(max_length=100)]
Username = Annotated[str, Form(min_length=1, max_length=255)]
_SERVER = r"^([a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?)?$"


@router.get("/operate")
def operate(
    request: Request,
    service: UsesParts,
    language: UsesLanguage,
    q: Word = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """Show the parts, what runs, and whoever is looked for."""
    try:
        who = service.login.caller(request)
    except NotSignedIn:
        return service.login.begin(request, redirect, PAGE)
    _check_operator(who)
    now = service.clock()
    servers, matching, running = servers_of(service, q)
    people, total = people_of(service, q, page)
    context = frame(service, language, who) | {
        "q": q,
        "page": page,
        "pages": max(1, -(-total // ROWS)),
        "people": people,
        "total": total,
        "servers": servers if q else servers[:ROWS],
        "matching": matching,
        "everything": running,
        "sites": sites_of(service.engine),
        "budgets": budgets_of(service.engine, q),
        "short": lambda value: words.short(language, value),
        "parts": parts_of(service),
        "pause": Maintenance(service.engine).now(),
        "refused": [(words.unit(language, name) if name else "", count) for name, count in refused(service, now)],
        "stopped": [(REASONS[reason], count) for reason, count in stopped(service, now)],
        "sizes": {size.name: size for size in service.settings.labs.sizes},
    }
    return templates.TemplateResponse(request, "operate/operate.html", context)


@router.post("/operate/stop")
def stop(
    service: UsesParts,
    who: SubmitsAs,
    username: Username,
    name: Annotated[str, Form(pattern=_SERVER)] = "",
    back: Annotated[str, Form(max_length=4000)] = PAGE,
) -> Response:
    """Stop somebody's server; they read that an administrator did."""
    _check_operator(who)
    stop_for(service, who, username, name)
    return redirect(own_page(back))


@router.post("/operate/maintenance")
def begin_maintenance(service: UsesParts, who: SubmitsAs, said: Annotated[str, Form(max_length=300)] = "") -> Response:
    """Let nothing new start but for administrators."""
    _check_operator(who)
    Maintenance(service.engine).begin(who.name, said.strip(), service.clock())
    return redirect(PAGE)


@router.post("/operate/maintenance/end")
def end_maintenance(service: UsesParts, who: SubmitsAs) -> Response:
    """Let everything start again."""
    _check_operator(who)
    Maintenance(service.engine).end()
    return redirect(PAGE)


def _check_operator(who: Caller) -> None:
    if not who.person.admin:
        raise NotAllowed(f"This page is for administrators; {who.name} is none")
