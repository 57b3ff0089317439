"""The page by which an app is visited: it wakes the app, shows how that goes, and leads into it."""

from __future__ import annotations

import logging
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Request, Response

from gaia_vre.core.app_rooms import APP_NAMES, AppKind
from gaia_vre.core.errors import DoesNotFit, GaiaError, NotFound, NotSignedIn
from gaia_vre.core.kinds import app_server, project_user
from gaia_vre.projects.apps import ShownApp
from gaia_vre.projects.audience import Audience, Changes, Wanted
from gaia_vre.projects.rules import may
from gaia_vre.service.apps.routes import AppNumber, change_app, withdraw_app
from gaia_vre.service.apps.servers import AppServer, refused
from gaia_vre.service.apps.words import lacking_words, step_words
from gaia_vre.service.dependencies import Parts, SubmitsAs, UsesLanguage, UsesParts
from gaia_vre.service.frame import PREFIX, frame, redirect, templates
from gaia_vre.service.login import Caller
from gaia_vre.service.projects.bodies import Slug
from gaia_vre.service.projects.routes import actor
from gaia_vre.service.publishing.pages import wanted

router = APIRouter(include_in_schema=False)
APPS = f"{PREFIX}apps"
log = logging.getLogger(__name__)
_SPENT = 402
FormNumber = Annotated[int, Form(ge=1, lt=2**31)]


@router.get("/apps/{number}")
def visit(
    request: Request, number: AppNumber, service: UsesParts, language: UsesLanguage, woken: bool = False
) -> Response:
    """Lead into an app that is awake; show how it wakes, or what has it sleep.

    Parameters
    ----------
    woken
        Its start was asked for: one that sleeps all the same did not start.
    """
    who = _visitor(request, service)
    shown = _find(service, number, who)
    if shown is None:
        return service.login.begin(request, redirect, f"{APPS}/{number}")
    try:
        service.app_servers.check(shown)
        server = service.app_servers.look(shown)
        if server.state == "awake":
            if who is not None and not shown.app.open_to_all:
                service.app_servers.let_in(shown, who.name)
            return _into(shown)
    except GaiaError as error:
        return _page(request, service, language, who, shown, {"refusal": _words(error)}, error.status)
    why = service.app_servers.trouble(shown) if woken and server.state == "asleep" else ""
    seen = {"server": server, "steps": step_words(language, server.steps), "woken": woken}
    seen |= {"failed": bool(why), "why": why if shown.role is not None else ""}
    return _page(request, service, language, who, shown, seen)


@router.post("/apps/{number}/wake")
def wake(
    request: Request,
    number: AppNumber,
    service: UsesParts,
    language: UsesLanguage,
    proof: Annotated[str | None, Form(alias="_xsrf", max_length=200)] = None,
) -> Response:
    """Start an app for somebody who may visit it."""
    who = _visitor(request, service)
    if who is not None:
        service.login.check_proof(who, proof)
    shown = _find(service, number, who)
    if shown is None:
        raise NotSignedIn("Nobody is signed in: open the app's page")
    try:
        service.app_servers.wake(shown)
    except DoesNotFit as error:
        spends = may(shown.role, "spend", shown.project)
        seen = {"spent": True, "lacking": lacking_words(language, error.facts) if spends else ""}
        return _page(request, service, language, who, shown, seen, _SPENT)
    except GaiaError as error:
        return _page(request, service, language, who, shown, {"refusal": _words(error)}, error.status)
    return redirect(f"{APPS}/{number}?woken=true")


@router.post("/projects/{slug}/publish-app")
def publish(
    slug: Slug,
    who: SubmitsAs,
    service: UsesParts,
    wish: Annotated[Wanted, Depends(wanted)],
    kind: Annotated[AppKind | Literal[""], Form()] = "",
) -> Response:
    """Let others visit a program of the project; without a kind, of that which its source tells."""
    service.apps.publish(slug, wish, actor(service, who), kind or None)
    return redirect(f"{PREFIX}projects/{slug}#apps")


@router.post("/projects/{slug}/app-audience")
def change(
    slug: Slug, who: SubmitsAs, service: UsesParts, number: FormNumber, audience: Annotated[Audience, Form()]
) -> Response:
    """Say anew for whom an app is."""
    change_app(service, slug, number, Changes(audience=audience), who)
    return redirect(f"{PREFIX}projects/{slug}#apps")


@router.post("/projects/{slug}/withdraw-app")
def withdraw(slug: Slug, who: SubmitsAs, service: UsesParts, number: FormNumber) -> Response:
    """Let nobody visit an app any more."""
    withdraw_app(service, slug, number, who)
    return redirect(f"{PREFIX}projects/{slug}#apps")


def _into(shown: ShownApp) -> Response:
    return redirect(f"/user/{project_user(shown.project.slug)}/{app_server(shown.app.id)}/")


def _visitor(request: Request, service: Parts) -> Caller | None:
    try:
        return service.login.caller(request)
    except NotSignedIn:
        return None


def _find(service: Parts, number: int, who: Caller | None) -> ShownApp | None:
    """Return an app that may be visited; None for whoever is to sign in first."""
    try:
        return service.apps.find(number, actor(service, who) if who else None)
    except NotFound:
        if who is None:
            return None
        raise


def _words(error: GaiaError) -> str:
    if not refused(error):
        raise error
    return error.message


def _page(  # noqa: PLR0913, PLR0917 - what a page is made of
    request: Request,
    service: Parts,
    language: UsesLanguage,
    who: Caller | None,
    shown: ShownApp,
    seen: dict[str, Any],
    status: int = 200,
) -> Response:
    known = shown.role is not None or (who is not None and shown.project.visibility != "private")
    nothing = {"server": AppServer("asleep"), "steps": [], "failed": False, "woken": False, "why": "", "refusal": ""}
    nothing |= {"program": APP_NAMES[shown.app.kind], "spent": False, "lacking": ""}
    context = frame(service, language, who) | {"shown": shown, "project_known": known} | nothing | seen
    return templates.TemplateResponse(request, "apps/visit.html", context, status_code=status)
