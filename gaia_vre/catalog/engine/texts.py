"""The words that a collection or an item is found by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from gaia_vre.catalog.model import POLES
from gaia_vre.catalog.rules import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gaia_vre.catalog.engine.model import Document

_BREAK = "qqq"
"""A word that nobody asks for: no phrase reaches from one keyword into the next."""


class Texts(NamedTuple):
    """Normalised words by how much they count: ``title`` most, ``description`` least."""

    title: str
    keywords: str
    variables: str
    description: str


def texts(document: Document) -> Texts:
    """Return the words of a document, each normalised as `words` does."""
    properties = document.get("properties", document)
    given = (
        [properties.get("title"), document["id"]],
        [*keywords(properties), *_makers(properties)],
        list(_variables(document)),
        [properties.get("description")],
    )
    return Texts(*(_together(texts) for texts in given))


def variables(document: Document) -> dict[str, dict[str, Any]]:
    """Return the variables, columns or channels that a document names, with what it says of each."""
    found: dict[str, dict[str, Any]] = {}
    for source in (document, document.get("properties", {})):
        cube, columns = source.get("cube:variables"), source.get("table:columns")
        if isinstance(cube, dict):
            found |= {str(name): one for name, one in cube.items() if isinstance(one, dict)}
        if isinstance(columns, list):
            found |= {str(one["name"]): one for one in columns if isinstance(one, dict) and "name" in one}
    return found


def _together(given: list[Any]) -> str:
    plain = (" ".join(words(str(one))) for one in given if one)
    return f" {_BREAK} ".join(one for one in plain if one)


def keywords(properties: Document) -> list[str]:
    """Return the keywords of a document; what is no list has none."""
    given = properties.get("keywords")
    return [str(one) for one in given if one] if isinstance(given, list) else []


def _variables(document: Document) -> Iterator[Any]:
    for name, one in variables(document).items():
        yield from (name, one.get("standard_name"), one.get("description"))


def _makers(properties: Document) -> list[Any]:
    given = properties.get("providers")
    makers = [one.get("name") for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    return [POLES.get(str(properties.get("gaia:pole"))), *makers]
