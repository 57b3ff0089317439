"""Amounts, limits and times of accounting in the words of a language."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from babel.dates import format_date, get_timezone

from gaia_vre.core.marking import said
from gaia_vre.quotas.words import FORMS

if TYPE_CHECKING:
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from gaia_vre.look.language import Language
    from gaia_vre.quotas.model import Account, Window

CAP_TITLES = {
    "cores": said("Cores"),
    "memory": said("Memory"),
    "gpus": said("GPUs"),
    "servers": said("Servers"),
    "clusters": said("Dask clusters"),
    "workers": said("Dask workers"),
}
_YEAR = timedelta(days=300)


def unit(language: Language, dimension: str) -> str:
    """Return what the amounts of a dimension count."""
    return language.plural(2, *FORMS[dimension])


def amount(language: Language, dimension: str, value: float) -> str:
    """Return "36.6 credits"; few digits, as on the bars."""
    return language.count(_rounded(value), *FORMS[dimension])


def short(language: Language, value: float) -> str:
    """Return a number with as many digits as tell something."""
    return language.number(_rounded(value))


def account_title(language: Language, account: Account, username: str) -> str:
    """Return what an account is called on the page of this person."""
    if account.name == f"person:{username}":
        return language.text("My account")
    if account.kind == "ceiling":
        return language.text("My ceiling, whoever pays")
    if account.kind == "share":
        return language.text("My share of {account}", account=account.title.rpartition(", share of ")[0])
    return account.title or account.key


def cap_title(language: Language, dimension: str) -> str:
    """Return the name of something that is held at one moment."""
    return language.text(CAP_TITLES[dimension])


def until_words(language: Language, time: datetime, now: datetime, zone: str) -> str:
    """Return "Friday 4 December, about 16:00", with the year when it is far."""
    local = (time + timedelta(minutes=30)).astimezone(get_timezone(zone))
    day = day_words(language, local.date(), now.date())
    hour = f"{local.hour}\u00a0h" if language.code == "fr" else f"{local:%H}:00"
    return language.text("{day}, about {hour}", day=day, hour=hour)


def day_words(language: Language, day: date, today: date) -> str:
    """Return "Friday 4 December"; in another year than soon, "4 December 2027"."""
    far = abs(day - today) > _YEAR
    return format_date(day, "d MMMM y" if far else "EEEE d MMMM", locale=language.code)


def day_label(language: Language, day: date) -> str:
    """Return "4 Dec", for an axis or a table."""
    return format_date(day, "d MMM", locale=language.code)


def last_day(end: datetime, zone: ZoneInfo) -> date:
    """Return the last day of which most was before an end: of a midnight, here or in Greenwich, the day before."""
    return (end.astimezone(zone) - timedelta(hours=12)).date()


def window_words(language: Language, window: Window, today: date, zone: ZoneInfo) -> str:
    """Return over which time a budget counts."""
    if window.days:
        return language.text("Rolling {days} days.", days=language.number(window.days))
    if window.end:
        return language.text("Until {day}.", day=day_words(language, last_day(window.end, zone), today))
    return ""


def _rounded(value: float) -> float:
    return round(value, 0 if abs(value) >= 100 else 1 if abs(value) >= 1 else 2)
