"""The pages of visitors: the one that asks for the passphrase, and the one that waits for their sandbox."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response

from gaia_vre.core.errors import Conflict, NotAllowed
from gaia_vre.core.examples import example_notebooks, examples_folder
from gaia_vre.core.marking import said
from gaia_vre.look.language import Language
from gaia_vre.sandboxes.links import read_link
from gaia_vre.sandboxes.model import LIVING, Source
from gaia_vre.service.dependencies import Parts, UsesLanguage, UsesParts
from gaia_vre.service.frame import frame, redirect, templates
from gaia_vre.service.sandboxes import words
from gaia_vre.service.sandboxes.bodies import Id
from gaia_vre.service.sandboxes.doorkeeper import Answer
from gaia_vre.service.sandboxes.offers import offer
from gaia_vre.service.sandboxes.pages import went_on, wished
from gaia_vre.service.sandboxes.visitors import PAGE, check_on, check_visited, hand_ticket, make, visited

router = APIRouter(include_in_schema=False)
_REFUSALS: dict[Answer, tuple[int, str]] = {
    "wrong": (403, said("The passphrase is wrong.")),
    "wait": (429, said("Too many passphrases were wrong: try again in a minute.")),
    "closed": (503, said("No passphrase is set here, so nobody is let in: the operators have to set one.")),
}
_FULL = 409, said("All sandboxes for visitors are taken: try again in some minutes.")
_OWN_SITE = ("same-origin", "none")


@router.get("/try")
def ask(request: Request, service: UsesParts, language: UsesLanguage) -> Response:
    """Ask for the passphrase, and show what would run."""
    check_on(service.settings)
    source = read_link(request.query_params.multi_items())
    return _form(request, service, language, source)


@router.post("/try")
def begin(
    request: Request,
    service: UsesParts,
    language: UsesLanguage,
    source: Annotated[Source, Depends(wished)],
    passphrase: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Make a sandbox for somebody who knows the passphrase, and hand them the ticket to it."""
    check_on(service.settings)
    if request.headers.get("sec-fetch-site", "none") not in _OWN_SITE:
        raise NotAllowed("The form comes from elsewhere: open the page again")
    answer = service.doorkeeper.answer(passphrase, _address(request))
    if answer != "right":
        return _form(request, service, language, source, _REFUSALS[answer])
    offered = offer(service, None, language, check_visited(source, service.settings))
    try:
        made = make(service, offered.source, offered.title)
    except Conflict:
        return _form(request, service, language, source, _FULL)
    response = redirect(f"{PAGE}/{made.id}")
    hand_ticket(service, request, response, made)
    return response


@router.get("/try/{number}")
def wait(number: Id, request: Request, service: UsesParts, language: UsesLanguage) -> Response:
    """Show how a visitor's sandbox starts, go on to its lab when it runs, and say so when it has ended."""
    check_on(service.settings)
    sandbox = visited(service, request, number)
    if goal := went_on(service, sandbox):
        return redirect(goal)
    context = frame(service, language, None) | {
        "sandbox": sandbox,
        "living": sandbox.state in LIVING,
        "state": language.text(words.STATES[sandbox.state]),
        "why": language.text(words.REASONS[sandbox.why]),
        "count": words.countdown(language, sandbox, service.clock()),
        "again": PAGE,
    }
    return templates.TemplateResponse(request, "sandboxes/starting.html", context)


def _form(
    request: Request, service: Parts, language: Language, source: Source, refusal: tuple[int, str] = (200, "")
) -> Response:
    """Return the page; a refusal is a status and a text that is said in the page's language."""
    status, trouble = refusal
    offered = offer(service, None, language, check_visited(source, service.settings))
    rules = service.settings.sandboxes.anonymous
    context: dict[str, Any] = frame(service, language, None) | {
        "offer": offered,
        "room": words.room_facts(language, service.settings),
        "life": words.duration(language, rules.minutes),
        "idle": words.duration(language, service.settings.sandboxes.idle_minutes),
        "trouble": language.text(trouble) if trouble else "",
        "examples": example_notebooks(examples_folder()) if "example" in rules.sources else [],
        "datasets": "dataset" in rules.sources,
        "repositories": rules.repositories if "git" in rules.sources else (),
    }
    return templates.TemplateResponse(request, "sandboxes/try.html", context, status_code=status)


def _address(request: Request) -> str:
    """Return the address that our proxy saw, which a visitor cannot choose."""
    return request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
