"""What an address of the search page asks, and the address of a changed question."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from gaia_vre.catalog.facets import FACETS
from gaia_vre.catalog.selection import TimeRange, parse_time
from gaia_vre.core.errors import GaiaError
from gaia_vre.core.marking import said
from gaia_vre.service.catalog.finding import SORTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.datastructures import QueryParams

    from gaia_vre.catalog.model import Box

SIDES = ("north", "south", "west", "east")
BOX_PROBLEM = said(
    "A box needs four numbers in degrees: north and south from −90 to 90 in this order, west and east from −180 to 180."
)
PERIOD_PROBLEM = said("A period needs years or dates such as 1993 or 1993-06-30, the earlier one first.")
_TEXT_LIMIT = 400
_CHOICES_LIMIT = 50


@dataclass(frozen=True)
class Asked:
    """One question of a person, with what stands in the fields."""

    text: str = ""
    exact: bool = False
    """Only these words: the vocabulary adds none."""
    box: Box | None = None
    time: TimeRange | None = None
    chosen: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = SORTS[0]
    token: str | None = None
    typed: dict[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    """Why a field was left out of the question, in English."""

    @property
    def restricts(self) -> bool:
        return bool(self.text or self.box or self.time or self.chosen)

    def query(self, *without: str, **changes: str) -> str:
        """Return the address's query for this question without some of its parts and with others."""
        pairs = [("q", self.text), ("exact", "1" if self.exact else ""), *self.typed.items()]
        pairs += [(facet, value) for facet, values in self.chosen.items() for value in values]
        pairs += [("sort", self.sort if self.sort != SORTS[0] else "")]
        kept = [(name, value) for name, value in pairs if value and name not in without and name not in changes]
        return urlencode(kept + [(name, value) for name, value in changes.items() if value])


def read_question(query: QueryParams) -> Asked:
    """Understand the fields of the form; a field that makes no sense is left out and named."""
    typed = {name: _line(query.get(name, "")) for name in (*SIDES, "from", "to")}
    problems = []
    try:
        box = _box([typed[side] for side in SIDES])
    except ValueError:
        box, problems = None, [BOX_PROBLEM]
    try:
        time = _time(typed["from"], typed["to"])
    except GaiaError:
        time, problems = None, [*problems, PERIOD_PROBLEM]
    sort = query.get("sort", SORTS[0])
    return Asked(
        text=_line(query.get("q", "")),
        exact=query.get("exact") == "1",
        box=box,
        time=time,
        chosen={facet: chosen for facet in FACETS if (chosen := _choices(query.getlist(facet)))},
        sort=sort if sort in SORTS else SORTS[0],
        token=query.get("token") or None,
        typed=typed,
        problems=tuple(problems),
    )


def _line(text: str) -> str:
    return " ".join("".join(one if one.isprintable() else " " for one in text[:_TEXT_LIMIT]).split())


def _choices(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line for value in values if (line := _line(value))))[:_CHOICES_LIMIT]


def _box(typed: list[str]) -> Box | None:
    if not any(typed):
        return None
    north, south, west, east = (_degrees(one) for one in typed)
    if not (-90 <= south <= north <= 90 and -180 <= west <= 180 and -180 <= east <= 180):
        raise ValueError("no box on Earth")
    return west, south, east, north


def _degrees(typed: str) -> float:
    """Return a number as people write it: with a comma, with a true minus sign."""
    value = float(typed.replace(",", ".").replace("−", "-").removesuffix("°"))
    if not math.isfinite(value):
        raise ValueError(typed)
    return value


def _time(first: str, last: str) -> TimeRange | None:
    return parse_time((first or None, last or None)) if first or last else None
