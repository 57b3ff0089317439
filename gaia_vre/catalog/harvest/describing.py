"""Make a STAC collection of what a metadata record says; what it does not say stays unknown."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gaia_vre.catalog.harvest.accepting import GLOBE

if TYPE_CHECKING:
    from collections.abc import Iterable

_CONTACTS = "https://stac-extensions.github.io/contacts/v0.1.1/schema.json"
_SCIENTIFIC = "https://stac-extensions.github.io/scientific/v1.0.0/schema.json"
_THEMES = "https://stac-extensions.github.io/themes/v1.0.0/schema.json"
_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>]+")
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?Z?")
_LICENCES = (
    (r"creativecommons\.org/licenses/by-nc-nd/4\.0|\bCC[ -]BY[ -]NC[ -]ND[ -]4\.0\b", "CC-BY-NC-ND-4.0"),
    (r"creativecommons\.org/licenses/by-nc-sa/4\.0|\bCC[ -]BY[ -]NC[ -]SA[ -]4\.0\b", "CC-BY-NC-SA-4.0"),
    (r"creativecommons\.org/licenses/by-nc/4\.0|\bCC[ -]BY[ -]NC[ -]4\.0\b", "CC-BY-NC-4.0"),
    (r"creativecommons\.org/licenses/by-sa/4\.0|\bCC[ -]BY[ -]SA[ -]4\.0\b", "CC-BY-SA-4.0"),
    (r"creativecommons\.org/licenses/by-nd/4\.0|\bCC[ -]BY[ -]ND[ -]4\.0\b", "CC-BY-ND-4.0"),
    (r"creativecommons\.org/licenses/by/4\.0|\bCC[ -]BY[ -]4\.0\b|Attribution[ (]*CC-BY[) ]*4\.0", "CC-BY-4.0"),
    (r"creativecommons\.org/publicdomain/zero/1\.0|\bCC0[ -]1\.0\b", "CC0-1.0"),
    (r"etalab\W{0,3}(?:v\.?)?2\.0|licence ouverte[^.;]{0,40}(?:v\.?|version )?2\.0", "etalab-2.0"),
)


@dataclass
class Record:
    """What a record of any metadata standard says."""

    id: str
    titles: dict[str, str] = field(default_factory=dict)
    """By language, the record's own first."""
    abstracts: dict[str, str] = field(default_factory=dict)
    keywords: list[str] = field(default_factory=list)
    themes: dict[str, list[str]] = field(default_factory=dict)
    """Keywords by the thesaurus they are from."""
    boxes: list[list[float]] = field(default_factory=list)
    start: str | None = None
    end: str | None = None
    constraints: list[str] = field(default_factory=list)
    """Licence and conditions, word by word."""
    contacts: list[dict[str, Any]] = field(default_factory=list)
    links: list[dict[str, Any]] = field(default_factory=list)
    downloads: list[dict[str, Any]] = field(default_factory=list)
    doi: str | None = None
    further: dict[str, Any] = field(default_factory=dict)


def collection_of(record: Record) -> dict[str, Any]:
    """Return the STAC collection of a record."""
    boxes = [box for box in record.boxes if box != GLOBE] or record.boxes
    unknown = [] if boxes else ["extent.spatial"]
    unknown += [] if record.start or record.end else ["extent.temporal"]
    spdx = licence_of(record.constraints)
    unknown += [] if record.constraints else ["license"]
    own = {
        "gaia:titles": record.titles if len(record.titles) > 1 else None,
        "gaia:descriptions": record.abstracts if len(record.abstracts) > 1 else None,
        "gaia:licence": "\n".join(record.constraints),
        "contacts": record.contacts,
        "providers": _providers(record.contacts),
        "themes": [_theme(scheme, words) for scheme, words in record.themes.items()],
        "sci:doi": record.doi,
        "assets": {f"download-{number}": one for number, one in enumerate(record.downloads, start=1)},
        **record.further,
    }
    extensions = {"contacts": _CONTACTS, "themes": _THEMES, "sci:doi": _SCIENTIFIC}
    said = {key: value for key, value in own.items() if value}
    cite = [{"rel": "cite-as", "href": f"https://doi.org/{record.doi}"}] if record.doi else []
    return {
        "type": "Collection",
        "stac_version": "1.1.0",
        "stac_extensions": [url for key, url in extensions.items() if key in said],
        "id": record.id,
        "title": next(iter(record.titles.values()), record.id),
        "description": _both(record),
        "keywords": list(dict.fromkeys(record.keywords)),
        "license": spdx or "other",
        "extent": {
            "spatial": {"bbox": _with_union(boxes) if boxes else [GLOBE]},
            "temporal": {"interval": [[record.start, record.end]]},
        },
        "links": cite + record.links,
        "gaia:unknown": unknown,
        **said,
    }


def licence_of(texts: Iterable[str]) -> str | None:
    """Return the SPDX name when the texts name exactly one licence with its version."""
    found = {name for text in texts for pattern, name in _LICENCES if re.search(pattern, text, re.IGNORECASE)}
    return found.pop() if len(found) == 1 else None


def doi_in(text: str | None) -> str | None:
    """Return the DOI that a text holds."""
    match = _DOI.search(text or "")
    return match.group().rstrip(".,;)") if match else None


def instant(text: str | None, *, end: bool = False) -> str | None:
    """Return a date of a record as an instant in UTC; an `end` is the last second of its day, month or year."""
    match = _DATE.fullmatch(text.strip()) if text else None
    try:
        if match:
            return _whole(match, end=end)
        moment = datetime.fromisoformat(text.strip()) if text else None
    except ValueError:
        return None
    if moment is None:
        return None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return _stamp(moment)


def box_of(west: float | None, south: float | None, east: float | None, north: float | None) -> list[float] | None:
    """Return a box when all four sides are known and on the globe."""
    sides = [west, south, east, north]
    numbers = [one for one in sides if one is not None and math.isfinite(one)]
    if len(numbers) < 4:
        return None
    if 180 < numbers[2] <= 361 and numbers[0] >= 0:  # longitudes from 0 to 360
        numbers[0], numbers[2] = _turned(numbers[0], numbers[2])
    # Edges of cells at a pole lie a little beyond it.
    numbers[1], numbers[3] = (
        math.copysign(90, one) if 90 < abs(one) <= 91 else one for one in (numbers[1], numbers[3])
    )
    inside = all(-180 <= one <= 180 for one in numbers[::2]) and -90 <= numbers[1] <= numbers[3] <= 90
    return numbers if inside else None


def contact(
    *, name: str | None, organisation: str | None, roles: Iterable[str | None], email: str | None
) -> dict[str, Any] | None:
    """Return a contact as the extension has it; somebody without a name is nobody."""
    if not (name or organisation):
        return None
    named: dict[str, Any] = {"name": name} if name else {}
    named |= {"organization": organisation} if organisation else {}
    named |= {"roles": [one for one in roles if one]}
    return named | ({"emails": [{"value": email}]} if email else {})


def _providers(contacts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    known = {"owner": "licensor", "publisher": "host", "distributor": "host", "processor": "processor"}
    known |= dict.fromkeys(("originator", "author", "creator", "principalInvestigator", "producer"), "producer")
    roles: dict[str, set[str]] = {}
    for one in contacts:
        if "organization" in one:
            roles.setdefault(one["organization"], set()).update(known[role] for role in one["roles"] if role in known)
    return [{"name": name, "roles": sorted(some)} if some else {"name": name} for name, some in roles.items()]


def _theme(scheme: str, words: list[str]) -> dict[str, Any]:
    return {"scheme": scheme, "concepts": [{"id": one} for one in dict.fromkeys(words)]}


def _both(record: Record) -> str:
    """Return the abstract, and below it title and abstract of other languages: people search in theirs."""
    own, *others = record.abstracts.items() or [("", "")]
    first = next(iter(record.titles), None)
    parts = [own[1]]
    for code in dict.fromkeys([*record.titles, *record.abstracts]):
        parts += [record.titles[code]] if code in record.titles and code != first else []
        parts += [text for key, text in others if key == code]
    return "\n\n".join(part for part in parts if part)


def _with_union(boxes: list[list[float]]) -> list[list[float]]:
    """Return the box around all first, as STAC wants it."""
    if len(boxes) == 1 or any(box[0] > box[2] for box in boxes):
        return boxes if len(boxes) == 1 else [boxes[0]] if len({*map(tuple, boxes)}) == 1 else [GLOBE, *boxes]
    west, south, east, north = zip(*boxes, strict=True)
    return [[min(west), min(south), max(east), max(north)], *boxes]


def _turned(west: float, east: float) -> tuple[float, float]:
    if east - west >= 359:
        return -180.0, 180.0
    return (west - 360 if west > 180 else west), east - 360


def _whole(match: re.Match[str], *, end: bool) -> str:
    year, month, day = (int(one) if one else None for one in match.groups())
    first = datetime(year or 1, month or 1, day or 1, tzinfo=UTC)
    if not end:
        return _stamp(first)
    if day:
        return _stamp(first.replace(hour=23, minute=59, second=59))
    following = (year or 1) + (1 if (month or 12) == 12 else 0), (month or 12) % 12 + 1
    last = datetime(*following, 1, tzinfo=UTC).timestamp() - 1
    return _stamp(datetime.fromtimestamp(last, UTC))


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment.year >= 1000 else moment.isoformat().replace("+00:00", "Z")
