"""My account: tokens, where I am signed in, what I agreed to, and what is kept about me."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import JSONResponse

from gaia_vre.core.errors import GaiaError, NotSignedIn
from gaia_vre.look.language import Language
from gaia_vre.service.account.tokens import tokens_of
from gaia_vre.service.catalog.acceptances import Acceptances
from gaia_vre.service.dependencies import Parts, SubmitsAs, UsesCaller, UsesLanguage, UsesParts
from gaia_vre.service.frame import PREFIX, frame, redirect, templates
from gaia_vre.service.login import Caller
from gaia_vre.service.model import Ending
from gaia_vre.service.operate.acts import KINDS, Acts
from gaia_vre.service.visits.store import Visits

router = APIRouter(include_in_schema=False)
PAGE = f"{PREFIX}account"
_DAY_SECONDS = 86400
_ENDINGS = 1000
_VISITS = 50


@router.get("/account")
def account(request: Request, service: UsesParts, language: UsesLanguage) -> Response:
    """Show what the platform knows of me, and let me end what I no longer want."""
    try:
        who = service.login.caller(request)
    except NotSignedIn:
        return service.login.begin(request, redirect, PAGE)
    return templates.TemplateResponse(request, "account/account.html", _context(service, language, who))


@dataclass(frozen=True)
class Wish:
    """What the form asks for."""

    note: str
    days: str


def wished(
    note: Annotated[str, Form(min_length=1, max_length=100)], days: Annotated[Literal["1", "30", "365"], Form()] = "30"
) -> Wish:
    """Return the fields of the form."""
    return Wish(note, days)


@router.post("/account/tokens")
def make_token(
    request: Request, service: UsesParts, language: UsesLanguage, who: SubmitsAs, wish: Annotated[Wish, Depends(wished)]
) -> Response:
    """Make a token and show it this once."""
    secret = service.hub.make_token(who.name, who.token, wish.note, int(wish.days) * _DAY_SECONDS)
    context = _context(service, language, who) | {"made": {"note": wish.note, "secret": secret}}
    answer = templates.TemplateResponse(request, "account/account.html", context)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.post("/account/tokens/end")
def end_token(
    service: UsesParts, who: SubmitsAs, number: Annotated[str, Form(pattern=r"^[A-Za-z0-9]{1,40}$")]
) -> Response:
    """End a token, or the session that it belongs to."""
    service.hub.end_token(who.name, number, who.token)
    return redirect(f"{PAGE}#tokens")


@router.get("/account/data")
def my_data(service: UsesParts, who: UsesCaller) -> Response:
    """Return all that the service keeps about me; the files of my home are mine anyway."""
    body = {
        "name": who.name,
        "administrator": who.person.admin,
        "groups": sorted(who.person.groups or ()),
        "consents": [
            {"licence": one.licence, "sha256": one.digest, "accepted": one.accepted.isoformat()}
            for one in Acceptances(service.engine).all(username=who.name)
        ],
        "ends": [_ending(one) for one in service.store.endings(who.name, _ENDINGS)],
        "visits": [
            {"server": one.server, "visitor": one.visitor, "first": one.first.isoformat(), "last": one.last.isoformat()}
            for one in Visits(service.engine).of(who.name, _ENDINGS)
        ],
        "administrators": [
            {
                "by": one.by,
                "did": one.kind,
                "server": one.name,
                "reason": one.reason,
                "at": one.at and one.at.isoformat(),
            }
            for one in Acts(service.engine).latest(_ENDINGS, username=who.name)
        ],
        "usage": f"{service.settings.addresses.public_url}{PREFIX}api/quotas/history?format=json",
    }
    answer = JSONResponse(body)
    answer.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return answer


def _context(service: Parts, language: Language, who: Caller) -> dict[str, Any]:
    try:
        made, sessions = tokens_of(service, who)
        silent = False
    except GaiaError:
        made, sessions, silent = [], [], True
    titles = {one.key: one.title for one in service.settings.access.licences}
    return frame(service, language, who) | {
        "groups": sorted(who.person.groups or ()),
        "tokens": made,
        "sessions": sessions,
        "silent": silent,
        "consents": [
            (titles.get(one.licence, one.licence), one) for one in Acceptances(service.engine).all(username=who.name)
        ],
        "visits": Visits(service.engine).of(who.name, _VISITS),
        "acts": Acts(service.engine).latest(_VISITS, username=who.name),
        "act_kinds": KINDS,
        "made": None,
    }


def _ending(one: Ending) -> dict[str, Any]:
    return {"kind": one.thing.kind, "name": one.thing.name, "ended": one.ended.isoformat(), "reason": one.reason}
