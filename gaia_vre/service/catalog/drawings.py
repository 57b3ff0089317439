"""The pictures of a dataset on its page, and their numbers as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from babel.numbers import format_decimal, format_scientific

from gaia_vre.catalog.model import Period
from gaia_vre.core.marking import said
from gaia_vre.service.catalog import words
from gaia_vre.service.catalog.cards import headed, picture_href

if TYPE_CHECKING:
    from gaia_vre.catalog.model import Dataset, Picture
    from gaia_vre.look.language import Language

_NEAR = (1e-3, 1e7)


@dataclass(frozen=True)
class Numbers:
    """What a picture shows as a table: a heading of its first column, then rows of a place and its numbers."""

    along: str
    spread: bool
    """Whether a row has its lowest, mean and highest; otherwise it has one value."""
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Drawing:
    """A picture of the data in each theme and width."""

    caption: str
    about: str
    alt: str
    sources: dict[str, str]
    sizes: dict[str, tuple[int, int]]
    numbers: Numbers | None


CAPTIONS = {
    "map": said("{variable}, by place"),
    "hovmoller": said("{variable}, mean over latitude, by time and longitude"),
    "series": said("{variable}, mean over the area, by time"),
    "image": said("{variable}"),
    "points": said("{variable}, by place of each row"),
    "profile": said("{variable}, by height"),
    "traces": said("Traces as recorded: {variable}"),
    "response": said("Response of the instrument: {variable}"),
}
ALONG = {
    "": said("Time"),
    "°N": said("Latitude (°N)"),
    "rows": said("Rows"),
    "rows of the grid": said("Rows of the grid"),
    "degrees of the rotated grid": said("Degrees of the rotated grid"),
}


def drawings(language: Language, dataset: Dataset, prefix: str) -> list[Drawing]:
    """Return the pictures of the data, each with its widths and themes."""
    groups: dict[str, list[Picture]] = {}
    for one in dataset.facts.pictures:
        if "overview" in one.roles:
            groups.setdefault(one.key.split("-")[0], []).append(one)
    return [_drawing(language, group, prefix) for group in groups.values()]


def _drawing(language: Language, group: list[Picture], prefix: str) -> Drawing:
    one = group[0]
    caption = headed(language.text(CAPTIONS[one.kind], variable=one.variable.replace("_", " ")))
    values = ""
    if one.lowest is not None and one.highest is not None:
        low, high = _value(language, one.lowest), _value(language, one.highest)
        values = language.text("from {low} to {high}", low=low, high=high) + (f"\u00a0{one.unit}" if one.unit else "")
    return Drawing(
        caption=caption,
        about=values,
        alt=f"{caption}, {values}" if values else caption,
        sources={each.key.partition("-")[2]: picture_href(prefix, each) or "" for each in group},
        sizes={each.key.partition("-")[2]: (each.width, each.height) for each in group},
        numbers=next((_numbers(language, each) for each in group if each.numbers), None),
    )


def _numbers(language: Language, picture: Picture) -> Numbers:
    spread = any(lowest != highest for _, _, lowest, _, highest in picture.numbers)
    rows = [
        (_part(language, picture, first, last), *(_value(language, one) for one in (values if spread else values[1:2])))
        for first, last, *values in picture.numbers
    ]
    along = (
        language.text(said("Trace"))
        if picture.kind == "traces"
        else language.text(ALONG.get(picture.along, picture.along))
    )
    return Numbers(along, spread, tuple(rows))


def _part(language: Language, picture: Picture, first: float | str, last: float | str) -> str:
    if isinstance(first, str) and isinstance(last, str):
        if picture.kind == "traces":
            return first
        return words.period_words(language, Period(first, last)) or first
    ends = tuple(dict.fromkeys(_place(language, one) for one in (first, last)))
    return ends[0] if len(ends) == 1 else language.text("{start} to {end}", start=ends[0], end=ends[1])


def _place(language: Language, value: float | str) -> str:
    return format_decimal(value, format="#,##0.######", locale=language.code)


def _value(language: Language, value: float | str) -> str:
    """Return a value in four significant digits, with a power of ten where it is far from one."""
    value = float(value)
    far = value != 0 and not _NEAR[0] <= abs(value) < _NEAR[1]
    if far:
        return format_scientific(value, format="0.###E0", locale=language.code)
    return format_decimal(float(f"{value:.4g}"), format="#,##0.#####", locale=language.code)
