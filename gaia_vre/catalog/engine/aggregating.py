"""What can be said of all items that a search finds, taken together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from gaia_vre.catalog.facets import FACETS
from gaia_vre.core.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gaia_vre.catalog.engine.model import Search

Step = Literal["month", "year"]
"""How long the periods are in which items are counted."""

BY_FACET = {f"collections_by_{facet}": facet for facet in FACETS}
"""Counts collections that hold items found; of which variable or licence an item is, it often does not say itself."""
NAMES = ("total_count", "datetime_min", "datetime_max", "collection_frequency", "datetime_frequency", *BY_FACET)
BUCKETS_LIMIT = 2000


@dataclass(frozen=True)
class Aggregation:
    """One value of all items found, or how many there are of each key."""

    name: str
    value: int | None = None
    """A number of items, or an instant in microseconds since 1970."""
    frequencies: tuple[tuple[str, int], ...] = ()
    """Keys and numbers: months and years as time goes, other keys from the most frequent on."""
    overflow: int = 0
    """How many stand under keys beyond the first 2,000."""


class Group(NamedTuple):
    """Items of one collection and month, or of all of them."""

    collection: str | None
    month: str | None
    items: int
    first: int | None
    last: int | None


def keys(names: Sequence[str]) -> tuple[bool, bool]:
    """Return whether these aggregations need groups by collection, and by month.

    Raises
    ------
    InvalidInput
        There is no such aggregation.
    """
    for name in names:
        if name not in NAMES:
            raise InvalidInput(f"aggregations: there is no {name[:60]!r}; there are {', '.join(NAMES)}")
    return any(one == "collection_frequency" or one in BY_FACET for one in names), "datetime_frequency" in names


def aggregated(
    names: Sequence[str],
    step: Step,
    groups: Iterable[Group],
    facets: Callable[[tuple[str, ...]], dict[str, dict[str, int]]],
) -> tuple[Aggregation, ...]:
    """Return aggregations from groups of items.

    Parameters
    ----------
    facets
        Returns facet, value and number for collections.
    """
    groups = [one for one in groups if one.items]
    collections = tuple(sorted({one.collection for one in groups if one.collection is not None}))
    of_facets = facets(collections) if collections and any(name in BY_FACET for name in names) else {}
    return tuple(_one(name, step, groups, of_facets) for name in dict.fromkeys(names))


def _one(name: str, step: Step, groups: list[Group], facets: dict[str, dict[str, int]]) -> Aggregation:
    if name == "total_count":
        return Aggregation(name, sum(one.items for one in groups))
    if name == "datetime_min":
        return Aggregation(name, min((one.first for one in groups if one.first is not None), default=None))
    if name == "datetime_max":
        return Aggregation(name, max((one.last for one in groups if one.last is not None), default=None))
    if name == "datetime_frequency":
        length = len("2020-01") if step == "month" else len("2020")
        return _bounded(name, sorted(_sums((one.month and one.month[:length], one.items) for one in groups)))
    found = _sums((one.collection, one.items) for one in groups)
    if name in BY_FACET:
        found = list(facets.get(BY_FACET[name], {}).items())
    return _bounded(name, sorted(found, key=lambda one: (-one[1], one[0])))


def _sums(pairs: Iterable[tuple[str | None, int]]) -> list[tuple[str, int]]:
    counted: Counter[str] = Counter()
    for key, count in pairs:
        if key:
            counted[key] += count
    return list(counted.items())


def _bounded(name: str, found: list[tuple[str, int]]) -> Aggregation:
    overflow = sum(count for _, count in found[BUCKETS_LIMIT:])
    return Aggregation(name, None, tuple(found[:BUCKETS_LIMIT]), overflow)


def counted_facets(
    search: Search, count: Callable[[Search, list[str]], Sequence[Sequence[object]]]
) -> dict[str, dict[str, int]]:
    """Return the values of the collections found, with their numbers; each facet without what was chosen of it.

    Parameters
    ----------
    count
        Gives facet, value and number for each value of the facets named.
    """
    chosen = {facet for facet, _ in search.chosen}
    rows = [*count(search, [one for one in FACETS if one not in chosen])]
    for facet in chosen:
        others = tuple(one for one in search.chosen if one[0] != facet)
        rows += count(replace(search, chosen=others), [facet])
    return {facet: {str(value): int(str(n)) for name, value, n in rows if name == facet} for facet in FACETS}
