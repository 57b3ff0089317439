"""The one door for searching: what people ask becomes datasets, best first, and what narrows them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gaia_vre.catalog import vocabulary
from gaia_vre.catalog.engine.model import PAGE, Search
from gaia_vre.catalog.engine.times import parse_instant
from gaia_vre.catalog.selection import on_globe
from gaia_vre.catalog.stac_reading import dataset_of
from gaia_vre.core.errors import InvalidInput

if TYPE_CHECKING:
    from gaia_vre.catalog.engine.model import Document, Engine, Interval, Page
    from gaia_vre.catalog.model import Box, Dataset
    from gaia_vre.catalog.selection import TimeRange

TEXT_LIMIT = 1000
GROUPS_LIMIT = 30
_FILES = 2
"""Items asked of a dataset for its files; one with more is a collection of images, not one store."""


@dataclass(frozen=True)
class Question:
    """What a person asks; None does not restrict."""

    text: str | None = None
    box: Box | None = None
    time: TimeRange | None = None
    pole: str | None = None
    chosen: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Facet and the values of which a dataset has one."""


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
    search = replace(_search(question), limit=limit)
    groups = understood.groups[:GROUPS_LIMIT]
    if len(understood.groups) > len(groups):
        raise InvalidInput(
            f"text: it asks {len(understood.groups)} things; at most {GROUPS_LIMIT} are searched at once"
        )
    search, page = _answered(engine, replace(search, groups=groups), token)
    following = None if page.next is None else f"{search.least or 0}.{page.next}"
    return Discovered(
        datasets=tuple(dataset_of(one, _items(engine, one)) for one in page.documents),
        facets=engine.facets(search),
        also=understood.also,
        complete=search.least is None,
        next=following,
        matched=page.matched or 0,
    )


def dataset(engine: Engine, name: str) -> Dataset:
    """Return the dataset of an id; raises NotFound with the nearest one."""
    found = engine.collection(name)
    return dataset_of(found, _items(engine, found))


def _answered(engine: Engine, search: Search, token: str | None) -> tuple[Search, Page]:
    """Return the first page that has something, with all of the groups or as many as any has, and its search."""
    if token is not None:
        search = _continued(search, token)
        return search, engine.search("collections", search)
    page = engine.search("collections", search)
    wanted = len(search.groups)
    for least in range(wanted - 1, (wanted - 1) // 2, -1):
        if page.documents:
            break
        fewer = replace(search, least=least)
        page = engine.search("collections", fewer)
        if page.documents:
            search = fewer
    return search, page


def _continued(search: Search, token: str) -> Search:
    count, _, rest = token.partition(".")
    if not rest or not count.isascii() or not count.isdigit() or len(count) > 3:
        raise InvalidInput("token: it belongs to no search like this one; begin again without it")
    return replace(search, least=int(count) or None, token=rest)


def _search(question: Question) -> Search:
    pole = (("pole", (question.pole,)),) if question.pole else ()
    return Search(
        box=on_globe(question.box) if question.box else None,
        interval=_interval(question.time) if question.time else None,
        chosen=(*pole, *question.chosen),
    )


def _interval(time: TimeRange) -> Interval | None:
    first, last = (parse_instant(f"{one}Z") if one else None for one in (time.first, time.last))
    return None if first is None and last is None else (first, last)


def _items(engine: Engine, collection: Document) -> tuple[Document, ...]:
    if not collection.get("gaia:opens") or collection.get("assets"):
        return ()
    found = engine.search("items", Search(collections=(str(collection["id"]),), limit=_FILES)).documents
    return found if len(found) < _FILES else ()


def _checked(text: str) -> str:
    if len(text) > TEXT_LIMIT:
        raise InvalidInput(f"text: it has {len(text):,} characters; at most {TEXT_LIMIT:,} are searched")
    return text
