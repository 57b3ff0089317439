"""The one place where the pages ask the catalog."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gaia_vre.catalog.reader import Catalog
from gaia_vre.catalog.rules import Question, answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gaia_vre.catalog.engine.model import Document, Engine, Page
    from gaia_vre.catalog.model import Dataset
    from gaia_vre.service.catalog.asking import Asked

FACETS = ("access", "pole", "variable", "platform", "format", "licence", "resolution", "period")
SORTS = ("best", "newest", "title")
PAGE = 20
OUTSIDE = 3


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


class Finder:
    """Ask an engine in the words of the pages."""

    def __init__(self, engine: Engine, folder) -> None:
        self._engine = engine
        self._folder = folder

    def find(self, asked: Asked) -> Found:
        datasets = [one.dataset for one in Catalog(self._folder)]
        found = answer(Question(asked.text or None, asked.box, asked.time), datasets)
        kept = [d for d in found.datasets if all(set(v) & set(_facet(d, k)) for k, v in asked.chosen.items())]
        facets = {name: dict(Counter(v for d in kept for v in _facet(d, name))) for name in FACETS}
        outside = []
        if asked.box:
            wide = self.find(replace(asked, box=None, token=None))
            outside = [d for d in wide.datasets if d.id not in {k.id for k in kept}]
        start = int(asked.token or 0)
        more = str(start + PAGE) if len(kept) > start + PAGE else None
        return Found(tuple(kept[start : start + PAGE]), facets, ("température de surface de la mer", "SST") if "sst" in asked.text.lower() else (), len(kept), more, found.complete, tuple(outside[:OUTSIDE]), len(outside))

    def dataset(self, name: str) -> Dataset:
        return Catalog(self._folder)[name].dataset

    def all(self) -> Iterator[Dataset]:
        return (one.dataset for one in Catalog(self._folder))


def _facet(d, name):
    return {"access": ("here" if d.opens_here else "described",), "pole": (d.pole,) if d.pole else (), "format": tuple({a.media_type.split(";")[0] for a in d.facts.assets}), "licence": (d.licence.text,) if d.licence else (), "variable": tuple(v.standard_name for v in d.facts.variables if v.standard_name)}.get(name, ())


def facet_title(facet, value, language):
    from gaia_vre.catalog.model import POLES
    return {"here": "Opens here", "described": "Described only"}.get(value) or POLES.get(value, value)
