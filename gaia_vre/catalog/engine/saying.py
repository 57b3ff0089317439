"""Words of a search as an expression of FTS5."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from gaia_vre.catalog.rules import words
from gaia_vre.core.errors import InvalidInput

if TYPE_CHECKING:
    from gaia_vre.catalog.engine.model import Search

PHRASES_LIMIT = 500
_KEPT = 512
"""Groups kept as expressions: one search asks each several times, and many searches ask the same."""


def said(search: Search) -> tuple[str, list[str]]:
    """Return in FTS5 what a document must match for `Search.text`, and for each of its groups.

    Words that do not count ask nothing, and neither do groups of nothing else.

    Raises
    ------
    InvalidInput
        There are more phrases than can be searched at once.
    """
    asked = len(search.text) + sum(len(group) for group in search.groups)
    if asked > PHRASES_LIMIT:
        raise InvalidInput(f"The search has {asked} phrases; at most {PHRASES_LIMIT} are searched")
    groups = [found for group in search.groups if (found := _any(group))]
    return _any(search.text), groups


def ranking(search: Search) -> str:
    """Return what a document is ranked by; empty when nothing was asked in words."""
    text, groups = said(search)
    enough = " AND " if search.least is None else " OR "
    together = enough.join(f"({one})" for one in groups)
    return " AND ".join(f"({one})" for one in (text, together) if one)


@functools.lru_cache(_KEPT)
def _any(group: tuple[str, ...]) -> str:
    return " OR ".join(dict.fromkeys(found for phrase in group if (found := _phrase(phrase))))


def _phrase(phrase: str) -> str:
    plain = " ".join(words(phrase))
    if not plain:
        return ""
    # Both, so that the whole word counts more than the beginning of another one.
    return f'"{plain}" OR "{plain}" *' if phrase.rstrip().endswith("*") else f'"{plain}"'
