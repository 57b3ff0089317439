"""What the search page shows: cards, facets, extents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from gaia_vre.catalog.engine.places import split
from gaia_vre.catalog.facets import FACETS, facet_name, facet_title
from gaia_vre.catalog.model import POLES
from gaia_vre.service.catalog import words
from gaia_vre.service.catalog.routes import spoken

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gaia_vre.catalog.access import Decision
    from gaia_vre.catalog.model import Box, Dataset, Picture
    from gaia_vre.look.language import Language
    from gaia_vre.service.catalog.asking import Asked

_FACET_ROWS = 6
_LONG_TEXT = 60


@dataclass(frozen=True)
class Card:
    """One dataset among what was found."""

    dataset: Dataset
    href: str
    picture: str | None
    pole: tuple[str, str] | None
    what: str
    known: str
    state: str
    access: str
    open_href: str | None


@dataclass(frozen=True)
class Choice:
    """One value of a facet."""

    value: str
    title: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class Facet:
    """One way to narrow; the rarer values stand behind a fold."""

    name: str
    title: str
    first: tuple[Choice, ...]
    rest: tuple[Choice, ...]


@dataclass(frozen=True)
class Extent:
    """Where a dataset lies, for a map."""

    title: str
    href: str
    pole: str
    box: Box

    @property
    def parts(self) -> list[tuple[float, float, float, float]]:
        """Left, top, width and height of each part as SVG has it, y to the south."""
        return [(west, -north, east - west, north - south) for west, south, east, north in split(self.box)]


def make_card(language: Language, dataset: Dataset, decision: Decision | None, prefix: str) -> Card:
    """Return a dataset as the list of results shows it; a decision is there for datasets with rights."""
    state, access = access_words(language, dataset, decision)
    licence = _cut(dataset.licence.text) if dataset.licence else ""
    known = [words.format_words(dataset), licence, f"DOI {dataset.doi}" if dataset.doi else ""]
    period = words.period_words(language, dataset.facts.period, brief=True) or ""
    return Card(
        dataset=dataset,
        href=dataset_href(prefix, dataset.id),
        picture=picture_href(prefix, thumbnail(dataset)),
        pole=(dataset.pole, POLES[dataset.pole]) if dataset.pole in POLES else None,
        what=" · ".join(one for one in (words.variable_words(dataset), period, words.grid_words(dataset)) if one),
        known=" · ".join(one for one in known if one),
        state=state,
        access=access,
        open_href=f"{prefix}catalog/open" if dataset.opens_here and (decision is None or decision.allowed) else None,
    )


def access_words(language: Language, dataset: Dataset, decision: Decision | None) -> tuple[str, str]:
    """Return the mark and the words for how one gets a dataset."""
    if dataset.opens_here and decision and not decision.allowed:
        return "warn" if decision.reason == "licence" else "stop", spoken(decision, language)
    if dataset.opens_here:
        return "run", language.text("Opens here, {size}", size=words.size_words(language, dataset.bytes))
    if dataset.access:
        return "stop", language.text("Described: {access}", access=dataset.access)
    return "stop", language.text("Described; the way to get it is not known")


def make_facets(language: Language, counted: dict[str, dict[str, int]], asked: Asked) -> list[Facet]:
    """Return the facets that have values, the commonest values first, chosen ones always among them."""
    facets = []
    for name in FACETS:
        chosen = asked.chosen.get(name, ())
        counts = dict.fromkeys(chosen, 0) | counted.get(name, {})
        ordered = sorted(counts, key=lambda one: (one not in chosen, -counts[one], one))
        choices = [Choice(one, headed(facet_title(name, one, language)), counts[one], one in chosen) for one in ordered]
        shown = max(_FACET_ROWS, len(chosen))
        if choices:
            first, rest = tuple(choices[:shown]), tuple(choices[shown:])
            facets.append(Facet(name, facet_name(name, language), first, rest))
    return facets


def extents(datasets: Iterable[Dataset], prefix: str) -> list[Extent]:
    """Return where datasets lie; those of the whole globe would cover the others."""
    return [
        Extent(one.title, dataset_href(prefix, one.id), one.pole or "", one.facts.box)
        for one in datasets
        if one.facts.box and not is_global(one.facts.box)
    ]


def is_global(box: Box) -> bool:
    """Tell whether a box covers the Earth but perhaps the poles."""
    west, south, east, north = box
    return east - west >= 359 and north - south >= 120


def dataset_href(prefix: str, name: str) -> str:
    """Return the address of a dataset's page."""
    return f"{prefix}catalog/{quote(name, safe='')}"


def thumbnail(dataset: Dataset) -> Picture | None:
    """Return the quicklook of a dataset."""
    return next((one for one in dataset.facts.pictures if "thumbnail" in one.roles), None)


def picture_href(prefix: str, picture: Picture | None) -> str | None:
    """Return the address of a picture; its size and time are in it, so that it may be kept for long."""
    return f"{prefix}pictures/{quote(picture.path.removeprefix('catalog/'))}" if picture else None


def headed(title: str) -> str:
    """Return a title with a capital."""
    return title[:1].upper() + title[1:]


def _cut(text: str) -> str:
    return text if len(text) <= _LONG_TEXT else text[:_LONG_TEXT].rsplit(" ", 1)[0] + " …"
