"""What the home page tells of accounting: the price of what runs and what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gaia_vre.core.errors import GaiaError
from gaia_vre.service.quotas import words
from gaia_vre.service.quotas.sheet import SOFT, Sheet

if TYPE_CHECKING:
    from gaia_vre.look.language import Language
    from gaia_vre.quotas.model import Account
    from gaia_vre.service.dependencies import Parts
    from gaia_vre.service.login import Caller

_MOST_PAYERS, _MOST_BARS = 8, 4


def accounting(service: Parts, who: Caller, language: Language) -> dict[str, Any]:
    """Return what stands beside the servers."""
    now, zone = service.clock(), service.settings.service.time_zone
    sheet = Sheet(service.office, language, who.name, now, service.settings.service.time_zone)
    things = sheet.things()
    payers = _payers(service, who)
    outlooks = sheet.outlooks(payers) if payers else {}
    titles = {one.name: words.account_title(language, one, who.name) for one in payers}
    left = [
        (bar, (found := outlooks.get(one.id)) and found.forecast.until) for one in payers for bar in sheet.budgets(one)
    ]
    return {
        "held": {(one.kind, one.name): one for one in things},
        "per_hour": sum(one.per_hour for one in things),
        "left": left[:_MOST_BARS],
        "titles": titles,
        "soft": SOFT,
        "amount": lambda name, value: words.amount(language, name, value),
        "until_words": lambda time: words.until_words(language, time, now, zone),
    }


def _payers(service: Parts, who: Caller) -> list[Account]:
    try:
        return [one.account for one in service.office.offers(who.name, who.person.groups, {})[:_MOST_PAYERS]]
    except GaiaError:
        return []  # a name that no account can have: the servers are shown all the same
