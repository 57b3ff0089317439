"""What an engine is asked and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from gaia_vre.core.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gaia_vre.catalog.engine.aggregating import Aggregation, Step

Document = dict[str, Any]
"""A STAC collection or item, as it is written."""

Expression = dict[str, Any] | bool
"""A filter in CQL2 JSON, checked."""

Interval = tuple[int | None, int | None]
"""First and last instant in microseconds since 1970; None is open."""

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees; west is greater than east across the date line."""

Kind = Literal["items", "collections"]

PAGE = 10
PAGE_LIMIT = 1000


class TooSlow(InvalidInput):
    """A search did not end in its time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"The search takes over {seconds:g} s: narrow it by collection, box or time")


@dataclass(frozen=True)
class SortKey:
    """A property to sort by."""

    property: str
    descending: bool = False


@dataclass(frozen=True)
class Search:
    """What a search asks; None does not restrict."""

    ids: tuple[str, ...] | None = None
    collections: tuple[str, ...] | None = None
    box: Box | None = None
    shape: Document | None = None
    """GeoJSON geometry that items must touch."""
    interval: Interval | None = None
    text: tuple[str, ...] = ()
    """Phrases of which one must be said."""
    groups: tuple[tuple[str, ...], ...] = ()
    """Each group must be said by one of its phrases.

    The words of a phrase follow each other; ``"temp*"`` is said by words that begin so.
    """
    least: int | None = None
    """How many of the groups are enough; None asks for all."""
    chosen: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Facet and values of which a collection must have one; items know no facets."""
    filter: Expression | None = None
    sort: tuple[SortKey, ...] = ()
    limit: int = PAGE
    token: str | None = None


@dataclass(frozen=True)
class Page:
    """Some of what was found, in order."""

    documents: tuple[Document, ...]
    next: str | None = None
    """Token of the page after this; None when this is the last."""
    matched: int | None = None
    """How many there are in all, where that costs little to know; always for collections."""


class Engine(Protocol):
    """A place where the catalog can be searched; every one must pass ``tests/catalog/engine``."""

    def search(self, kind: Kind, search: Search) -> Page:
        """Return one page.

        Collections that were asked for in words and with no sort come best first: words of the title
        count most, then those of keywords and variables, then those of the description. Of equals,
        those that open here come first, then goes the order of ids.

        Raises
        ------
        InvalidInput
            The token, a property or the filter is none that can be answered.
        Unavailable
            There is no catalog, or it cannot be read.
        """
        ...

    def collection(self, name: str) -> Document:
        """Return a collection; raises NotFound."""
        ...

    def item(self, collection: str, name: str) -> Document:
        """Return an item; raises NotFound."""
        ...

    def only_items(self, collections: Sequence[str]) -> dict[str, Document]:
        """Return the item of each of these collections that has exactly one."""
        ...

    def mark(self) -> str:
        """Return a text that is another one as soon as the catalog was loaded anew; raises Unavailable."""
        ...

    def close(self) -> None:
        """Give back what is held open."""
        ...

    def properties(self, collection: str | None = None) -> dict[str, str]:
        """Return the properties that items have, with the JSON type of each."""
        ...

    def facets(self, search: Search) -> dict[str, dict[str, int]]:
        """Return facet, value and how many of the collections found have it.

        Each facet is counted without its own choice, so that other values of it can be seen;
        limit, token and sort do not matter.
        """
        ...

    def aggregate(self, search: Search, names: tuple[str, ...], step: Step = "month") -> tuple[Aggregation, ...]:
        """Return what is asked of all items found, taken together; limit, token and sort do not matter.

        Raises
        ------
        InvalidInput
            There is no such aggregation, or it takes longer than a search may.
        """
        ...
