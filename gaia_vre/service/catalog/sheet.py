"""What the page of one dataset shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from gaia_vre.catalog import views
from gaia_vre.catalog.citing import cite
from gaia_vre.catalog.model import POLES, Period
from gaia_vre.service.catalog import words
from gaia_vre.service.catalog.cards import Extent, access_words, dataset_href
from gaia_vre.service.catalog.drawings import drawings

if TYPE_CHECKING:
    from gaia_vre.catalog.access import Decision
    from gaia_vre.catalog.engine.model import Document, Page
    from gaia_vre.catalog.model import Box, Dataset
    from gaia_vre.look.language import Language

_MOST_COPIES = 6


@dataclass(frozen=True)
class Fact:
    """One line of what is known; without a value it is unknown."""

    name: str
    value: str | None
    href: str | None = None


@dataclass(frozen=True)
class Line:
    """The period of a dataset on a line of decades, in percent."""

    start: float
    width: float
    marks: tuple[tuple[float, str], ...]
    words: str


@dataclass(frozen=True)
class ItemRow:
    """One item of a dataset in a table."""

    id: str
    href: str
    time: str | None
    area: str | None
    files: str


@dataclass(frozen=True)
class Items:
    """One page of the items of a dataset."""

    rows: tuple[ItemRow, ...]
    matched: int | None
    next: str | None
    later: bool
    boxes: tuple[tuple[str, Box], ...]


def facts(language: Language, dataset: Dataset) -> list[Fact]:
    """Return what is known in the order a person asks for it."""
    known, t = dataset.facts, language.text
    grid = words.grid_words(dataset)
    rows = language.count(known.rows, "row", "rows") if known.rows else None
    mails = dataset.contact.emails if dataset.contact else ()
    return [
        Fact(t("Period"), words.period_words(language, known.period)),
        Fact(t("Area"), words.area_words(language, known.box)),
        *([Fact(t("Grid"), grid)] if grid else []),
        *([Fact(t("Rows"), rows)] if rows else []),
        *([Fact(t("Format"), words.format_words(dataset))] if dataset.opens_here else []),
        *([Fact(t("Size"), words.size_words(language, dataset.bytes))] if dataset.opens_here else []),
        Fact(t("Licence"), dataset.licence.text if dataset.licence else None),
        Fact("DOI", dataset.doi, f"https://doi.org/{quote(dataset.doi)}" if dataset.doi else None),
        Fact(t("Provider"), "; ".join(one.name for one in dataset.providers) or None),
        Fact(t("Contact"), dataset.contact.name if dataset.contact else None, f"mailto:{mails[0]}" if mails else None),
        *([Fact(t("Taken from"), dataset.package)] if dataset.package else []),
    ]


def time_line(language: Language, dataset: Dataset, this_year: int) -> Line | None:
    """Return the period between the decades around it; None when no end of it is known."""
    period = dataset.facts.period
    if not period.known:
        return None
    first = _year(period.start) if period.start else None
    last = _year(period.end) if period.end else None
    start = first if first is not None else (last or 0) - 10
    end = last if last is not None else max(this_year + 1, start)
    step = next(one for one in (1, 2, 5, 10, 20, 50, 100, 500, 5000) if end - start <= one * 6)
    left, right = start // step * step, (int(end // step) + 1) * step
    marks = [(100 * (year - left) / (right - left), f"{year:.0f}") for year in range(int(left), int(right) + 1, step)]
    share = 100 * (end - start) / (right - left)
    return Line(
        100 * (start - left) / (right - left),
        max(share, 0.8),
        tuple(marks),
        words.period_words(language, period) or "",
    )


def where(dataset: Dataset, prefix: str) -> Extent | None:
    """Return where a dataset lies, for its map."""
    box = dataset.facts.box
    return Extent(dataset.title, dataset_href(prefix, dataset.id), dataset.pole or "", box) if box else None


def copies(dataset: Dataset, sites: dict[str, str]) -> list[tuple[str | None, str]]:
    """Return where each file stands besides here (None), by the titles of the sites, and what it is there."""
    assets = dataset.facts.assets[:_MOST_COPIES]
    places: list[tuple[str | None, str]] = [(None, one.title) for one in assets]
    return places + [(sites.get(each.site, each.site), one.title) for one in assets for each in one.copies]


def sheet(
    language: Language, dataset: Dataset, decision: Decision | None, prefix: str, this_year: int
) -> dict[str, object]:
    """Return everything that the template of a dataset's page needs."""
    mark, access = access_words(language, dataset, decision)
    return {
        "dataset": dataset,
        "pole": (dataset.pole, POLES[dataset.pole]) if dataset.pole in POLES else None,
        "href": dataset_href(prefix, dataset.id),
        "mark": mark,
        "access": access,
        "decision": decision,
        "facts": facts(language, dataset),
        "drawings": drawings(language, dataset, prefix),
        "line": time_line(language, dataset, this_year),
        "where": where(dataset, prefix),
        "citation": cite(dataset).text,
        "bibtex": cite(dataset).bibtex,
        "area": words.area_words(language, dataset.facts.box),
        "code": views.code(dataset) if dataset.opens_here else None,
        "summary": " · ".join(
            one for one in (words.period_words(language, dataset.facts.period), words.grid_words(dataset)) if one
        ),
        "size": words.size_words(language, dataset.bytes),
        "has_standard_names": any(one.standard_name for one in dataset.facts.variables),
        "has_shapes": any(one.shape for one in dataset.facts.variables),
        "stac": f"{prefix}stac/collections/{quote(dataset.id, safe='')}",
    }


def _year(instant: str) -> float:
    """Return an instant as a year and its part."""
    day = instant[:10]
    year, month, date = (int(one) for one in (f"{day}-01-01" if len(day) == 4 else day).split("-")[:3])
    return year + (month - 1) / 12 + (date - 1) / 365


def item_table(language: Language, page: Page, prefix: str, token: str | None) -> Items | None:
    """Return a page of items as a table; None for a dataset whose one item is itself."""
    own = [one for one in page.documents if one["id"] != one["collection"]]
    if not own and token is None:
        return None
    return Items(
        rows=tuple(_row(language, one, prefix) for one in own),
        matched=page.matched,
        next=page.next,
        later=token is not None,
        boxes=tuple((str(one["id"]), _box(one)) for one in own if one.get("bbox")),
    )


def _row(language: Language, item: Document, prefix: str) -> ItemRow:
    times = item["properties"]
    start = times.get("start_datetime") or times.get("datetime")
    period = Period(start, times.get("end_datetime") or start)
    assets = item.get("assets", {})
    collection, name = (quote(str(item[key]), safe="") for key in ("collection", "id"))
    return ItemRow(
        id=str(item["id"]),
        href=f"{prefix}stac/collections/{collection}/items/{name}",
        time=words.period_words(language, period),
        area=words.area_words(language, _box(item)) if item.get("bbox") else None,
        files=language.count(len(assets), "file", "files"),
    )


def _box(item: Document) -> Box:
    west, south, *_, east, north = item["bbox"][:2] + item["bbox"][len(item["bbox"]) // 2 :][:2]
    return west, south, east, north
