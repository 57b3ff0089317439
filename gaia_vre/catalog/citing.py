"""How a dataset is cited: as text, as BibTeX and as DataCite JSON; what is unknown stays unknown."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gaia_vre.catalog.views import citation_page

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gaia_vre.catalog.model import Dataset

_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip
_ACCENTS = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0308": '"', "\u0304": "=", "\u0306": "u",
    "\u0307": ".", "\u030a": "r", "\u030b": "H", "\u030c": "v", "\u0327": "c", "\u0328": "k",
}  # fmt: skip
_LETTERS = {
    "œ": r"{\oe}", "Œ": r"{\OE}", "æ": r"{\ae}", "Æ": r"{\AE}", "ø": r"{\o}", "Ø": r"{\O}", "ß": r"{\ss}",
    "ł": r"{\l}", "Ł": r"{\L}", "ı": r"{\i}", "–": "--", "—": "---", "’": "'", "‘": "`", "“": "``", "”": "''",
    "°": r"\textdegree{}", "\u00a0": "~", "\u202f": "~", "«": r"\guillemotleft{}", "»": r"\guillemotright{}",
}  # fmt: skip


@dataclass(frozen=True)
class Use:
    """What a session read of a dataset, and on which day (ISO 8601, UTC)."""

    day: str
    selection: str = ""


@dataclass(frozen=True)
class Citation:
    """One or several datasets to cite; with the uses that a session made of each."""

    entries: tuple[tuple[Dataset, tuple[Use, ...]], ...]

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text or "Nothing was opened yet"

    def _repr_html_(self) -> str:
        return citation_page(self)

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def lines(self) -> list[str]:
        return [_text(dataset, uses) for dataset, uses in self.entries]

    @property
    def text(self) -> str:
        """One sentence a dataset."""
        return "\n".join(self.lines)

    @property
    def bibtex(self) -> str:
        """Entries for a bibliography, in ASCII, each with a key of its own."""
        keys = _keys(dataset for dataset, _ in self.entries)
        return "\n\n".join(_bibtex(dataset, uses, key) for (dataset, uses), key in zip(self.entries, keys, strict=True))

    @property
    def datacite(self) -> Any:
        """DataCite JSON: one object for one dataset, a list for several."""
        found = [_datacite(dataset) for dataset, _ in self.entries]
        return found[0] if len(found) == 1 else found


def cite(dataset: Dataset) -> Citation:
    """Return how to cite a dataset."""
    return Citation(((dataset, ()),))


def makers(dataset: Dataset) -> list[str]:
    """Return who made a dataset: its producers, else whoever hands it out."""
    producers = [one.name for one in dataset.providers if "producer" in one.roles]
    return producers or [one.name for one in dataset.providers]


def escaped(text: str) -> str:
    """Return text as BibTeX takes it, in ASCII; a letter that TeX has no name for stays as it is."""
    letters = (_letter(one) for one in " ".join(unicodedata.normalize("NFC", text).split()))
    return "".join(letters)


def _letter(one: str) -> str:
    if one.isascii():
        return _SPECIAL.get(one, one)
    if one in _LETTERS:
        return _LETTERS[one]
    parts = unicodedata.normalize("NFD", one)
    base, marks = parts[0], parts[1:]
    if not base.isascii() or len(marks) != 1 or marks[0] not in _ACCENTS:
        return one
    accent = _ACCENTS[marks[0]]
    inner = {"i": r"\i", "j": r"\j"}.get(base, base)
    return f"{{\\{accent} {inner}}}" if accent.isalpha() else f"{{\\{accent}{inner}}}"


def _text(dataset: Dataset, uses: Iterable[Use]) -> str:
    sentence = dataset.citation
    spoken = [f"{use.day}{f' ({use.selection})' if use.selection else ''}" for use in uses]
    return f"{sentence} Accessed {', '.join(spoken)}." if spoken else sentence


def _bibtex(dataset: Dataset, uses: Iterable[Use], key: str) -> str:
    uses = tuple(uses)
    notes = [dataset.licence.text if dataset.licence else "", f"from {dataset.package}" if dataset.package else ""]
    chosen = list(dict.fromkeys(use.selection for use in uses if use.selection))
    notes.append(f"selection: {'; '.join(chosen)}" if chosen else "")
    url = f"https://doi.org/{dataset.doi}" if dataset.doi else dataset.link or ""
    fields = {
        "author": " and ".join(f"{{{escaped(name)}}}" for name in makers(dataset)),
        "title": f"{{{escaped(dataset.title)}}}",
        "publisher": escaped(_publisher(dataset) or ""),
        "doi": dataset.doi or "",
        "url": _plain_address(url),
        "urldate": max((use.day for use in uses), default=""),
        "note": escaped("; ".join(note for note in notes if note)),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{{key},", *lines, "}"])


def _plain_address(address: str) -> str:
    """Return an address without what would end a field: BibTeX reads braces even inside one."""
    return address.replace("{", "%7B").replace("}", "%7D").replace("\\", "%5C").replace(" ", "%20")


def _publisher(dataset: Dataset) -> str | None:
    for role in ("host", "licensor", "processor"):
        for one in dataset.providers:
            if role in one.roles:
                return one.name
    return None


def _keys(datasets: Iterable[Dataset]) -> list[str]:
    """Return a key a dataset, of letters that every BibTeX takes; no two are the same."""
    taken: set[str] = set()
    keys = []
    for dataset in datasets:
        key = base = re.sub(r"[^A-Za-z0-9:.-]+", "-", f"gaia:{dataset.id}").strip("-")
        number = 2
        while key.lower() in taken:
            key, number = f"{base}-{number}", number + 1
        taken.add(key.lower())
        keys.append(key)
    return keys


def _datacite(dataset: Dataset) -> dict[str, Any]:
    """Return a record of DataCite 4.6 with the fields that are known; ``gaia:unknown`` names those demanded but not."""
    record: dict[str, Any] = {
        "doi": dataset.doi,
        "identifiers": [{"identifier": dataset.doi, "identifierType": "DOI"}] if dataset.doi else None,
        "alternateIdentifiers": [{"alternateIdentifier": dataset.id, "alternateIdentifierType": "GAIA Data"}],
        "creators": [{"name": name, "nameType": "Organizational"} for name in makers(dataset)],
        "titles": [{"title": dataset.title}],
        "publisher": {"name": _publisher(dataset)} if _publisher(dataset) else None,
        "types": {"resourceTypeGeneral": "Dataset"},
        "subjects": [{"subject": word} for word in dataset.keywords],
        "descriptions": [{"description": dataset.description, "descriptionType": "Abstract"}],
        "rightsList": _rights(dataset),
        "dates": _dates(dataset),
        "geoLocations": _places(dataset),
        "url": dataset.link,
        "schemaVersion": "http://datacite.org/schema/kernel-4",
    }
    demanded = ("doi", "creators", "titles", "publisher", "publicationYear")
    unknown = [name for name in demanded if not record.get(name)]
    return {name: value for name, value in record.items() if value} | {"gaia:unknown": unknown}


def _rights(dataset: Dataset) -> list[dict[str, str]]:
    licence = dataset.licence
    if licence is None:
        return []
    named = {"rightsIdentifier": licence.spdx, "rightsIdentifierScheme": "SPDX"} if licence.spdx else {}
    return [{"rights": licence.text, **named}]


def _dates(dataset: Dataset) -> list[dict[str, str]]:
    period = dataset.facts.period
    return [{"date": f"{period.start or ''}/{period.end or ''}", "dateType": "Coverage"}] if period.known else []


def _places(dataset: Dataset) -> list[dict[str, Any]]:
    if dataset.facts.box is None:
        return []
    names = ("westBoundLongitude", "southBoundLatitude", "eastBoundLongitude", "northBoundLatitude")
    return [{"geoLocationBox": dict(zip(names, dataset.facts.box, strict=True))}]
