"""The one place where the pages ask the catalog."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gaia_vre.catalog.engine.model import PAGE_LIMIT, Search, SortKey
from gaia_vre.catalog.engine.times import parse_instant
from gaia_vre.catalog.rules import words
from gaia_vre.catalog.stac_reading import dataset_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gaia_vre.catalog.engine.model import Document, Engine, Interval, Page
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
        search = _search(asked)
        page = self._engine.search("collections", search)
        found = Found(
            datasets=self._datasets(page.documents),
            facets=self._engine.facets(search),
            also=(),
            matched=page.matched or 0,
            next=page.next,
        )
        return self._with_outside(found, search) if search.box else found

    def totals(self) -> Totals:
        """Return how many datasets there are."""
        counts = self._engine.facets(Search(chosen=()))["access"]
        return Totals(sum(counts.values()), counts.get("here", 0))

    def dataset(self, name: str) -> Dataset:
        """Return one dataset; raises NotFound."""
        return self._datasets([self._engine.collection(name)])[0]

    def all(self) -> Iterator[Dataset]:
        """Yield every dataset."""
        token: str | None = None
        while True:
            page = self._engine.search("collections", Search(limit=PAGE_LIMIT // 10, token=token))
            yield from self._datasets(page.documents)
            token = page.next
            if token is None:
                return

    def items(self, name: str, token: str | None) -> Page:
        """Return one page of the items of a dataset."""
        return self._engine.search("items", Search(collections=(name,), limit=ITEMS, token=token))

    def _with_outside(self, found: Found, search: Search) -> Found:
        everywhere = replace(search, box=None, token=None, limit=PAGE_LIMIT // 10)
        page = self._engine.search("collections", everywhere)
        count = max((page.matched or 0) - found.matched, 0)
        if not count:
            return found
        inside = {one["id"] for one in self._engine.search("collections", replace(search, limit=PAGE_LIMIT)).documents}
        others = [one for one in page.documents if one["id"] not in inside][:OUTSIDE]
        return replace(found, outside=tuple(dataset_of(one) for one in others), outside_count=count)

    def _datasets(self, documents: Iterable[Document]) -> tuple[Dataset, ...]:
        """Return collections as datasets; the files of those that open here may hang on items."""
        documents = list(documents)
        opening = tuple(str(one["id"]) for one in documents if one.get("gaia:opens"))
        items: dict[str, list[Document]] = {}
        if opening:
            for one in self._engine.search("items", Search(collections=opening, limit=PAGE_LIMIT // 4)).documents:
                items.setdefault(one["collection"], []).append(one)
        return tuple(dataset_of(one, items.get(one["id"], ())[:1]) for one in documents)


def _search(asked: Asked) -> Search:
    """Return the question as engines understand it."""
    return Search(
        box=asked.box,
        interval=_interval(asked),
        groups=tuple((f"{word}*",) for word in words(asked.text)),
        chosen=tuple(asked.chosen.items()),
        sort=_SORT_KEYS[asked.sort] if asked.text or asked.sort != SORTS[0] else _OPENING_FIRST,
        limit=PAGE,
        token=asked.token,
    )


_OPENING_FIRST = (SortKey("gaia:opens", descending=True),)
"""Without words nothing fits better than another."""
_SORT_KEYS: dict[str, tuple[SortKey, ...]] = {
    "best": (),
    "newest": (SortKey("datetime", descending=True),),
    "title": (SortKey("title"),),
}


def _interval(asked: Asked) -> Interval | None:
    if asked.time is None:
        return None
    first, last = asked.time.first, asked.time.last
    return (parse_instant(f"{first}Z") if first else None, parse_instant(f"{last}Z") if last else None)
