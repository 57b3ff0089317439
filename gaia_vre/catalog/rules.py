"""Words that count, in French and English, and the names of poles and datasets."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from gaia_vre.catalog.model import POLES
from gaia_vre.core.errors import InvalidInput, NotFound, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable


_WORD = re.compile(r"[a-z0-9]+")
_SILENT_ENGLISH = ("a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "over", "the", "to", "with")
_SILENT_FRENCH = (
    "au",
    "aux",
    "avec",
    "d",
    "dans",
    "de",
    "des",
    "du",
    "en",
    "et",
    "l",
    "la",
    "le",
    "les",
    "ou",
    "par",
    "pour",
    "sur",
    "un",
    "une",
)
_LETTERS = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss", "ø": "o", "Ø": "o"})
_SILENT = frozenset(_SILENT_ENGLISH + _SILENT_FRENCH)
_SHORTEST_PLURAL = 3
_PLURALS = (
    ("eaux", "eau"),
    ("aux", "al"),
    ("eux", "eu"),
    ("oux", "ou"),
    ("ysis", "yse"),
    ("ss", "ss"),
    ("us", "us"),
    ("is", "is"),
    ("s", ""),
)
"""Ending of a plural and of its singular, in the order to try: niveaux, canaux, feux, analysis; glass, focus, bis."""
_ENDINGS = (("ie", "y"), ("sse", "ss"), ("che", "ch"), ("she", "sh"), ("xe", "x"))
"""Endings that the singular has in one language or number only: série and series, biomasse, beaches, fluxes."""


def words(text: str) -> list[str]:
    """Return the words that count, without accents, capitals and plural endings."""
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS)).encode("ascii", "ignore").decode()
    return [_singular(word) for word in _WORD.findall(plain.lower()) if word not in _SILENT]


def pole_key(name: str) -> str:
    """Return the key of a pole given by key or name, in any capitals.

    Raises
    ------
    InvalidInput
        No pole has this name.
    """
    wanted = name.strip().lower()
    for key, title in POLES.items():
        if wanted in (key, title.lower()):
            return key
    raise InvalidInput(f"There is no pole {name!r}; there are {', '.join(POLES.values())}{did_you_mean(wanted, POLES)}")


def unknown_dataset(name: str, known: Iterable[str]) -> NotFound:
    """Return the error for an id that no dataset has, with the nearest one."""
    known = list(known)
    by_lower_case = {one.lower(): one for one in known}
    hint = did_you_mean(name.lower(), by_lower_case)
    for lower, one in by_lower_case.items():
        hint = hint.replace(repr(lower), repr(one))
    return NotFound(f"There is no dataset {name!r}{hint or '; gaia.search() lists what there is'}")


def _singular(word: str) -> str:
    """Return a word without what number and gender of French and English add; never shown to anybody."""
    if len(word) <= _SHORTEST_PLURAL:
        return word
    for ending, other in _PLURALS:
        if word.endswith(ending):
            word = word.removesuffix(ending) + other
            break
    return next((word.removesuffix(end) + other for end, other in _ENDINGS if word.endswith(end)), word)
