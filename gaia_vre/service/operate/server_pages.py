"""The administrators' pages of servers: all that run, and who is let into those of projects."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Query, Request, Response

from gaia_vre.core.kinds import ServerKind
from gaia_vre.core.marking import said
from gaia_vre.messages.model import one_line
from gaia_vre.service.actions import stop_for
from gaia_vre.service.dependencies import SubmitsAs, UsesLanguage, UsesParts
from gaia_vre.service.frame import frame, own_page, redirect, templates
from gaia_vre.service.model import Thing
from gaia_vre.service.operate.pages import PAGE, Word, check_operator, operator, paging
from gaia_vre.service.operate.people_pages import Number
from gaia_vre.service.operate.running import ROWS, Sort, Wanted, lines_of, shares_of, sites
from gaia_vre.service.quotas import words

router = APIRouter(include_in_schema=False)
SERVERS = f"{PAGE}/servers"
Username = Annotated[str, Form(min_length=1, max_length=255)]
KINDS: dict[ServerKind, str] = {
    "personal": said("Personal lab"),
    "project": said("Server of a project"),
    "app": said("App of a project"),
    "sandbox": said("Sandbox"),
}
_SERVER = r"^([a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?)?$"


def wanted(
    q: Word = "", kind: Literal["", "personal", "project", "app", "sandbox"] = "", site: Word = "", sort: Sort = "age"
) -> Wanted:
    """Return which servers the form asks for."""
    return Wanted(q.strip(), kind, site, sort)


@router.get("/operate/servers")
def servers(
    request: Request,
    service: UsesParts,
    language: UsesLanguage,
    asked: Annotated[Wanted, Depends(wanted)],
    page: Number = 1,
) -> Response:
    """Show what runs, page by page."""
    who = operator(request, service)
    if who is None:
        return service.login.begin(request, redirect, SERVERS)
    now, (told, everything) = service.clock(), service.running.servers()
    found = lines_of(service.engine, everything, asked, now)
    context = frame(service, language, who) | paging(SERVERS, asdict(asked), len(found), page, ROWS)
    context |= {
        "asked": asked,
        "lines": found[ROWS * (page - 1) : ROWS * page],
        "everything": len(everything),
        "told": told,
        "kinds": KINDS,
        "sites": sites(service.engine),
        "short": lambda value: words.short(language, value),
    }
    return templates.TemplateResponse(request, "operate/servers.html", context)


@router.get("/operate/shares")
def shares(
    request: Request,
    service: UsesParts,
    language: UsesLanguage,
    q: Annotated[str, Query(max_length=100)] = "",
    page: Number = 1,
) -> Response:
    """Show who is let into whose server."""
    who = operator(request, service)
    if who is None:
        return service.login.begin(request, redirect, f"{PAGE}/shares")
    found, total = shares_of(service.engine, q.strip(), page)
    context = frame(service, language, who) | paging(f"{PAGE}/shares", {"q": q}, total, page, ROWS)
    context |= {"q": q, "shares": found}
    return templates.TemplateResponse(request, "operate/shares.html", context)


@router.post("/operate/stop")
def stop(  # noqa: PLR0913, PLR0917 - each is a field of the form
    service: UsesParts,
    who: SubmitsAs,
    username: Username,
    name: Annotated[str, Form(pattern=_SERVER)] = "",
    reason: Annotated[str, Form(max_length=200)] = "",
    back: Annotated[str, Form(max_length=4000)] = SERVERS,
) -> Response:
    """Stop somebody's server; they read who did, and why."""
    check_operator(who)
    stop_for(service, who, Thing("server", username, name), one_line(reason))
    return redirect(own_page(back))
