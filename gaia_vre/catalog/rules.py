"""Which datasets answer a question: words in French or English, a box, a time, a pole."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gaia_vre.catalog.model import POLES
from gaia_vre.catalog.selection import boxes_touch
from gaia_vre.core.errors import InvalidInput, NotFound, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gaia_vre.catalog.model import Box, Dataset
    from gaia_vre.catalog.selection import TimeRange

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
_SHORTEST_PREFIX = 3
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


@dataclass(frozen=True)
class Question:
    """What a search asks; None does not restrict."""

    text: str | None = None
    box: Box | None = None
    time: TimeRange | None = None
    pole: str | None = None


@dataclass(frozen=True)
class Answer:
    """The datasets found, best first; `complete` is false when none had all the words."""

    datasets: tuple[Dataset, ...]
    complete: bool = True


def answer(question: Question, datasets: Iterable[Dataset]) -> Answer:
    """Return the datasets that fit; when none has all the words, those that have most of them."""
    fitting = [one for one in datasets if _fits(one, question)]
    asked = list(dict.fromkeys(words(question.text or "")))
    if not asked:
        return Answer(tuple(fitting))
    scored = [(*_score(one, asked), one) for one in fitting]
    best = max((found for found, _, _ in scored), default=0)
    if best * 2 < len(asked) or not best:
        return Answer(())
    scored = [row for row in scored if row[0] == best]
    scored.sort(key=lambda row: (-row[1], not row[2].opens_here, row[2].id))
    return Answer(tuple(one for _, _, one in scored), complete=best == len(asked))


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


def _fits(dataset: Dataset, question: Question) -> bool:
    facts = dataset.facts
    if question.pole and dataset.pole != question.pole:
        return False
    if question.box and not (facts.box and boxes_touch(facts.box, question.box)):
        return False
    return not question.time or (facts.period.known and question.time.touches(facts.period))


def _score(dataset: Dataset, asked: list[str]) -> tuple[int, float]:
    """Return how many of the words a dataset has, and how prominently."""
    fields = _fields(dataset)
    prominence = [_prominence(word, fields) for word in asked]
    return sum(value > 0 for value in prominence), sum(prominence)


def _prominence(word: str, fields: list[tuple[float, set[str]]]) -> float:
    for weight, content in fields:
        if word in content:
            return weight
        if len(word) >= _SHORTEST_PREFIX and any(other.startswith(word) for other in content):
            return weight / 2
    return 0


def _fields(dataset: Dataset) -> list[tuple[float, set[str]]]:
    """Return the words of a dataset by weight, the most prominent first."""
    quantities = " ".join(f"{one.name} {one.title or ''} {one.standard_name or ''}" for one in dataset.facts.variables)
    makers = " ".join([dataset.pole_name, *(one.name for one in dataset.providers)])
    texts = [
        (4.0, f"{dataset.title} {dataset.id}"),
        (3.0, " ".join(dataset.keywords) + " " + quantities),
        (2.0, makers),
        (1.0, dataset.description),
    ]
    return [(weight, set(words(text))) for weight, text in texts]


def _singular(word: str) -> str:
    """Return a word without what number and gender of French and English add; never shown to anybody."""
    if len(word) <= _SHORTEST_PLURAL:
        return word
    for ending, other in _PLURALS:
        if word.endswith(ending):
            word = word.removesuffix(ending) + other
            break
    return next((word.removesuffix(end) + other for end, other in _ENDINGS if word.endswith(end)), word)
