"""The pages of projects: mine and those one may find, a new one, one project, coming in by a link."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Query, Request, Response

from gaia_vre.core.errors import NotFound, NotSignedIn
from gaia_vre.look.language import Language
from gaia_vre.projects import rules
from gaia_vre.projects.founding import Wish
from gaia_vre.projects.joining import TEXT, Terms
from gaia_vre.projects.model import Role, Visibility
from gaia_vre.projects.store import Mine
from gaia_vre.quotas.model import BUDGETS
from gaia_vre.quotas.offers import people
from gaia_vre.service.apps.words import app_sheet
from gaia_vre.service.dependencies import Parts, SubmitsAs, UsesLanguage, UsesParts, chosen_language
from gaia_vre.service.frame import PREFIX, frame, redirect, templates
from gaia_vre.service.login import Caller
from gaia_vre.service.projects import words
from gaia_vre.service.projects.bodies import Slug
from gaia_vre.service.projects.ending import ending
from gaia_vre.service.projects.past_routes import NO_STATES, past_sheet
from gaia_vre.service.projects.routes import actor, invitation_address, known, look
from gaia_vre.service.projects.server_pages import project_sheet
from gaia_vre.service.publishing.words import published_sheet
from gaia_vre.service.quotas.pages import end_of
from gaia_vre.service.quotas.words import day_words, last_day

router = APIRouter(include_in_schema=False)
PAGE = f"{PREFIX}projects"
_HISTORY = 20
Name = Annotated[str, Form(min_length=1, max_length=255)]
Number = Annotated[int, Form(ge=1, lt=2**31)]
Text = Annotated[str, Form(max_length=TEXT)]


@router.get("/projects")
def projects(request: Request, service: UsesParts, language: UsesLanguage) -> Response:
    """Show the projects that I am in, and those that I may find."""
    who = _visitor(request, service)
    if who is None:
        return service.login.begin(request, redirect, PAGE)
    mine = service.registry.projects.of(actor(service, who))
    inside = {one.project.slug for one in mine}
    context = _context(service, language, who) | {
        "mine": mine,
        "of_projects": spoken(service, language),
        "invited": service.registry.pending.mine(actor(service, who)),
        "others": [one for one in service.registry.projects.listed() if one.slug not in inside],
        "may_make": bool(service.registry.founding.communities(actor(service, who))),
    }
    return templates.TemplateResponse(request, "projects/list.html", context)


@router.get("/projects/new")
def new_form(request: Request, service: UsesParts, language: UsesLanguage) -> Response:
    """Show the form of a new project."""
    who = _visitor(request, service)
    if who is None:
        return service.login.begin(request, redirect, f"{PAGE}/new")
    found = service.registry.founding.communities(actor(service, who))
    titles = {one.name: one.title for one in service.office.rules.accounts}
    context = _context(service, language, who) | {"communities": [(name, titles.get(name, name)) for name in found]}
    return templates.TemplateResponse(request, "projects/new.html", context)


def wished(
    title: Annotated[str, Form(max_length=rules.TITLE)],
    slug: Annotated[str, Form(max_length=28)] = "",
    description: Annotated[str, Form(max_length=rules.DESCRIPTION)] = "",
    visibility: Annotated[Visibility, Form()] = "private",
    community: Annotated[str | None, Form(max_length=120)] = None,
) -> Wish:
    """Return what the form says of a new project."""
    return Wish(title, slug.strip(), description.replace("\r\n", "\n"), visibility, community or None)


@router.post("/projects/new")
def make(who: SubmitsAs, service: UsesParts, wish: Annotated[Wish, Depends(wished)]) -> Response:
    """Make a project."""
    made = service.registry.founding.found(wish, actor(service, who))
    return redirect(f"{PAGE}/{made.slug}")


@router.get("/projects/join")
def join_form(request: Request, service: UsesParts, language: UsesLanguage) -> Response:
    """Show where a link leads to; its secret stands behind the #, which a script puts into the form."""
    who = _visitor(request, service)
    if who is None:
        return service.login.begin(request, redirect, f"{PAGE}/join")
    return templates.TemplateResponse(request, "projects/join.html", _context(service, language, who))


@router.post("/projects/join")
def join(who: SubmitsAs, service: UsesParts, secret: Annotated[str, Form(min_length=1, max_length=300)]) -> Response:
    """Come in by a link, or by what follows the # in it."""
    project = service.registry.joinings.accept(secret.strip().rpartition("#")[2], actor(service, who).name)
    return redirect(f"{PAGE}/{project.slug}")


@router.get("/projects/{slug}")
def project(  # noqa: PLR0913, PLR0917 - what FastAPI fills in
    request: Request,
    slug: Slug,
    service: UsesParts,
    language: UsesLanguage,
    folder: Annotated[str, Query(max_length=1000)] = "",
    lines: Annotated[int, Query(ge=1, le=1000)] = _HISTORY,
    state: Annotated[str, Query(max_length=255)] = "",
) -> Response:
    """Show a project: its people, its files and server, its budget, what happened."""
    who = _visitor(request, service)
    if who is None:
        return service.login.begin(request, redirect, f"{PAGE}/{slug}")
    context = _sheet(service, language, who, slug, folder, lines, state)
    return templates.TemplateResponse(request, "projects/project.html", context)


@dataclass(frozen=True)
class Given:
    """What the form says of a link."""

    role: Literal["viewer", "editor"]
    days: Literal["1", "7", "30"]
    uses: int


def given_link(
    role: Annotated[Literal["viewer", "editor"], Form()],
    days: Annotated[Literal["1", "7", "30"], Form()] = "7",
    uses: Annotated[int, Form(ge=1, le=500)] = 1,
) -> Given:
    """Return the fields of the form."""
    return Given(role, days, uses)


@router.post("/projects/{slug}/invite")
def invite(
    request: Request,
    slug: Slug,
    who: SubmitsAs,
    service: UsesParts,
    given: Annotated[Given, Depends(given_link)],
) -> Response:
    """Make a link and show it this once."""
    me = actor(service, who)
    service.registry.projects.seen_by(slug, me)
    terms = Terms(given.role, service.clock() + timedelta(days=int(given.days)), given.uses)
    _, secret = service.registry.joinings.invite(slug, terms, me)
    language = chosen_language(request)
    context = _sheet(service, language, who, slug) | {"link": invitation_address(service, secret)}
    answer = templates.TemplateResponse(request, "projects/project.html", context)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.post("/projects/{slug}/revoke")
def revoke(slug: Slug, who: SubmitsAs, service: UsesParts, number: Number) -> Response:
    """Let a link hold no longer."""
    me = actor(service, who)
    service.registry.projects.seen_by(slug, me)
    service.registry.joinings.revoke(slug, number, me)
    return redirect(f"{PAGE}/{slug}#people")


@router.post("/projects/{slug}/role")
def give_role(
    slug: Slug, who: SubmitsAs, service: UsesParts, username: Name, role: Annotated[Role, Form()]
) -> Response:
    """Give somebody a role, or another one."""
    me = actor(service, who)
    service.registry.projects.seen_by(slug, me)
    known(service, username)
    service.registry.people.put(slug, username, role, me)
    service.project_servers.settle(slug)
    return redirect(f"{PAGE}/{slug}#people")


@router.post("/projects/{slug}/remove")
def remove(slug: Slug, who: SubmitsAs, service: UsesParts, username: Name) -> Response:
    """Take somebody out, or leave."""
    me = actor(service, who)
    service.registry.projects.seen_by(slug, me)
    service.registry.people.remove(slug, username, me)
    service.project_servers.settle(slug)
    return redirect(PAGE if username == me.name else f"{PAGE}/{slug}#people")


@router.post("/projects/{slug}/ask")
def ask(slug: Slug, who: SubmitsAs, service: UsesParts, text: Text = "") -> Response:
    """Ask to join."""
    service.registry.joinings.ask(slug, actor(service, who), text)
    return redirect(f"{PAGE}/{slug}")


@router.post("/projects/{slug}/decide")
def decide(
    slug: Slug, who: SubmitsAs, service: UsesParts, number: Number, role: Annotated[Role | Literal["no"], Form()]
) -> Response:
    """Let in somebody who asked, or not."""
    me = actor(service, who)
    service.registry.projects.seen_by(slug, me)
    service.registry.joinings.decide(slug, number, None if role == "no" else role, me)
    return redirect(f"{PAGE}/{slug}#people")


@router.post("/projects/{slug}/end")
def move_end(slug: Slug, who: SubmitsAs, service: UsesParts, ends: Annotated[date, Form()]) -> Response:
    """Let a project end on another day."""
    me = actor(service, who)
    service.registry.projects.seen_by(slug, me)
    service.registry.founding.extend(slug, end_of(service, ends), me, admin=who.person.admin)
    return redirect(f"{PAGE}/{slug}")


def _visitor(request: Request, service: Parts) -> Caller | None:
    try:
        return service.login.caller(request)
    except NotSignedIn:
        return None


def _context(service: Parts, language: Language, who: Caller) -> dict[str, Any]:
    return frame(service, language, who) | spoken(service, language)


def spoken(service: Parts, language: Language) -> dict[str, Any]:
    """Return how projects are told of in a language."""
    now, zone = service.clock(), ZoneInfo(service.settings.service.time_zone)

    def last(end: datetime) -> date:
        return last_day(end, zone)

    return {
        "role_words": lambda role: language.text(words.ROLES[role]),
        "state_words": lambda state: language.text(words.STATES[state]),
        "visibilities": [(key, language.text(text)) for key, text in words.VISIBILITIES.items()],
        "last_day": lambda end: day_words(language, last(end), now.date()),
        "last_date": lambda end: last(end).isoformat(),
        "event_words": lambda event: words.event_words(language, event),
        "now": now,
    }


def _sheet(  # noqa: PLR0913, PLR0917 - what the page was asked with
    service: Parts, language: Language, who: Caller, slug: str, folder: str = "", lines: int = _HISTORY, state: str = ""
) -> dict[str, Any]:
    found = look(service, slug, who)
    inside = who.person.admin or rules.may(found.role, "read", found.project)
    may = {
        act: rules.may(found.role, act, found.project) for act in ("ask", "people", "owners", "end", "spend", "write")
    }
    joinings, registry = service.registry.joinings, service.registry
    files = project_sheet(service, language, found, "" if state else folder, admin=who.person.admin)
    return _context(service, language, who) | {
        "project": found.project,
        "role": found.role,
        "inside": inside,
        "may": may,
        "members": registry.people.of(slug) if inside else [],
        "groups": registry.people.groups(slug) if inside else {},
        "links": joinings.links(slug) if may["people"] else [],
        "waiting": joinings.waiting(slug) if may["people"] else [],
        **_happened(service, found, lines, admin=who.person.admin),
        "budget": _budget(service, found) if inside else None,
        "choices": [role for role in ("viewer", "editor", "manager", "owner") if may["owners"] or role in _LOW],
        "link": None,
        **ending(service, language, who, found, inside=inside),
        **files,
        **(past_sheet(service, language, found, folder, state) if found.role or who.person.admin else NO_STATES),
        "datasets_published": service.published_datasets.of(slug, actor(service, who)) if found.role else [],
        **published_sheet(service, language, found, actor(service, who)),
        **app_sheet(service, language, found, actor(service, who), files["files"] or []),
    }


_LOW = ("viewer", "editor")


def _happened(service: Parts, found: Mine, lines: int, *, admin: bool) -> dict[str, Any]:
    """Return what happened, for members; strangers read an open project's page, not who was in it and when."""
    if found.role is None and not admin:
        return {"history": [], "more_history": False}
    history = service.registry.projects.history(found.project.slug, lines + 1)
    return {"history": history[:lines], "more_history": len(history) > lines}


def _budget(service: Parts, found: Mine) -> dict[str, float] | None:
    """Return the credits of a project's account: used, held, limit; None where nothing limits them."""
    try:
        account = service.office.accounts.find(found.project.account)
    except NotFound:
        return None  # the next pass makes it
    limit = account.limits[BUDGETS[-1]]
    if not limit:
        return None
    return {
        "limit": people("credits", limit),
        "used": people("credits", account.used.credits),
        "used_part": min(100.0, account.used.credits / limit * 100),
        "held_part": min(100.0, account.reserved.credits / limit * 100),
    }
