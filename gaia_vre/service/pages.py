"""The home page, and what its buttons do."""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request, Response

from gaia_vre.core.errors import GaiaError, NotFound, NotSignedIn
from gaia_vre.core.kinds import kind_of
from gaia_vre.look.language import LANGUAGE_COOKIE, LANGUAGES, Language
from gaia_vre.service.account.preferences import Preferences
from gaia_vre.service.actions import servers_of, stop_cluster_of_mine, stop_mine
from gaia_vre.service.dependencies import Parts, SubmitsAs, UsesLanguage, UsesParts, chosen_language
from gaia_vre.service.frame import PREFIX, frame, own_page, redirect, templates, texts
from gaia_vre.service.ladder import standing
from gaia_vre.service.login import Caller
from gaia_vre.service.messages.pages import told
from gaia_vre.service.model import Ending, Thing
from gaia_vre.service.operate.maintenance import Maintenance
from gaia_vre.service.projects.ending import mine
from gaia_vre.service.projects.pages import spoken
from gaia_vre.service.quotas.home import accounting
from gaia_vre.service.quotas.pages import notices
from gaia_vre.service.quotas.words import unit
from gaia_vre.service.sandboxes.pages import card as sandboxes_of
from gaia_vre.service.starts.store import Starts, usual

router = APIRouter(include_in_schema=False)
_SERVER = r"^([a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?)?$"
_CLUSTER = r"^[A-Za-z0-9._-]{1,100}$"
_STARTS = 14
_YEAR_SECONDS = 365 * 86400
Back = Annotated[str, Form(max_length=4000)]


@router.get("/")
def home(request: Request, service: UsesParts, language: UsesLanguage) -> Response:
    """Show what I have running, and why something stopped."""
    try:
        who = service.login.caller(request)
        servers = servers_of(service, who)
    except NotSignedIn:
        return service.login.begin(request, redirect, PREFIX)
    clusters, silent = _clusters(service, who)
    notice = service.store.notice(who.name)
    told_of = _budget(service, who, language) | notices(service, who, language)
    context = frame(service, language, who) | {
        "lab": next((server for server in servers if not server.name), None),
        "others": [server for server in servers if server.name and kind_of(who.name, server.name) != "sandbox"],
        "clusters": clusters,
        "gateway_silent": silent,
        "notice": notice,
        "usual": usual([one for one in Starts(service.engine).of(who.name, _STARTS) if not one.name]),
        "pause": Maintenance(service.engine).now(),
        **told_of,
        **told(service, who, language, _shown(notice, told_of)),
        **accounting(service, who, language),
        **mine(service, who),
        "of_projects": spoken(service, language),
        **sandboxes_of(service, who, language),
        "last": service.store.last_end(Thing("server", who.name, "")),
        "running": sum(server.ready for server in servers),
        "waiting": any(server.pending for server in servers),
        "spawn": f"/hub/spawn/{quote(who.name)}",
        "sizes": {size.name: size for size in service.settings.labs.sizes},
        "first_size": service.settings.labs.sizes[0],
        "idle_minutes": service.settings.labs.idle_minutes,
        "poles": service.shelf.poles(),
    }
    return templates.TemplateResponse(request, "home.html", context)


def problem_page(request: Request, status: int, detail: str, report: str) -> Response:
    """Show an error to a person, the next step, and the number under which the log has it."""
    nobody = {"user": None, "admin": False, "proof": ""}
    context = texts(chosen_language(request)) | nobody | {"status": status, "detail": detail, "report": report}
    return templates.TemplateResponse(request, "problem.html", context, status_code=status)


@router.post("/servers/start")
def start(who: SubmitsAs, service: UsesParts) -> Response:
    """Start my personal lab as last time and show its progress."""
    service.hub.start(who.name, "", who.token)
    return redirect(f"/hub/spawn-pending/{quote(who.name)}")


@router.post("/servers/stop")
def stop(
    who: SubmitsAs, service: UsesParts, name: Annotated[str, Form(pattern=_SERVER)] = "", back: Back = PREFIX
) -> Response:
    """Stop a server of mine."""
    stop_mine(service, who, name)
    return redirect(own_page(back))


@router.post("/clusters/stop")
def stop_cluster(
    who: SubmitsAs, service: UsesParts, name: Annotated[str, Form(pattern=_CLUSTER)], back: Back = PREFIX
) -> Response:
    """Stop a Dask cluster of mine."""
    stop_cluster_of_mine(service, who, name)
    return redirect(own_page(back))


@router.post("/notices/dismiss")
def dismiss(who: SubmitsAs, service: UsesParts, number: Annotated[int, Form(ge=1, lt=2**31)]) -> Response:
    """Hide a notice and all older ones."""
    service.store.dismiss(who.name, number, service.clock())
    return redirect(PREFIX)


@router.post("/language")
def switch_language(
    request: Request,
    service: UsesParts,
    code: Annotated[str, Form(max_length=5)],
    back: Annotated[str, Form(max_length=4000)] = PREFIX,
) -> Response:
    """Remember the language that this browser and this person want, and go on where it was."""
    if code not in LANGUAGES:
        raise NotFound(f"There is no language {code!a}; there are {', '.join(LANGUAGES)}")
    with contextlib.suppress(GaiaError):
        Preferences(service.engine).remember(service.login.caller(request).name, code)
    return _speaking(redirect(own_page(back)), code)


@router.get("/sign-in")
def sign_in(request: Request, service: UsesParts, goal: Annotated[str, Query(max_length=4000)] = PREFIX) -> Response:
    """Sign in and come back to a page of ours."""
    return service.login.begin(request, redirect, own_page(goal))


@router.get("/oauth_callback")
def oauth_callback(request: Request, service: UsesParts) -> Response:
    """End the sign-in at the hub."""
    answer, token = service.login.finish(request, redirect)
    if request.cookies.get(LANGUAGE_COOKIE) in LANGUAGES:
        return answer
    kept = None
    with contextlib.suppress(GaiaError):
        kept = Preferences(service.engine).language(service.hub.person(token).name)
    return _speaking(answer, kept) if kept in LANGUAGES else answer


@router.post("/logout")
def logout(request: Request, service: UsesParts, who: SubmitsAs) -> Response:
    """End the session here, then at the hub."""
    answer = redirect("/hub/logout")
    service.login.end(who, answer)
    request.app.state.events.end_session(who)
    return answer


def _speaking(answer: Response, code: str) -> Response:
    """Return the answer with the language remembered in this browser, for the hub's pages too."""
    answer.set_cookie(LANGUAGE_COOKIE, code, max_age=_YEAR_SECONDS, path="/", samesite="lax", httponly=True)
    return answer


def _shown(notice: Ending | None, told_of: dict[str, Any]) -> set[str]:
    """Return the kinds of messages that stand at the top of the page in words of their own."""
    kinds: set[str] = {"ended"} if notice else set()
    if told_of["answered"]:
        kinds |= {"request-granted", "request-declined"}
    if told_of["asked_of_me"]:
        kinds |= {"request-asked"}
    if told_of["budget"]:
        kinds |= {"budget-notice", "budget-used-up"}
    return kinds


def _clusters(service: Parts, who: Caller) -> tuple[list[Any], bool]:
    try:
        return [each for each in service.gateway.clusters() if each.username == who.name], False
    except GaiaError:
        return [], True


def _budget(service: Parts, who: Caller, language: Language) -> dict[str, Any]:
    """Return the last step that a budget of this person's has come to, as long as it stands there."""
    found = standing(service.office, who.name, service.clock())
    if found is None:
        return {"budget": None}
    stops = found.facts.get("stops")
    return {
        "budget": found,
        "budget_word": unit(language, str(found.facts["dimension"])),
        "budget_stops": datetime.fromisoformat(str(stops)) if stops else None,
    }
