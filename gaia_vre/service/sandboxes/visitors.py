"""Sandboxes for visitors, who have no account: what they may start from, and the ticket by which they come in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gaia_vre.core.errors import NotAllowed, NotFound
from gaia_vre.core.kinds import sandbox_user
from gaia_vre.core.tickets import COOKIE, LETTING_IN
from gaia_vre.core.visitor_settings import has_visitors
from gaia_vre.sandboxes.addresses import read_address
from gaia_vre.sandboxes.model import Wish
from gaia_vre.sandboxes.sources import Maker, check_source, check_there
from gaia_vre.service.frame import PREFIX
from gaia_vre.service.sandboxes.lives import Lives

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from gaia_vre.core.settings import Settings
    from gaia_vre.sandboxes.model import Sandbox, Source
    from gaia_vre.service.dependencies import Parts

PAGE = f"{PREFIX}try"
_NOBODY = Maker("")


def check_on(settings: Settings) -> None:
    """Refuse where visitors get nothing; raises NotFound."""
    if not has_visitors(settings):
        raise NotFound(
            "Visitors without an account get no sandbox here: the setting sandboxes.anonymous.enabled is off"
        )


def check_visited(source: Source, settings: Settings) -> Source:
    """Return the source as it is kept, if visitors may start from it.

    Raises
    ------
    NotAllowed
        The settings do not let visitors start from there.
    InvalidInput
        It is no source at all.
    """
    rules = settings.sandboxes.anonymous
    if source.kind not in rules.sources:
        raise NotAllowed(f"Visitors start from {', '.join(rules.sources)}; {source.kind} needs an account")
    checked = check_source(source, settings)
    if checked.kind == "git":
        hosts = settings.sandboxes.repositories
        if checked.reference not in {read_address(one, hosts).url for one in rules.repositories}:
            raise NotAllowed(f"{checked.reference} is none of the repositories that visitors may start from")
    return checked


def make(service: Parts, source: Source, title: str) -> Sandbox:
    """Make a visitor's sandbox from a source that was checked, and return before it starts; raises GaiaError."""
    lives, rules = Lives.of(service), service.settings.sandboxes.anonymous
    lives.check_here()
    check_there(source, _NOBODY, service.settings, lives.stock)
    wish = Wish(source, title)
    return lives.take_up(wish, lambda number: Maker(sandbox_user(number)), rules.most, rules.minutes)


def hand_ticket(service: Parts, request: Request, answer: Response, sandbox: Sandbox) -> None:
    """Give a browser the ticket to a sandbox: shown to the hub where it lets people in, and to our own page of it."""
    seconds = int(service.settings.sandboxes.anonymous.minutes * 60)
    for path in (LETTING_IN, PAGE):
        answer.set_cookie(
            f"{COOKIE}{sandbox.id}",
            service.hub.ticket(sandbox.id),
            max_age=seconds,
            path=path,
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )


def visited(service: Parts, request: Request, number: str) -> Sandbox:
    """Return the sandbox that this browser has the ticket to; raises NotFound."""
    if not service.hub.is_ticket(number, request.cookies.get(f"{COOKIE}{number}", "")):
        raise NotFound(f"There is no sandbox {number!a} for this browser")
    return service.sandboxes.find(number, sandbox_user(number))
