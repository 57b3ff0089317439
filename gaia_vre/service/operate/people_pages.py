"""The administrators' pages of people: the search among all of them, one of them, and what was done."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from gaia_vre.core.errors import NotFound
from gaia_vre.service.dependencies import UsesLanguage, UsesParts
from gaia_vre.service.frame import frame, redirect, templates
from gaia_vre.service.operate.acts import KINDS, Act, Acts
from gaia_vre.service.operate.pages import PAGE, Word, operator, paging
from gaia_vre.service.operate.people import ROWS, People, Sort, Wanted
from gaia_vre.service.operate.running import Wanted as WantedServers
from gaia_vre.service.operate.running import lines_of
from gaia_vre.service.quotas import words

router = APIRouter(include_in_schema=False)
Number = Annotated[int, Query(ge=1, le=100_000)]
_ACTS = 50


def wanted(q: Word = "", community: Word = "", project: Word = "", group: Word = "", sort: Sort = "active") -> Wanted:
    """Return whom the form asks for."""
    return Wanted(q.strip(), community, project.strip(), group.strip(), sort)


@router.get("/operate/people")
def people(
    request: Request,
    service: UsesParts,
    language: UsesLanguage,
    asked: Annotated[Wanted, Depends(wanted)],
    page: Number = 1,
) -> Response:
    """Show whoever is looked for, page by page."""
    who = operator(request, service)
    if who is None:
        return service.login.begin(request, redirect, f"{PAGE}/people")
    everybody = People(service.engine)
    found, total = everybody.find(asked, page)
    context = frame(service, language, who) | paging(f"{PAGE}/people", asdict(asked), total, page, ROWS)
    context |= {
        "asked": asked,
        "people": found,
        "communities": everybody.communities(),
        "short": lambda value: words.short(language, value),
    }
    return templates.TemplateResponse(request, "operate/people.html", context)


@router.get("/operate/person")
def person(
    request: Request,
    service: UsesParts,
    language: UsesLanguage,
    name: Annotated[str, Query(min_length=1, max_length=255)],
) -> Response:
    """Show one person's servers, projects and what was done for them; they read that somebody looked."""
    who = operator(request, service)
    if who is None:
        return service.login.begin(request, redirect, f"{PAGE}/people")
    now = service.clock()
    one = People(service.engine).asked(service.hub, name, now)
    if one is None:
        raise NotFound(f"There is nobody of the name {name[:80]!a}")
    acts = Acts(service.engine)
    if name != who.name:
        acts.record(Act(who.name, "looked", name), now)
    lines = lines_of(service.engine, service.running.servers()[1], WantedServers(name), now)
    context = frame(service, language, who) | {
        "one": one,
        "lines": [line for line in lines if line.server.username == name],
        "endings": service.store.endings(name, 10),
        "acts": acts.latest(_ACTS, username=name),
        "kinds": KINDS,
        "short": lambda value: words.short(language, value),
    }
    return templates.TemplateResponse(request, "operate/person.html", context)


@router.get("/operate/record")
def record(request: Request, service: UsesParts, language: UsesLanguage, page: Number = 1) -> Response:
    """Show what administrators did."""
    who = operator(request, service)
    if who is None:
        return service.login.begin(request, redirect, f"{PAGE}/record")
    found = Acts(service.engine).latest(_ACTS + 1, _ACTS * (page - 1))
    context = frame(service, language, who) | {
        "acts": found[:_ACTS],
        "more": len(found) > _ACTS,
        "page": page,
        "kinds": KINDS,
    }
    return templates.TemplateResponse(request, "operate/record.html", context)
