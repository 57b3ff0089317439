"""The start form: its fields from the settings, what each size costs and who pays; its answers as options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader

from gaia_vre.core.errors import GaiaError, InvalidInput
from gaia_vre.hub.admission import groups_of
from gaia_vre.hub.choices import choose

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from gaia_vre.core.settings import Labs, Size
    from gaia_vre.hub.admission import Desk


def form_fields(desk: Desk) -> Callable[[Any], Awaitable[str]]:
    """Return what the hub calls to have the fields of the form, with the last choice preselected."""
    labs = desk.settings.labs
    pages = Environment(loader=FileSystemLoader(Path(__file__).with_name("templates")), autoescape=True)
    pages.filters["amount"] = _amount
    pages.filters["long"] = lambda hours: _amount(int(hours) if hours >= 10 else hours)
    template = pages.get_template("gaia_choices.html")

    async def render(spawner: Any) -> str:
        payers = await _payers(desk, spawner)
        last = _last_choice(labs, spawner)
        names = [one["name"] for one in payers]
        if names and last.get("account") not in names:
            last["account"] = names[0]
        mine = f"person:{spawner.user.name}"
        titles = {one["name"]: "your account" if one["name"] == mine else one["title"] for one in payers}
        sizes = [_described(size, payers, titles, last.get("account")) for size in labs.sizes]
        return template.render(labs=labs, last=last, payers=payers, sizes=sizes, silent=not payers, mine=mine)

    return render


def options_from_form(form: dict[str, list[str]]) -> dict[str, str]:
    """Return the options of a submitted form; the hub's own fields are left out."""
    return {name: values[0] for name, values in form.items() if values and not name.startswith("_")}


async def _payers(desk: Desk, spawner: Any) -> list[dict[str, Any]]:
    """Return what this person may pay with; nothing while the service is silent."""
    query = {"username": spawner.user.name, "groups": list(groups_of(spawner.user))}
    try:
        found: list[dict[str, Any]] = await desk.door.ask("GET", "/quotas/accounts", query=query)
    except GaiaError as error:
        spawner.log.warning("The start form shows no accounts: %s", error.message)
        return []
    return [one | {"budgets": budgets(one)} for one in found]


def budgets(payer: dict[str, Any]) -> list[str]:
    """Return what is left of each limit of time, as people read it."""
    words = {"credits": "credits", "core_hours": "core-hours", "gib_hours": "GiB-hours", "gpu_hours": "GPU-hours"}
    return [_budget(payer, name, word) for name, word in words.items() if payer["left"].get(name) is not None]


def _budget(payer: dict[str, Any], name: str, word: str) -> str:
    """Return what is left of one limit: of the account's own, or of a tighter one above it or of the person."""
    left, limit = payer["left"][name], payer["limits"].get(name)
    own = None if limit is None else limit - payer["used"][name] - payer["reserved"][name]
    if own is not None and own <= left + 1e-6:
        return f"{_amount(left)} of {_amount(limit)} {word} left"
    return f"{_amount(left)} {word} left for you" + (f", of {_amount(own)} on the account" if own is not None else "")


def _described(size: Size, payers: list[dict[str, Any]], titles: dict[str, str], chosen: str | None) -> dict[str, Any]:
    """Return a size with its price, and where it fits now or why not."""
    offers = {one["name"]: one["sizes"].get(size.name) for one in payers}
    known = {name: offer for name, offer in offers.items() if offer}
    best = known.get(chosen or "") or next(iter(known.values()), None)
    return {
        "size": size,
        "price": best["credits_per_hour"] if best else None,
        "offer": best,
        "elsewhere": [titles[name] for name, offer in known.items() if offer["fits"] and offer is not best],
    }


def _amount(value: float) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def _last_choice(labs: Labs, spawner: Any) -> dict[str, str]:
    try:
        return choose(labs, spawner.orm_spawner.user_options or {}).options
    except (InvalidInput, AttributeError):
        return choose(labs, {}).options
