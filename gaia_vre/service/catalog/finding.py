"""The one place where the pages ask the catalog."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gaia_vre.catalog import discovery
from gaia_vre.catalog.discovery import Discovered, Question
from gaia_vre.catalog.engine.model import Search, SortKey
from gaia_vre.catalog.selection import boxes_touch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gaia_vre.catalog.engine.model import Engine, Page
    from gaia_vre.catalog.model import Dataset
    from gaia_vre.service.catalog.asking import Asked

SORTS = ("best", "newest", "title")
PAGE = 20
OUTSIDE = 3
ITEMS = 25


@dataclass(frozen=True)
class Found:
    """One page of what was found."""

    datasets: tuple[Dataset, ...]
    facets: dict[str, dict[str, int]]
    also: tuple[str, ...]
    matched: int
    next: str | None
    complete: bool = True
    outside: tuple[Dataset, ...] = ()
    """Some that answer all but the box."""
    outside_count: int = 0


@dataclass(frozen=True)
class Totals:
    """How many datasets there are, and how many of them open here."""

    all: int
    here: int


class Finder:
    """Ask an engine in the words of the pages."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find(self, asked: Asked) -> Found:
        """Return the page of datasets that answer."""
        question = _question(asked)
        found = self._ask(question, PAGE, asked.token)
        outside, count = self._outside(question, found) if asked.box else ((), 0)
        return Found(
            datasets=found.datasets,
            facets=found.facets,
            also=() if asked.exact else found.also,
            matched=found.matched,
            next=found.next,
            complete=found.complete,
            outside=outside,
            outside_count=count,
        )

    def totals(self) -> Totals:
        """Return how many datasets there are."""
        counts = self._engine.facets(Search()).get("access", {})
        return Totals(sum(counts.values()), counts.get("here", 0))

    def dataset(self, name: str) -> Dataset:
        """Return one dataset; raises NotFound."""
        return discovery.dataset(self._engine, name)

    def all(self) -> Iterator[Dataset]:
        """Yield every dataset."""
        token: str | None = None
        while True:
            page = discovery.find(self._engine, Question(), _MANY, token)
            yield from page.datasets
            token = page.next
            if token is None:
                return

    def items(self, name: str, token: str | None) -> Page:
        """Return one page of the items of a dataset."""
        return self._engine.search("items", Search(collections=(name,), limit=ITEMS, token=token))

    def _ask(self, question: Question, limit: int, token: str | None) -> Discovered:
        return discovery.find(self._engine, question, limit, token)

    def _outside(self, question: Question, found: Discovered) -> tuple[tuple[Dataset, ...], int]:
        """Return some datasets that answer all but the box, and how many there are."""
        everywhere = self._ask(replace(question, box=None), 1, None)
        count = everywhere.matched - found.matched if everywhere.complete or not found.complete else 0
        if count <= 0:
            return (), 0
        first = self._ask(replace(question, box=None), OUTSIDE * 5, None).datasets
        outside = [one for one in first if not _touches(one, question)]
        return tuple(outside[:OUTSIDE]), count


def _touches(dataset: Dataset, question: Question) -> bool:
    box = dataset.facts.box
    return bool(box and question.box and boxes_touch(box, question.box))


def _question(asked: Asked) -> Question:
    return Question(
        text=_as_it_is(asked.text) if asked.exact else asked.text,
        box=asked.box,
        time=asked.time,
        chosen=tuple(asked.chosen.items()),
        sort=_SORT_KEYS[asked.sort] if asked.text or asked.sort != SORTS[0] else _OPENING_FIRST,
    )


def _as_it_is(text: str) -> str:
    """Return each word in quotation marks: the vocabulary leaves such words alone."""
    return " ".join(f'"{word}"' for word in text.replace('"', " ").split())


_MANY = 100
_OPENING_FIRST = (SortKey("gaia:opens", descending=True),)
"""Without words nothing fits better than another."""
_SORT_KEYS: dict[str, tuple[SortKey, ...]] = {
    "best": (),
    "newest": (SortKey("datetime", descending=True),),
    "title": (SortKey("title"),),
}
