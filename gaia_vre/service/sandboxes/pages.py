"""The pages of sandboxes: the link that asks for one, those I have, what I tried, and the operators' view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Form, Request, Response

from gaia_vre.core.errors import NotAllowed, NotFound, NotSignedIn
from gaia_vre.look.language import Language
from gaia_vre.projects import rules
from gaia_vre.sandboxes.links import link_query, read_link, same_again
from gaia_vre.sandboxes.model import LIVING, Sandbox, Source, SourceKind, Wish
from gaia_vre.service.dependencies import Parts, SubmitsAs, UsesLanguage, UsesParts
from gaia_vre.service.frame import PREFIX, frame, own_page, redirect, templates
from gaia_vre.service.login import Caller
from gaia_vre.service.projects.routes import actor
from gaia_vre.service.sandboxes import keeping, words
from gaia_vre.service.sandboxes.bodies import Id
from gaia_vre.service.sandboxes.lives import Lives
from gaia_vre.service.sandboxes.offers import Offer, examples, offer
from gaia_vre.service.sandboxes.routes import everything, find, maker

router = APIRouter(include_in_schema=False)
PAGE = f"{PREFIX}sandboxes"
NEW = f"{PREFIX}sandbox/new"
STARTING = f"{PREFIX}sandbox/starting"
OPERATE = f"{PREFIX}operate/sandboxes"
_ID = r"^[a-z0-9]{4,16}$"
Number = Annotated[str, Form(pattern=_ID)]
Back = Annotated[str, Form(max_length=4000)]


@router.get("/sandbox/new")
def confirm(request: Request, service: UsesParts, language: UsesLanguage) -> Response:
    """Show what a link asks for; nothing runs and nobody is asked before the button is pressed."""
    who = _visitor(request, service)
    if who is None:
        return service.login.begin(request, redirect, f"{NEW}?{request.url.query}".rstrip("?"))
    _check_enabled(service)
    source = read_link(request.query_params.multi_items())
    offered = offer(service, who, language, source)
    context = frame(service, language, who) | _asked(service, who, language, offered)
    return templates.TemplateResponse(request, "sandboxes/new.html", context)


def wished(
    kind: Annotated[SourceKind, Form()] = "blank",
    reference: Annotated[str, Form(max_length=1000)] = "",
    revision: Annotated[str, Form(max_length=200)] = "",
    path: Annotated[str, Form(max_length=300)] = "",
) -> Source:
    """Return what the form says a sandbox starts from."""
    return Source(kind, reference.strip(), revision.strip(), path.strip())


@router.post("/sandbox/new")
def make(
    who: SubmitsAs, service: UsesParts, language: UsesLanguage, source: Annotated[Source, Depends(wished)]
) -> Response:
    """Make a sandbox, show how it starts, and go on to what it opens."""
    _check_enabled(service)
    offered = offer(service, who, language, source)
    made = Lives.of(service).make(Wish(offered.source, offered.title), maker(service, who))
    return redirect(f"{STARTING}/{made.id}")


@router.get("/sandbox/starting/{number}")
def starting(number: Id, request: Request, service: UsesParts, language: UsesLanguage) -> Response:
    """Show that what a sandbox starts from is being fetched; go on when its lab starts, or say what the problem was."""
    who = _visitor(request, service)
    if who is None:
        return service.login.begin(request, redirect, f"{STARTING}/{number}")
    sandbox = service.sandboxes.find(number, who.name)
    if goal := went_on(service, sandbox):
        return redirect(goal)
    context = frame(service, language, who) | _words(service, language)
    context |= {
        "sandbox": sandbox,
        "living": sandbox.state in LIVING,
        "state": language.text(words.STATES[sandbox.state]),
        "why": language.text(words.REASONS[sandbox.why]),
        "count": words.countdown(language, sandbox, service.clock()),
        "again": context["again"](sandbox.source),
    }
    return templates.TemplateResponse(request, "sandboxes/starting.html", context)


@router.get("/sandboxes")
def mine(request: Request, service: UsesParts, language: UsesLanguage) -> Response:
    """Show my sandboxes, and what I tried."""
    who = _visitor(request, service)
    if who is None:
        return service.login.begin(request, redirect, PAGE)
    context = frame(service, language, who) | card(service, who, language)
    there = {one.id for one in context["sandboxes"]}
    context |= {
        "history": [one for one in service.sandboxes.history(who.name) if one.id not in there],
    }
    return templates.TemplateResponse(request, "sandboxes/list.html", context)


@router.post("/sandboxes/extend")
def extend(who: SubmitsAs, service: UsesParts, number: Number, back: Back = PAGE) -> Response:
    """Make a sandbox live longer."""
    Lives.of(service).extend(service.sandboxes.find(number, who.name))
    return redirect(own_page(back))


@router.post("/sandboxes/keep")
def keep(
    who: SubmitsAs,
    service: UsesParts,
    number: Number,
    to: Annotated[str, Form(pattern=r"^(home|project:[a-z0-9-]{1,28})$")] = "home",
) -> Response:
    """Copy the work to my home or a project, and show the receipt."""
    me = maker(service, who)
    keeping.keep(service, service.sandboxes.find(number, me.username), me, to, "")
    return redirect(f"{PAGE}#s-{number}")


@router.post("/sandboxes/destroy")
def destroy(who: SubmitsAs, service: UsesParts, number: Number, back: Back = PAGE) -> Response:
    """Let nothing be left of a sandbox."""
    sandbox = service.sandboxes.find(number, who.name)
    if sandbox.state != "destroyed":
        Lives.of(service).destroy(sandbox, "asked")
    return redirect(own_page(back))


@router.get("/operate/sandboxes")
def operate(request: Request, service: UsesParts, language: UsesLanguage) -> Response:
    """Show an operator all sandboxes, the oldest first."""
    who = _visitor(request, service)
    if who is None:
        return service.login.begin(request, redirect, OPERATE)
    _check_operator(who)
    context = frame(service, language, who) | _words(service, language)
    context |= {"sandboxes": service.sandboxes.there(), "totals": everything(service).totals}
    return templates.TemplateResponse(request, "sandboxes/operate.html", context)


@router.post("/operate/sandboxes/stop")
def stop(who: SubmitsAs, service: UsesParts, number: Number) -> Response:
    """Freeze somebody's sandbox; they read that an administrator did, and can still keep its files."""
    _check_operator(who)
    Lives.of(service).end(find(service, number, who), "operator")
    return redirect(OPERATE)


def card(service: Parts, who: Caller, language: Language) -> dict[str, Any]:
    """Return what the home page and the list show of my sandboxes."""
    groups = maker(service, who).groups
    found = service.registry.projects.of(actor(service, who))
    places = [one for one in found if rules.may(one.role, "write", one.project)]
    home = [("home", language.text("in my home"))] if service.settings.reaches_homes else []
    writable = home + [(f"project:{one.project.slug}", one.project.title) for one in places]
    return _words(service, language) | {
        "says": lambda sandbox: row_of(service, language, sandbox, writable),
        "sandboxes": service.sandboxes.of(who.name),
        "sandboxes_on": service.settings.has_sandboxes,
        "most": service.settings.sandboxes.most_of(groups),
        "titles_of_places": {f"project:{one.project.slug}": one.project.title for one in found},
    }


def went_on(service: Parts, sandbox: Sandbox) -> str | None:
    """Return where somebody goes on to who waits for a sandbox; None while the hub knows nothing of it."""
    server = service.hub.server(sandbox.username, sandbox.server) if sandbox.state == "running" else None
    if server is None:
        return None
    lab = lab_address(sandbox)
    if server.ready:
        # Whole: the hub, which would lead there, knows no visitors.
        return f"{service.settings.addresses.host_of(sandbox.user)}{lab}"
    # The hub shows how a start goes on to those who have signed in there.
    return None if sandbox.visitor else f"/hub/spawn-pending/{sandbox.user}/{sandbox.server}?{urlencode({'next': lab})}"


def lab_address(sandbox: Sandbox) -> str:
    """Return where the lab of a sandbox opens, at the file that it was made for."""
    base = f"/user/{sandbox.user}/{sandbox.server}/lab"
    return f"{base}/tree/{quote(sandbox.source.path)}" if sandbox.source.path else base


@dataclass(frozen=True)
class Row:
    """What the line of a sandbox says."""

    state: str
    why: str
    source: str
    count: words.Count
    lab: str
    more: int
    """How often it may still be made longer."""
    extension: str
    places: list[tuple[str, str]]
    kept: str


def row_of(service: Parts, language: Language, sandbox: Sandbox, places: list[tuple[str, str]]) -> Row:
    """Return the line of a sandbox that is there."""
    settings = service.settings.sandboxes
    living = sandbox.state in LIVING
    return Row(
        state=language.text(words.STATES[sandbox.state]),
        why=language.text(words.REASONS[sandbox.why]),
        source=words.source_words(language, sandbox.source),
        count=words.countdown(language, sandbox, service.clock()),
        lab=lab_address(sandbox),
        more=max(0, settings.extensions - sandbox.extensions) if living else 0,
        extension=words.duration(language, settings.extension_minutes),
        places=places,
        kept=words.receipt_words(language, sandbox.kept, dict(places)) if sandbox.kept else "",
    )


def _words(service: Parts, language: Language) -> dict[str, Any]:
    now = service.clock()
    return {
        "countdown": lambda sandbox: words.countdown(language, sandbox, now),
        "age": lambda sandbox: words.duration(language, (now - sandbox.created).total_seconds() / 60),
        "kind_words": lambda source: language.text(words.KINDS[source.kind]),
        "source_words": lambda source: words.source_words(language, source),
        "state_words": lambda state: language.text(words.STATES[state]),
        "why_words": lambda why: language.text(words.REASONS[why]),
        "receipt_words": lambda receipt, titles: words.receipt_words(language, receipt, titles),
        "again": lambda source: f"{NEW}?{link_query(same_again(source))}".rstrip("?"),
    }


def _asked(service: Parts, who: Caller, language: Language, offered: Offer) -> dict[str, Any]:
    settings = service.settings.sandboxes
    return card(service, who, language) | {
        "offer": offered,
        "link": f"{service.settings.addresses.public_url}{NEW}?{link_query(offered.source)}",
        "question": language.text(words.QUESTIONS[offered.source.kind]),
        "room": words.room_facts(language, service.settings),
        "life": words.duration(language, settings.minutes),
        "idle": words.duration(language, settings.idle_minutes),
        "extensions": settings.extensions,
        "extension": words.duration(language, settings.extension_minutes),
        "frozen": words.duration(language, settings.frozen_hours * 60),
        "examples": examples(),
    }


def _visitor(request: Request, service: Parts) -> Caller | None:
    try:
        return service.login.caller(request)
    except NotSignedIn:
        return None


def _check_enabled(service: Parts) -> None:
    if not service.settings.has_sandboxes:
        raise NotFound("There are no sandboxes here")


def _check_operator(who: Caller) -> None:
    if not who.person.admin:
        raise NotAllowed(f"This page is for administrators; {who.name} is none")
