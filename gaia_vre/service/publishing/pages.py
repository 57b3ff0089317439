"""The pages of what projects publish: the list, a notebook in a frame in which nothing runs, its file."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from markupsafe import Markup

from gaia_vre.core.app_rooms import APP_NAMES
from gaia_vre.core.errors import NotAllowed, NotFound, NotSignedIn
from gaia_vre.look.language import Language
from gaia_vre.projects.audience import Audience, Changes, Wanted
from gaia_vre.projects.publishing import Shown
from gaia_vre.projects.rules import TITLE
from gaia_vre.service.apps.words import VISITORS
from gaia_vre.service.dependencies import Parts, SubmitsAs, UsesLanguage, UsesParts
from gaia_vre.service.frame import PREFIX, frame, redirect, templates
from gaia_vre.service.login import Caller
from gaia_vre.service.projects.bodies import Slug
from gaia_vre.service.projects.routes import actor
from gaia_vre.service.publishing.routes import Published
from gaia_vre.service.publishing.words import AUDIENCES

router = APIRouter(include_in_schema=False)
LIST = f"{PREFIX}published"
# A page in a sandbox has no origin: it could read nothing of ours even if something in it ran.
_ENCLOSED = {
    "Content-Security-Policy": "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "img-src data:; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "private, no-cache",
}


UsesVersion = Annotated[int | None, Query(ge=1, lt=2**31)]


@router.get("/published")
def listed(request: Request, service: UsesParts, language: UsesLanguage) -> Response:
    """Show what projects publish for the person, or for anybody, to find."""
    who = _visitor(request, service)
    if who is None and not service.settings.projects.public_results:
        return service.login.begin(request, redirect, LIST)
    me = actor(service, who) if who else None
    apps = service.apps.listed(me) if service.settings.projects.apps.enabled else []
    context = _context(service, language, who) | {"listed": service.publications.listed(me), "apps": apps}
    context["program_kinds"] = APP_NAMES
    context["visitor_words"] = lambda audience: language.text(VISITORS[audience])
    return templates.TemplateResponse(request, "publishing/list.html", context)


@router.get("/published/{number}")
def one(
    request: Request, number: Published, service: UsesParts, language: UsesLanguage, version: UsesVersion = None
) -> Response:
    """Show a published notebook, also as it was in an older version."""
    who = _visitor(request, service)
    shown = _find(service, number, who)
    if shown is None:
        return service.login.begin(request, redirect, f"{LIST}/{number}")
    known = shown.role is not None or (who is not None and shown.project.visibility != "private")
    context = _context(service, language, who) | {"shown": shown, "project_known": known}
    kept = service.publications.versions(shown)
    chosen = next((one for one in kept if one.number == (version or shown.publication.version)), None)
    if chosen is None:
        raise NotFound(f"Version {version} is not kept; there are {', '.join(str(one.number) for one in kept)}")
    context |= {"versions": kept, "chosen": chosen}
    # Written into the frame: a cookie counts for whole pages alone, so that no script of a lab reads them.
    context["content"] = templates.get_template("publishing/content.html").render(
        _inside(service, language, shown, version)
    )
    return templates.TemplateResponse(request, "publishing/notebook.html", context)


@router.get("/published/{number}/content")
def content(
    request: Request, number: Published, service: UsesParts, language: UsesLanguage, version: UsesVersion = None
) -> Response:
    """Return the notebook itself, as a page without an origin in which nothing runs."""
    shown = _read(request, service, number)
    context = _inside(service, language, shown, version)
    return templates.TemplateResponse(request, "publishing/content.html", context, headers=_ENCLOSED)


@router.get("/published/{number}/notebook")
def notebook(request: Request, number: Published, service: UsesParts, version: UsesVersion = None) -> Response:
    """Return the notebook's file, to keep."""
    shown = _read(request, service, number)
    name = quote(shown.publication.path.rpartition("/")[2], safe="")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}", "Cache-Control": "private, no-cache"}
    return Response(service.publications.source(shown, version), headers=headers, media_type="application/octet-stream")


def wanted(
    path: Annotated[str, Form(min_length=1, max_length=1000)],
    title: Annotated[str, Form(max_length=TITLE)] = "",
    audience: Annotated[Audience, Form()] = "members",
    listed: Annotated[bool, Form()] = False,
) -> Wanted:
    """Return what the form says of a notebook."""
    return Wanted(path, title, audience, listed)


@router.post("/projects/{slug}/publish")
def publish(slug: Slug, who: SubmitsAs, service: UsesParts, wish: Annotated[Wanted, Depends(wanted)]) -> Response:
    """Publish a notebook as it is now."""
    made = service.publications.publish(slug, wish, actor(service, who))
    return redirect(f"{LIST}/{made.id}")


@router.post("/projects/{slug}/audience")
def change(
    slug: Slug,
    who: SubmitsAs,
    service: UsesParts,
    number: Annotated[int, Form(ge=1, lt=2**31)],
    audience: Annotated[Audience, Form()],
) -> Response:
    """Say anew for whom something published is."""
    me = actor(service, who)
    service.registry.projects.seen_by(slug, me)
    service.publications.change(slug, number, Changes(audience=audience), me)
    return redirect(f"{PREFIX}projects/{slug}#published")


@router.post("/projects/{slug}/withdraw")
def withdraw(slug: Slug, who: SubmitsAs, service: UsesParts, number: Annotated[int, Form(ge=1, lt=2**31)]) -> Response:
    """Show something no longer."""
    me = actor(service, who)
    service.registry.projects.seen_by(slug, me)
    service.publications.withdraw(slug, number, me)
    return redirect(f"{PREFIX}projects/{slug}#published")


def _visitor(request: Request, service: Parts) -> Caller | None:
    try:
        return service.login.caller(request)
    except NotSignedIn:
        return None


def _find(service: Parts, number: int, who: Caller | None) -> Shown | None:
    """Return what the visitor may read, or None for somebody who has to sign in first."""
    try:
        return service.publications.find(number, actor(service, who) if who else None)
    except NotFound:
        if who is None:
            return None
        raise


def _read(request: Request, service: Parts, number: int) -> Shown:
    shown = _find(service, number, _visitor(request, service))
    if shown is None:
        raise NotAllowed("Sign in to read this")
    return shown


def _inside(service: Parts, language: Language, shown: Shown, version: int | None) -> dict[str, Any]:
    page = Markup(service.publications.page(shown, version))  # noqa: S704 - cleaned when it was published
    return {"page": page, "title": shown.publication.title, "lang": language, "prefix": PREFIX}


def _context(service: Parts, language: Language, who: Caller | None) -> dict[str, Any]:
    words = {"audience_words": lambda audience: language.text(AUDIENCES[audience])}
    return frame(service, language, who) | words | {"sandboxes_on": who is not None and service.settings.has_sandboxes}
