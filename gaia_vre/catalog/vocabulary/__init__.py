"""What people call things: questions as concepts with all their names in French and English.

`concepts.ttl` is the vocabulary, in SKOS; `concepts.json` is compiled from it, so that no process parses Turtle.
"""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gaia_vre.catalog.model import from_json
from gaia_vre.catalog.rules import words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gaia_vre.catalog.model import Box

COMPILED = Path(__file__).with_name("concepts.json")
_QUOTED = re.compile(r'["«“]([^"«»“”]*)["»”]')
_NOISE = frozenset(
    words("data dataset datasets donnée données jeu jeux produit produits product products file fichier")
)
_SHORTEST_BEGINNING = 4
_ALSO = 3


@dataclass(frozen=True)
class Concept:
    """One thing and its names."""

    key: str
    scheme: str
    en: str
    fr: str
    shown: tuple[str, ...]
    labels: tuple[str, ...]
    """Every name, normalised as `words` does."""
    broader: tuple[str, ...]
    cf: tuple[str, ...]
    box: tuple[float, ...]
    """West, south, east, north of a place, roughly; empty for what is none."""


@dataclass(frozen=True)
class Understood:
    """A question as what must be said, each in one of its ways."""

    groups: tuple[tuple[str, ...], ...]
    also: tuple[str, ...] = ()
    """Names that were searched besides those that were asked for."""
    place: Box | None = None
    """Box of the place that the question names, when it names one and something else."""
    elsewhere: tuple[tuple[str, ...], ...] = ()
    """The groups but for the place: what a dataset that covers it must still say."""


def understand(text: str) -> Understood:
    """Split a question into concepts, by their longest names, and other words.

    Accents, capitals and plurals do not matter. What stands in quotation marks is searched as it is.
    """
    found: list[tuple[tuple[str, ...], str]] = []
    found += [((phrase,), "") for phrase in _QUOTED.findall(text) if words(phrase)]
    asked, also = words(_QUOTED.sub(" ", text)), []
    for piece, keys in _pieces(asked):
        if keys:
            found.append((tuple(dict.fromkeys(label for key in keys for label in _said_by(key))), keys[0]))
            also += [name for key in keys for name in _others(concepts()[key], piece)]
        elif piece[0] not in _NOISE:
            found.append(((_going_on(piece[0]),), ""))
    groups: dict[tuple[str, ...], str] = dict(found) or {(word,): "" for word in asked}
    return Understood(tuple(groups), tuple(dict.fromkeys(also)), *_placed(groups))


def _placed(groups: dict[tuple[str, ...], str]) -> tuple[Box | None, tuple[tuple[str, ...], ...]]:
    """Return the box of the only place among the groups, and the other groups."""
    boxes = {group: concepts()[key].box for group, key in groups.items() if key and concepts()[key].box}
    others = tuple(group for group in groups if group not in boxes)
    if len(boxes) != 1 or not others:
        return None, ()
    west, south, east, north = next(iter(boxes.values()))
    return (west, south, east, north), others


def widened(term: str) -> tuple[str, ...]:
    """Return a term of a search with its other names; one that names no concept may go on."""
    keys = _index().get(tuple(words(term)), ())
    if not keys:
        return (_going_on(term),)
    return tuple(dict.fromkeys(label for key in keys for label in _said_by(key)))


def named(text: str, scheme: str) -> tuple[str, ...]:
    """Return the concepts of a scheme that a text names."""
    found = (key for _, keys in _pieces(words(text)) for key in keys)
    return tuple(dict.fromkeys(key for key in found if concepts()[key].scheme == scheme))


def of_standard_name(name: str) -> str | None:
    """Return the quantity that a CF standard name stands for, or that an older one stood for."""
    older = (key for key in _index().get(tuple(words(name)), ()) if concepts()[key].scheme == "quantity")
    return _standard_names().get(name) or next(older, None)


def broader_than(key: str) -> tuple[str, ...]:
    """Return what is broader than a concept, the nearest first."""
    above = concepts()[key].broader if key in concepts() else ()
    return tuple(dict.fromkeys(one for key in above for one in (key, *broader_than(key))))


def name_of(key: str, language: str) -> str | None:
    """Return what people call a concept, in "fr" or English; None for what is none."""
    found = concepts().get(key)
    return None if found is None else found.fr if language.startswith("fr") else found.en


@functools.cache
def concepts() -> dict[str, Concept]:
    """Return every concept by its key."""
    content: dict[str, dict[str, Any]] = json.loads(COMPILED.read_bytes())
    return {key: from_json(Concept, {"key": key, **values}) for key, values in content.items()}


@functools.cache
def _index() -> dict[tuple[str, ...], tuple[str, ...]]:
    """Return the concepts of each name, its words in a row."""
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for one in concepts().values():
        for label in one.labels:
            place = tuple(label.split())
            found[place] = (*found.get(place, ()), one.key)
    return found


@functools.cache
def _longest() -> int:
    return max(len(place) for place in _index())


@functools.cache
def _standard_names() -> dict[str, str]:
    return {name: one.key for one in concepts().values() for name in one.cf}


@functools.cache
def _narrower() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for one in concepts().values():
        for key in one.broader:
            found[key] = (*found.get(key, ()), one.key)
    return found


@functools.cache
def _said_by(key: str) -> tuple[str, ...]:
    """Return the names of a concept and of all that is narrower."""
    labels = list(concepts()[key].labels)
    for other in _narrower().get(key, ()):
        labels += _said_by(other)
    return tuple(dict.fromkeys(labels))


def _pieces(asked: Sequence[str]) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Cut words into the longest names of concepts, with the concepts, and single words without."""
    place, index = 0, _index()
    while place < len(asked):
        size, keys = 1, index.get((asked[place],), ())
        for length in range(min(_longest(), len(asked) - place), 1, -1):
            if longer := index.get(tuple(asked[place : place + length])):
                size, keys = length, longer
                break
        yield tuple(asked[place : place + size]), keys
        place += size


def _going_on(phrase: str) -> str:
    """Mark a phrase as said by longer words too, unless its last word is so short that all could begin with it."""
    last = "".join(words(phrase)[-1:])
    return f"{phrase}*" if len(last) >= _SHORTEST_BEGINNING else phrase


def _others(concept: Concept, said: tuple[str, ...]) -> Iterator[str]:
    """Yield some names of a concept that are not the one that was said, nor another's plural."""
    seen = {said}
    for name in concept.shown:
        place = tuple(words(name))
        if place not in seen and len(seen) <= _ALSO:
            seen.add(place)
            yield name
