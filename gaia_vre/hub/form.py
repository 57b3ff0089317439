"""The start form: its fields from the settings, what each size costs and who pays; its answers as options."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader

from gaia_vre.core.errors import GaiaError, InvalidInput
from gaia_vre.hub.admission import groups_of
from gaia_vre.hub.choices import choose
from gaia_vre.hub.language import language_of_start
from gaia_vre.hub.refusal import spawn_address
from gaia_vre.hub.steps import usual
from gaia_vre.hub.words import amount, lasting, short, unit
from gaia_vre.look import TEMPLATES
from gaia_vre.quotas.words import FORMS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from gaia_vre.core.settings import Labs, Size
    from gaia_vre.hub.admission import Desk
    from gaia_vre.look.language import Language

_BUDGETS = ("credits", "core_hours", "gib_hours", "gpu_hours")


def form_fields(desk: Desk) -> Callable[[Any], Awaitable[str]]:
    """Return what the hub calls to have the fields of the form, with the last choice preselected."""
    labs = desk.settings.labs
    folders = [Path(__file__).with_name("templates"), TEMPLATES]
    pages = Environment(loader=FileSystemLoader(folders), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = pages.get_template("gaia_choices.html")

    async def render(spawner: Any) -> str:
        language = language_of_start(spawner)
        payers = await _payers(desk, spawner, language)
        last = _last_choice(labs, spawner)
        names = [one["name"] for one in payers]
        chosen = last.get("account") if last.get("account") in names else next(iter(names), None)
        return template.render(
            t=language.text,
            count=language.count,
            lang=language,
            labs=labs,
            last=last | {"account": chosen},
            again=_again(spawner, last, names),
            payers=payers,
            sizes=[_described(language, size, payers, chosen) for size in labs.sizes],
            silent=not payers,
            offers=_offers(language, labs, payers),
            usual=(found := usual(spawner)) and language.number(round(found[0], 1)),
        )

    return render


def options_from_form(form: dict[str, list[str]]) -> dict[str, str]:
    """Return the options of a submitted form; the hub's own fields are left out."""
    return {name: values[0] for name, values in form.items() if values and not name.startswith("_")}


async def _payers(desk: Desk, spawner: Any, language: Language) -> list[dict[str, Any]]:
    """Return what this person may pay with; nothing while the service is silent."""
    query = {"username": spawner.user.name, "groups": list(groups_of(spawner.user))}
    try:
        found: list[dict[str, Any]] = await desk.door.ask("GET", "/quotas/accounts", query=query)
    except GaiaError as error:
        spawner.log.warning("The start form shows no accounts: %s", error.message)
        return []
    return [_payer(language, one, f"person:{spawner.user.name}") for one in found]


def _payer(language: Language, one: dict[str, Any], mine: str) -> dict[str, Any]:
    """Return an account with the words and the bar of what is left of it."""
    is_mine = one["name"] == mine
    return one | {
        "called": language.text("My account") if is_mine else one["title"],
        "about": _window(language, one),
        "budgets": budgets(one, language),
        "bar": _bar(one),
    }


def _window(language: Language, one: dict[str, Any]) -> str:
    if one["days"]:
        return language.text("rolling {days} days", days=language.number(one["days"]))
    if one["until"]:
        end = (datetime.fromisoformat(one["until"]).astimezone(UTC) - timedelta(seconds=1)).date()
        return language.text("until {day}", day=format_date(end, "d MMMM y", locale=language.code))
    return ""


def _bar(one: dict[str, Any]) -> dict[str, float] | None:
    """Return the parts of the first budget in percent, and what one credit is of it."""
    name = next((name for name in _BUDGETS if one["limits"].get(name)), None)
    if name is None:
        return None
    limit, used = one["limits"][name], min(one["used"][name], one["limits"][name])
    held = min(one["reserved"][name], limit - used)
    return {"used": round(100 * used / limit, 2), "held": round(100 * held / limit, 2), "one": 100 / limit}


def budgets(payer: dict[str, Any], language: Language) -> list[str]:
    """Return what is left of each limit of time, as people read it."""
    return [_budget(payer, name, language) for name in _BUDGETS if payer["left"].get(name) is not None]


def _budget(payer: dict[str, Any], name: str, language: Language) -> str:
    """Return what is left of one limit: of the account's own, or of a tighter one above it or of the person."""
    left, limit = payer["left"][name], payer["limits"].get(name)
    own = None if limit is None else limit - payer["used"][name] - payer["reserved"][name]
    if own is not None and own <= left + 1e-6:
        return language.text(
            "{left} left of {limit}", left=short(language, left), limit=amount(language, name, limit or 0)
        )
    if own is None:
        return language.text("{left} left for you", left=amount(language, name, left))
    return language.text(
        "{left} left for you, of {own} on the account", left=amount(language, name, left), own=short(language, own)
    )


def _described(language: Language, size: Size, payers: list[dict[str, Any]], chosen: str | None) -> dict[str, Any]:
    """Return a size with its price, and where it fits now or why not."""
    known = {one["name"]: one["sizes"][size.name] for one in payers if one["sizes"].get(size.name)}
    best = known.get(chosen or "") or next(iter(known.values()), None)
    return {
        "size": size,
        "price": short(language, best["credits_per_hour"]) if best else None,
        "fits": best is None or best["fits"],
        "why": _why(language, best, size.name, payers) if best else "",
    }


def _offers(language: Language, labs: Labs, payers: list[dict[str, Any]]) -> dict[str, Any]:
    """Return for each account and size what the page says when that account is chosen."""
    return {
        payer["name"]: {
            size.name: {
                "fits": offer["fits"],
                "why": _why(language, offer, size.name, payers),
                "price": language.text(
                    "{credits} an hour", credits=amount(language, "credits", offer["credits_per_hour"])
                ),
                "credits": offer["credits_per_hour"],
                "lasts": lasting(language, offer["hours"]),
            }
            for size in labs.sizes
            if (offer := payer["sizes"].get(size.name))
        }
        for payer in payers
    }


def _why(language: Language, offer: dict[str, Any], size: str, payers: list[dict[str, Any]]) -> str:
    if offer["fits"]:
        lasts = lasting(language, offer["hours"])
        return language.text("Fits. Lasts {time} at this size.", time=lasts) if lasts else language.text("Fits.")
    lacking = offer.get("lacking") or {}
    words = (
        language.text(
            "Not now: {left} of {limit} {unit} left on {account}.",
            left=short(language, lacking["left"]),
            limit=short(language, lacking["limit"]),
            unit=unit(language, lacking["dimension"]),
            account=_called(lacking, payers),
        )
        if lacking.get("dimension") in FORMS
        else language.text("Not now.")
    )
    elsewhere = [one["called"] for one in payers if (one["sizes"].get(size) or {}).get("fits")]
    if not elsewhere:
        return words
    return words + " " + language.text("Fits on {accounts}.", accounts=", ".join(elsewhere))


def _called(lacking: dict[str, Any], payers: list[dict[str, Any]]) -> str:
    return str(next((one["called"] for one in payers if one["name"] == lacking["account"]), lacking["title"]))


def _last_choice(labs: Labs, spawner: Any) -> dict[str, str]:
    try:
        return choose(labs, spawner.orm_spawner.user_options or {}).options
    except (InvalidInput, AttributeError):
        return choose(labs, {}).options


def _again(spawner: Any, last: dict[str, str], payers: list[str]) -> str | None:
    """Return the address that starts what was there last time; None when there was none, or its payer is gone."""
    was = getattr(getattr(spawner, "orm_spawner", None), "user_options", None)
    if not was or (last.get("account") and payers and last["account"] not in payers):
        return None
    return spawn_address(spawner.user.name, spawner.name, last)
