"""The page of use: what I hold, what is left and until when, the past, and asking for more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Query, Request, Response

from gaia_vre.core.amounts import micro, micro_hours
from gaia_vre.core.errors import InvalidInput, NotFound, NotSignedIn
from gaia_vre.look.language import Language
from gaia_vre.quotas.model import BUDGETS, CAPS, Account
from gaia_vre.quotas.offers import people
from gaia_vre.quotas.requests import Asked, Decision, Requests, Wish, managed_by
from gaia_vre.quotas.shares import Shares
from gaia_vre.service.dependencies import Parts, SubmitsAs, UsesLanguage, UsesParts
from gaia_vre.service.frame import PREFIX, frame, redirect, templates
from gaia_vre.service.login import Caller
from gaia_vre.service.messages.pages import told
from gaia_vre.service.quotas import words
from gaia_vre.service.quotas.charts import burn_chart, days_chart, starts_chart
from gaia_vre.service.quotas.folders import FolderBar, folder_bars
from gaia_vre.service.quotas.routes import may_see_all
from gaia_vre.service.quotas.shares import may_split, parted
from gaia_vre.service.quotas.sheet import MOST_ACCOUNTS, SOFT, Meter, Outlook, Person, Sheet
from gaia_vre.service.starts.plot import plot
from gaia_vre.service.starts.store import Starts

router = APIRouter(include_in_schema=False)
PAGE = f"{PREFIX}usage"
_BY_PERSON = ("project", "course")
_ASKED_UNTIL = timedelta(days=30)
_TEXT = 500
_STARTS = 14
"""So many columns a phone has room for."""
_STALE = timedelta(minutes=2)
Number = Annotated[int, Form(ge=1, lt=2**31)]
Sentence = Annotated[str, Form(max_length=_TEXT)]


@dataclass(frozen=True)
class Answer:
    """What a manager's form says."""

    granted: bool
    more: str
    until: date | None
    answer: str


@dataclass(frozen=True)
class Accounts:
    """The accounts of one page."""

    payers: tuple[Account, ...]
    """Those that the person may pay with, their own first."""
    managed: tuple[Account, ...]
    """Those that they manage besides."""
    titles: dict[str, str]

    @property
    def all(self) -> tuple[Account, ...]:
        return self.payers + self.managed


@router.get("/usage")
def usage(
    request: Request,
    service: UsesParts,
    language: UsesLanguage,
    account: Annotated[str | None, Query(max_length=120)] = None,
) -> Response:
    """Show what I hold, what is left, until when, and what was used."""
    try:
        who = service.login.caller(request)
    except NotSignedIn:
        return service.login.begin(request, redirect, PAGE)
    sheet = Sheet(service.office, language, who.name, service.clock(), service.settings.service.time_zone)
    accounts, requests = _accounts(service, who, language), Requests(service.office)
    outlooks = sheet.outlooks(accounts.all)
    chosen = _chosen(accounts.all, outlooks, account)
    own = outlooks.get(chosen.id)
    context = frame(service, language, who) | _helpers(service, language)
    # What is asked stands on this page with its form.
    context |= told(service, who, language, {"request-asked"})
    context |= {
        **_starts(service, who, language),
        "account_title": lambda one: words.account_title(language, one, who.name),
        "titles": accounts.titles,
        "things": sheet.things(),
        "accounts": [(one, sheet.budgets(one)) for one in accounts.all],
        "beside": [bar for one in _beside(service, sheet, accounts) for bar in sheet.budgets(one)],
        "caps": _caps(service, sheet, accounts),
        "chosen": chosen,
        "outlook": sheet.bounded(chosen, own) if chosen in accounts.payers else own,
        "own": own,
        "parted": parted(sheet, chosen) if _splits(service, who, chosen) else None,
        "choices": accounts.all,
        "bars": (bars := sheet.mine(accounts.titles)),
        "days_chart": days_chart(language, bars),
        **_burn(sheet, own),
        "people": _people(service, sheet, who, chosen),
        "soft": SOFT,
        "folders": _folders(service, who, language),
        "requests": requests.of(who.name),
        "waiting": requests.waiting_for(who.name, admin=who.person.admin),
    }
    return templates.TemplateResponse(request, "quotas/usage.html", context)


@router.get("/usage/ask")
def ask_form(request: Request, service: UsesParts, language: UsesLanguage) -> Response:
    """Show the form that asks for more."""
    try:
        who = service.login.caller(request)
    except NotSignedIn:
        return service.login.begin(request, redirect, f"{PAGE}/ask")
    payers = _payers(service, who)
    choices = [
        (one, name, people(name, limit))
        for one in payers
        for name in (*BUDGETS, *CAPS)
        if (limit := one.limits[name]) is not None
    ]
    first = (service.clock() + _ASKED_UNTIL).date()
    context = frame(service, language, who) | _helpers(service, language) | {"choices": choices, "first": first}
    context["titles"] = {one.name: words.account_title(language, one, who.name) for one in payers}
    return templates.TemplateResponse(request, "quotas/ask.html", context)


def wished(
    service: UsesParts,
    limit: Annotated[str, Form(min_length=1, max_length=140)],
    more: Annotated[str, Form(max_length=40)],
    until: Annotated[date, Form()],
    reason: Sentence,
) -> Wish:
    """Return what the form asks for."""
    dimension, _, account = limit.partition("|")
    return Wish(account, dimension, _amount(dimension, more), end_of(service, until), reason)


@router.post("/usage/ask")
def ask(who: SubmitsAs, service: UsesParts, wish: Annotated[Wish, Depends(wished)]) -> Response:
    """Ask the managers of an account for more."""
    Requests(service.office).ask(who.name, wish)
    return redirect(f"{PAGE}#requests")


def answered(
    decision: Annotated[Literal["grant", "decline"], Form()],
    more: Annotated[str, Form(max_length=40)] = "",
    until: Annotated[date | None, Form()] = None,
    answer: Sentence = "",
) -> Answer:
    """Return what the form decides."""
    return Answer(decision == "grant", more, until, answer)


@router.post("/usage/decide")
def decide(who: SubmitsAs, service: UsesParts, number: Number, given: Annotated[Answer, Depends(answered)]) -> Response:
    """Grant what somebody asked for, or decline it."""
    requests = Requests(service.office)
    asked = requests.find(number)
    more = _amount(asked.dimension, given.more) if given.granted else None
    end = end_of(service, given.until) if given.until else asked.until
    requests.decide(number, Decision(who.name, who.person.admin, more, end, given.answer))
    return redirect(f"{PAGE}#waiting")


@router.post("/usage/answers/dismiss")
def dismiss(who: SubmitsAs, service: UsesParts, number: Number) -> Response:
    """Put an answer away."""
    Requests(service.office).put_away(who.name, number)
    return redirect(PREFIX)


def _folders(service: Parts, who: Caller, language: Language) -> list[FolderBar]:
    now, zone = service.clock(), service.settings.service.time_zone
    found = service.measures.of_person(who.name, now)
    if any(one.level != "free" and now - one.at > _STALE for one in found):
        service.measures.ask_for(who.name)  # files may have been deleted since
    return folder_bars(language, found, lambda time: language.at(time, now, zone))


def notices(service: Parts, who: Caller, language: Language) -> dict[str, Any]:
    """Return what the home page tells of requests: an answer, or how many wait for this person."""
    requests = Requests(service.office)
    return _helpers(service, language) | {
        "answered": requests.unread(who.name),
        "full": next((one for one in _folders(service, who, language) if one.level != "free"), None),
        "asked_of_me": len(requests.waiting_for(who.name, admin=who.person.admin)),
    }


def _payers(service: Parts, who: Caller) -> tuple[Account, ...]:
    return tuple(one.account for one in service.office.offers(who.name, who.person.groups, {})[:MOST_ACCOUNTS])


def _accounts(service: Parts, who: Caller, language: Language) -> Accounts:
    payers = _payers(service, who)
    known = {one.name for one in payers}
    names = [name for name in managed_by(service.office.rules, who.name) if name not in known][:MOST_ACCOUNTS]
    managed = tuple(service.office.accounts.find(name) for name in names)
    titles = {one.name: words.account_title(language, one, who.name) for one in (*payers, *managed)}
    return Accounts(payers, managed, titles)


def _chosen(accounts: Sequence[Account], outlooks: dict[int, Outlook], wanted: str | None) -> Account:
    if wanted is not None:
        for one in accounts:
            if one.name == wanted:
                return one
        raise NotFound(f"There is no account {wanted!a} among yours")
    ending = [outlooks[one.id] for one in accounts if one.id in outlooks and outlooks[one.id].forecast.until]
    if ending:
        return min(ending, key=lambda one: one.forecast.until or datetime.max.replace(tzinfo=UTC)).account
    return next((one for one in accounts if one.id in outlooks), accounts[0])


def _beside(service: Parts, sheet: Sheet, accounts: Accounts) -> list[Account]:
    """Return the person's ceiling and shares, which bound them whatever their accounts have left."""
    shares = [
        Shares(service.office).find(one.name, sheet.username) for one in accounts.payers if one.kind in _BY_PERSON
    ]
    return [service.office.accounts.find(f"ceiling:{sheet.username}"), *(one for one in shares if one)]


def _starts(service: Parts, who: Caller, language: Language) -> dict[str, Any]:
    """Return how long the person's last starts took."""
    now, zone = service.clock(), service.settings.service.time_zone
    starts = plot(Starts(service.engine).of(who.name, _STARTS))
    times = [language.when(one.ready, now, zone) for one in starts.lines]
    return {"starts": starts, "starts_chart": starts_chart(language, starts, times)}


def _burn(sheet: Sheet, own: Outlook | None) -> dict[str, Any]:
    """Return how the chosen account's budget was used up, if it has one."""
    if own is None:
        return {"burn": None}
    found, limit = sheet.burn(own), own.account.limits[own.dimension] or 0
    return {"burn": found, "burn_chart": burn_chart(sheet.language, found, own.dimension, limit, SOFT)}


def _splits(service: Parts, who: Caller, chosen: Account) -> bool:
    return chosen.kind in _BY_PERSON and may_split(service, who, chosen.name)


def _caps(service: Parts, sheet: Sheet, accounts: Accounts) -> list[Meter]:
    ceiling = service.office.accounts.find(f"ceiling:{sheet.username}")
    mine = sheet.caps(ceiling, sheet.language.text("all payers"))
    return mine + [bar for one in accounts.all for bar in sheet.caps(one, accounts.titles[one.name])]


def _people(service: Parts, sheet: Sheet, who: Caller, chosen: Account) -> list[Person] | None:
    """Return who used most, for those who may see it."""
    if chosen.kind not in _BY_PERSON or not may_see_all(service, who, chosen.name):
        return None
    return sheet.people(chosen)


def _helpers(service: Parts, language: Language) -> dict[str, Any]:
    now, zone = service.clock(), service.settings.service.time_zone
    return {
        "until_words": lambda one: words.until_words(language, one, now, zone),
        "end_words": lambda one: words.day_words(language, words.last_day(one, ZoneInfo(zone)), now.date()),
        "last_day": lambda one: words.last_day(one, ZoneInfo(zone)).isoformat(),
        "day_label": lambda one: words.day_label(language, one),
        "short": lambda one: words.short(language, one),
        "amount": lambda name, one: words.amount(language, name, one),
        "asked_amount": lambda one: words.amount(language, one.dimension, people(one.dimension, one.more)),
        "given_amount": lambda one: words.amount(language, one.dimension, people(one.dimension, one.given or 0)),
        "plain_amount": lambda one: _plain_number(people(one.dimension, one.more)),
        "plain_number": _plain_number,
        "unit": lambda name: words.unit(language, name),
        "asked_title": lambda one: _asked_title(service, one),
        "history": lambda name, kind: (
            f"{PREFIX}api/quotas/history?format={kind}" + (f"&account={quote(name)}" if name else "")
        ),
    }


def _asked_title(service: Parts, asked: Asked) -> str:
    declared = service.office.rules.declared(asked.account)
    return declared.title if declared else asked.account.partition(":")[2]


def _plain_number(value: float) -> str:
    """Return an amount as a field of a form takes it."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _amount(dimension: str, given: str) -> int:
    """Return an amount as the ledger counts it; people of France write a comma."""
    if dimension not in (*CAPS, *BUDGETS):
        raise InvalidInput(f"There is no limit {dimension[:40]!a}")
    value = given.strip().replace(",", ".")
    return (micro if dimension in CAPS else micro_hours)("more", value)


def end_of(service: Parts, day: date) -> datetime:
    """Return the end of a day where the people are."""
    if not 2000 <= day.year <= 9000:
        raise InvalidInput(f"{day} is no day to plan for")
    # Not Babel's: a zone of pytz, put into a time, counts by the sun.
    zone = ZoneInfo(service.settings.service.time_zone)
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
