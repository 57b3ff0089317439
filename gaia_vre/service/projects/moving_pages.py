"""The page that makes a project of a bag: the file comes, what would be made of it is told, a button makes it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from gaia_vre.bundles.model import ProjectFacts
from gaia_vre.bundles.reading import Bounds, ZipBag
from gaia_vre.core.errors import InvalidInput, NotAllowed, NotFound, NotSignedIn, Unavailable
from gaia_vre.core.state import StateFolder
from gaia_vre.look.language import Language
from gaia_vre.projects.model import Actor
from gaia_vre.service.dependencies import ChangesAs, Parts, SubmitsAs, UsesLanguage, UsesParts
from gaia_vre.service.frame import PREFIX, frame, redirect, templates
from gaia_vre.service.login import Caller
from gaia_vre.service.projects import words
from gaia_vre.service.projects.moving_routes import AT_ONCE, receive
from gaia_vre.service.projects.routes import actor
from gaia_vre.service.projects.waiting_bags import KEPT_SECONDS, WaitingBags
from gaia_vre.service.quotas.folders import size

router = APIRouter(include_in_schema=False)
BAG = "/projects/imports/bag"
_PAGE = f"{PREFIX}projects/imports"
_NAMED = 20
BagNumber = Annotated[str, Form(max_length=40)]


class SentModel(BaseModel):
    """Where it goes on with a bag that has come."""

    address: str


@router.get("/projects/imports")
def form(
    request: Request,
    service: UsesParts,
    language: UsesLanguage,
    bag: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Show the form of a bag, or what would be made of one that has come."""
    try:
        who = service.login.caller(request)
    except NotSignedIn:
        return service.login.begin(request, redirect, _PAGE)
    me = actor(service, who)
    context = frame(service, language, who) | {
        "communities": _communities(service, me),
        "limit": size(language, _limit(service)),
        "limit_bytes": _limit(service),
        "minutes": language.number(KEPT_SECONDS // 60),
        "bag": bag,
        "told": _told(service, language, me, bag) if bag else None,
    }
    return templates.TemplateResponse(request, "projects/imports.html", context)


@router.post(BAG, status_code=201)
async def send(request: Request, who: ChangesAs, service: UsesParts) -> SentModel:
    """Take in a bag, which is the body; nothing is made yet."""
    me = await run_in_threadpool(_maker, service, who)
    if not AT_ONCE.acquire(blocking=False):
        raise Unavailable("Others bring in projects just now; try again in some minutes")
    waiting = waiting_bags(service)
    try:
        number, file = await run_in_threadpool(waiting.begin, me.name)
        try:
            with file:
                await receive(request, file, _limit(service))
                await run_in_threadpool(ZipBag, file, _bounds(service))  # raises for what is none
            await run_in_threadpool(waiting.finish, me.name, number)
        except BaseException:
            waiting.give_up(me.name, number)
            raise
    finally:
        AT_ONCE.release()
    return SentModel(address=f"{_PAGE}?bag={number}")


@router.post("/projects/imports")
def make(
    who: SubmitsAs,
    service: UsesParts,
    bag: BagNumber,
    slug: Annotated[str, Form(max_length=28)] = "",
    community: Annotated[str | None, Form(max_length=120)] = None,
) -> Response:
    """Make a project of a bag that has come."""
    me, waiting = _maker(service, who), waiting_bags(service)
    with waiting.open(me.name, bag) as file:
        made = service.registry.imports.bring_in(file, me, slug.strip(), community or None)
    waiting.drop(me.name)
    return redirect(f"{PREFIX}projects/{made.slug}")


@router.post("/projects/imports/drop")
def drop(who: SubmitsAs, service: UsesParts) -> Response:
    """Remove my bag that has come."""
    waiting_bags(service).drop(actor(service, who).name)
    return redirect(_PAGE)


def waiting_bags(service: Parts) -> WaitingBags:
    """Return the bags that wait."""
    return WaitingBags(StateFolder(service.settings.state).service / "bags")


def _maker(service: Parts, who: Caller) -> Actor:
    me = actor(service, who)
    if not service.registry.founding.communities(me):
        raise NotAllowed("Nobody has said that you may make projects here: ask the operators")
    return me


def _told(service: Parts, language: Language, me: Actor, number: str) -> dict[str, Any]:
    """Return what would be made of a bag; what is wrong with it, where something is."""
    try:
        with waiting_bags(service).open(me.name, number) as file:
            bag = ZipBag(file, _bounds(service))
            facts, files, amount = bag.facts, bag.files - 1, bag.size_bytes  # but the metadata
    except (NotFound, InvalidInput) as error:
        return {"problem": error.message}
    others = [one for one in facts.members if one.username != me.name and one.role in words.ROLES]
    shown = [(one.username, language.text(words.ROLES[_given(one.role)])) for one in others[:_NAMED]]
    counts = {"files": files, "size": size(language, amount), "others": len(others), "datasets": len(facts.datasets)}
    return {"problem": "", "facts": facts, "people": shown, "taken": _is_taken(service, facts), **counts}


def _given(role: str) -> Any:
    return "manager" if role == "owner" else role


def _is_taken(service: Parts, facts: ProjectFacts) -> bool:
    try:
        service.registry.projects.find(facts.slug)
    except NotFound:
        return False
    return True


def _communities(service: Parts, me: Actor) -> list[tuple[str, str]]:
    titles = {one.name: one.title for one in service.office.rules.accounts}
    return [(name, titles.get(name, name)) for name in service.registry.founding.communities(me)]


def _limit(service: Parts) -> int:
    return int(service.settings.projects.import_gib * 2**30)


def _bounds(service: Parts) -> Bounds:
    return Bounds(_limit(service))
