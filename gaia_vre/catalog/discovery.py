"""The one door for searching: what people ask becomes datasets, best first, and what narrows them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gaia_vre.catalog import vocabulary
from gaia_vre.catalog.engine.model import PAGE, Search
from gaia_vre.catalog.engine.times import parse_instant
from gaia_vre.catalog.selection import on_globe, parse_time
from gaia_vre.catalog.stac_reading import dataset_of
from gaia_vre.core.errors import InvalidInput

if TYPE_CHECKING:
    from gaia_vre.catalog.engine.model import Document, Engine, Interval, Page, SortKey
    from gaia_vre.catalog.model import Box, Dataset
    from gaia_vre.catalog.selection import TimeRange
    from gaia_vre.catalog.vocabulary import Understood

TEXT_LIMIT = 1000
GROUPS_LIMIT = 30
_YEAR = r"(?:1[89]|20)\d\d"
_YEARS = re.compile(rf"(?<![\w.-])({_YEAR})(?:\s*[-–/]\s*({_YEAR}))?(?![\w.-])")
_QUOTED = re.compile(r'("[^"]*")')


@dataclass(frozen=True)
class Question:
    """What a person asks; None does not restrict."""

    text: str | None = None
    box: Box | None = None
    time: TimeRange | None = None
    pole: str | None = None
    chosen: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Facet and the values of which a dataset has one."""
    sort: tuple[SortKey, ...] = ()
    """What to sort by in place of how well a dataset fits."""


@dataclass(frozen=True)
class Discovered:
    """Some of the datasets found, best first, and what they can be narrowed by."""

    datasets: tuple[Dataset, ...] = ()
    facets: dict[str, dict[str, int]] = field(default_factory=dict)
    """Facet, value and how many datasets have it, the most frequent first."""
    also: tuple[str, ...] = ()
    """Names that were searched besides those that were asked for."""
    complete: bool = True
    """False when no dataset had all the words, and these have most of them."""
    next: str | None = None
    """Token of what follows; None when this is the end."""
    matched: int = 0
    """How many there are in all."""


def find(engine: Engine, question: Question, limit: int = PAGE, token: str | None = None) -> Discovered:
    """Return the datasets that fit; when none has all the words, those that have most of them.

    Parameters
    ----------
    token
        Where to go on: `next` of the answer to the same question.

    Raises
    ------
    InvalidInput
        The question is too long, or the token belongs to no such question.
    Unavailable
        There is no catalog, or it cannot be read.
    """
    understood = vocabulary.understand(_checked(question.text or ""))
    if len(understood.groups) > GROUPS_LIMIT:
        raise InvalidInput(
            f"text: it asks {len(understood.groups)} things; at most {GROUPS_LIMIT} are searched at once"
        )
    search = replace(_search(question), limit=limit)
    ways = _in_time(search, question) + _ways(search, understood)
    way, page = _continued(engine, ways, token) if token is not None else _first(engine, ways)
    search = ways[way]
    return Discovered(
        datasets=_datasets(engine, page.documents),
        facets=engine.facets(search),
        also=understood.also,
        complete=search.least is None,
        next=None if page.next is None else f"{way}.{page.next}",
        matched=page.matched or 0,
    )


def dataset(engine: Engine, name: str) -> Dataset:
    """Return the dataset of an id; raises NotFound with the nearest one."""
    return _datasets(engine, (engine.collection(name),))[0]


def _ways(search: Search, understood: Understood) -> list[Search]:
    """Return what to search, the next when one finds nothing.

    First all of the groups; then a place by what covers it, where only few say its name; then
    fewer and fewer of the groups, down to half of them.
    """
    ways = [replace(search, groups=understood.groups)]
    if understood.place and not search.box:
        ways.append(replace(search, groups=understood.elsewhere, box=understood.place))
    wanted = len(understood.groups)
    return ways + [replace(ways[0], least=least) for least in range(wanted - 1, (wanted - 1) // 2, -1)]


def _in_time(search: Search, question: Question) -> list[Search]:
    """Return what to search when a year or a span of years among the words is meant as a time."""
    years, words = years_of(question.text or "")
    if years is None or question.time is not None:
        return []
    ways = _ways(replace(search, interval=_interval(years)), vocabulary.understand(words))
    return [way for way in ways if way.least is None]


def years_of(text: str) -> tuple[TimeRange | None, str]:
    """Return the only year or span of years that a text names, and its other words.

    What stands in quotation marks is no year, nor is a number within a name; of several years
    nobody knows which is meant.
    """
    parts = _QUOTED.split(text)
    found = [match for part in parts[::2] for match in _YEARS.finditer(part)]
    if len(found) != 1:
        return None, text
    first, last = found[0].group(1), found[0].group(2) or found[0].group(1)
    if first > last:
        return None, text
    parts[::2] = [_YEARS.sub(" ", part) for part in parts[::2]]
    return parse_time((first, last)), "".join(parts)


def _first(engine: Engine, ways: list[Search]) -> tuple[int, Page]:
    """Return the first page of the first way that finds something."""
    found = engine.search("collections", ways[0])
    for way, search in enumerate(ways[1:], start=1):
        if found.documents:
            return way - 1, found
        found = engine.search("collections", search)
    return (len(ways) - 1, found) if found.documents else (0, found)


def _continued(engine: Engine, ways: list[Search], token: str) -> tuple[int, Page]:
    way, _, rest = token.partition(".")
    if not rest or not (way.isascii() and way.isdigit()) or len(way) > 3 or int(way) >= len(ways):
        raise InvalidInput("token: it belongs to no search like this one; begin again without it")
    return int(way), engine.search("collections", replace(ways[int(way)], token=rest))


def _search(question: Question) -> Search:
    pole = (("pole", (question.pole,)),) if question.pole else ()
    return Search(
        box=on_globe(question.box) if question.box else None,
        interval=_interval(question.time) if question.time else None,
        chosen=(*pole, *question.chosen),
        sort=question.sort,
    )


def _interval(time: TimeRange) -> Interval | None:
    first, last = (parse_instant(f"{one}Z") if one else None for one in (time.first, time.last))
    return None if first is None and last is None else (first, last)


def _datasets(engine: Engine, collections: tuple[Document, ...]) -> tuple[Dataset, ...]:
    """Return the datasets of collections; one with many items is a collection of images, not one store."""
    stores = [str(one["id"]) for one in collections if _files_are_with_its_item(one)]
    items = engine.only_items(stores) if stores else {}
    return tuple(dataset_of(one, [items[one["id"]]] if one["id"] in items else []) for one in collections)


def _files_are_with_its_item(collection: Document) -> bool:
    files = (one for one in (collection.get("assets") or {}).values() if "gaia:picture" not in one)
    return bool(collection.get("gaia:opens")) and not any(files)


def _checked(text: str) -> str:
    if len(text) > TEXT_LIMIT:
        raise InvalidInput(f"text: it has {len(text):,} characters; at most {TEXT_LIMIT:,} are searched")
    return text
