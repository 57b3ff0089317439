"""The home page, and what its buttons do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.templating import Jinja2Templates

from gaia_vre.core.errors import GaiaError, NotFound
from gaia_vre.look import TEMPLATES
from gaia_vre.service.dependencies import ChangesAs, Parts, UsesLanguage, UsesParts
from gaia_vre.service.language import LANGUAGE_COOKIE, LANGUAGES, Language
from gaia_vre.service.login import Caller
from gaia_vre.service.model import Ending

router = APIRouter(include_in_schema=False)
PREFIX = "/services/gaia/"

_YEAR_SECONDS = 365 * 86400
_templates = Jinja2Templates(
    env=Environment(
        loader=FileSystemLoader([Path(__file__).parent / "templates", TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
)


@router.get("/")
def home(request: Request, service: UsesParts, language: UsesLanguage) -> Response:
    """Show what I have running, and why something stopped."""
    try:
        who = service.login.caller(request)
        person = service.login.fresh(who)
    except GaiaError as error:
        if error.status != 401:
            raise
        return service.login.begin(_redirect, PREFIX)
    clusters, silent = _clusters(service, who)
    lab = next((server for server in person.servers if server.name == ""), None)
    others = [server for server in person.servers if server.name]
    notices = [ending for ending in service.store.endings(who.name) if ending.reason != "asked"]
    context = _common(service, language, who, "home") | {
        "lab": lab,
        "others": others,
        "clusters": clusters,
        "gateway_silent": silent,
        "notice": notices[0] if notices else None,
        "last": _last(service, who),
        "running": sum(server.ready for server in person.servers),
        "waiting": any(server.pending for server in person.servers),
        "spawn": f"/hub/spawn/{quote(who.name)}",
        "sizes": {size.name: size for size in service.settings.labs.sizes},
        "first_size": service.settings.labs.sizes[0],
    }
    return _templates.TemplateResponse(request, "home.html", context)


@router.post("/servers/start")
def start(who: ChangesAs, service: UsesParts) -> Response:
    """Start my personal lab as last time and show its progress."""
    service.hub.start(who.name, "", who.token)
    return _redirect(f"/hub/spawn-pending/{quote(who.name)}")


@router.post("/servers/stop")
def stop(who: ChangesAs, service: UsesParts, name: Annotated[str, Form(max_length=64)] = "") -> Response:
    """Stop a server of mine."""
    service.hub.stop(who.name, name, who.token)
    return _redirect(PREFIX)


@router.post("/clusters/stop")
def stop_cluster(who: ChangesAs, service: UsesParts, name: Annotated[str, Form(max_length=100)]) -> Response:
    """Stop a Dask cluster of mine."""
    if not any(each.name == name and each.username == who.name for each in service.gateway.clusters()):
        raise NotFound(f"You have no Dask cluster {name}")
    service.gateway.stop(name)
    return _redirect(PREFIX)


@router.post("/notices/dismiss")
def dismiss(who: ChangesAs, service: UsesParts, number: Annotated[int, Form(ge=1, lt=2**31)]) -> Response:
    """Hide a notice and all older ones."""
    service.store.dismiss(who.name, number, service.clock())
    return _redirect(PREFIX)


@router.post("/language")
def switch_language(code: Annotated[str, Form(max_length=5)]) -> Response:
    """Remember the language that this browser wants."""
    if code not in LANGUAGES:
        raise NotFound(f"There is no language {code!a}; there are {', '.join(LANGUAGES)}")
    answer = _redirect(PREFIX)
    answer.set_cookie(LANGUAGE_COOKIE, code, max_age=_YEAR_SECONDS, path=PREFIX, samesite="lax", httponly=True)
    return answer


@router.get("/oauth_callback")
def oauth_callback(request: Request, service: UsesParts) -> Response:
    """End the sign-in at the hub."""
    return service.login.finish(request, _redirect)


@router.post("/logout")
def logout(service: UsesParts, who: ChangesAs) -> Response:
    """End the session here, then at the hub."""
    del who
    answer = _redirect("/hub/logout")
    service.login.end(answer)
    return answer


def _common(service: Parts, language: Language, who: Caller, nav: str) -> dict[str, Any]:
    now, zone = service.clock(), service.settings.service.time_zone
    return {
        "t": language.text,
        "lang": language,
        "languages": LANGUAGES,
        "number": language.number,
        "when": lambda time: language.when(time, now, zone),
        "today": language.day(now, zone),
        "clock": language.when(now, now, zone),
        "zone": zone,
        "user": who.name,
        "admin": who.person.admin,
        "prefix": PREFIX,
        "nav": nav,
        "proof": service.login.proof(who.session or ""),
    }


def _clusters(service: Parts, who: Caller) -> tuple[list[Any], bool]:
    try:
        return [each for each in service.gateway.clusters() if each.username == who.name], False
    except GaiaError:
        return [], True


def _last(service: Parts, who: Caller) -> Ending | None:
    ended = [each for each in service.store.endings(who.name) if each.thing.kind == "server" and not each.thing.name]
    return ended[0] if ended else None


def _redirect(address: str) -> Response:
    return RedirectResponse(address, status_code=303)
