"""Amounts and durations of the hub's pages in the words of a language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gaia_vre.quotas.words import FORMS

if TYPE_CHECKING:
    from gaia_vre.look.language import Language


def amount(language: Language, dimension: str, value: float) -> str:
    """Return "36.6 credits"; few digits, as on the bars."""
    return language.count(_rounded(value), *FORMS[dimension])


def unit(language: Language, dimension: str) -> str:
    """Return what the amounts of a dimension count."""
    return language.plural(2, *FORMS[dimension]) if dimension in FORMS else dimension


def short(language: Language, value: float) -> str:
    """Return a number with as many digits as tell something."""
    return language.number(_rounded(value))


def lasting(language: Language, hours: float | None) -> str:
    """Return "33 h" or "40 min"; nothing for what has no end."""
    if hours is None:
        return ""
    if hours < 1:
        return f"{language.number(int(hours * 60))}\u00a0min"
    return f"{language.number(int(hours) if hours >= 10 else round(hours, 1))}\u00a0h"


def _rounded(value: float) -> float:
    return round(value, 0 if abs(value) >= 100 else 1 if abs(value) >= 1 else 2)
