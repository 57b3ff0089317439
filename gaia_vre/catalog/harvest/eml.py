"""Read metadata of EML 2, the ecologists' language, also out of a Darwin Core archive."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

from gaia_vre.catalog.harvest.checking import Refused
from gaia_vre.catalog.harvest.contract import Unreadable
from gaia_vre.catalog.harvest.describing import Record, box_of, collection_of, contact, doi_in, instant
from gaia_vre.catalog.harvest.xml import attribute, language, number_at, plain, read_xml, text_at, texts_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

ZIP = b"PK\x03\x04"
_VERSION = re.compile(r"/v\d+(\.\d+)*$")
_LANGUAGES = {"eng": "en", "english": "en", "fre": "fr", "fra": "fr", "french": "fr", "français": "fr"}
_PEOPLE = {"creator": "author", "contact": "contact", "metadataProvider": "metadataProvider", "publisher": "publisher"}
_MOST_TAXA = 200


def read_record(body: bytes, url: str, most_bytes: int) -> Element:
    """Return the `eml` element of a document or of the archive that carries it.

    Raises
    ------
    Unreadable
        It is neither, or the description in the archive is larger than `most_bytes`.
    """
    return read_xml(_described(body, url, most_bytes) if body.startswith(ZIP) else body, url, "eml")


def collection_of_eml(root: Element, url: str | None) -> dict[str, Any]:
    """Return the STAC collection of an EML document.

    Raises
    ------
    Refused
        It has no identifier, or describes software or literature only.
    """
    dataset = root.find("dataset")
    if dataset is None:
        raise Refused("dataset: an element expected, nothing found")
    name = _VERSION.sub("", (attribute(root, "packageId") or "").strip()) or text_at(dataset, "alternateIdentifier")
    if not name:
        raise Refused("packageId: a text expected, nothing found")
    own = text_at(dataset, "language") or attribute(root, "lang") or "und"
    main = _LANGUAGES.get(own.lower(), own.lower()[:2] if own != "und" else own)
    record = Record(name)
    record.titles = _texts(dataset, "title", main)
    record.abstracts = _texts(dataset, "abstract", main)
    _take_keywords(record, dataset)
    _take_coverage(record, dataset)
    record.constraints = list(dict.fromkeys(_terms(dataset)))
    record.contacts = list(_contacts(dataset))
    _take_links(record, dataset, url)
    record.doi = _doi(name, root, dataset)
    record.further = _further(dataset)
    return collection_of(record)


def _described(body: bytes, url: str, most_bytes: int) -> bytes:
    """Return the description out of a Darwin Core archive; its `meta.xml` names it."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            names = set(archive.namelist())
            named = None
            if "meta.xml" in names:
                named = attribute(read_xml(_member(archive, "meta.xml", most_bytes), url, "archive"), "metadata")
            member = named or "eml.xml"
            if member not in names:
                raise Unreadable(f"{url}: the archive has no {member[:100]!r}")
            return _member(archive, member, most_bytes)
    except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, RuntimeError) as error:
        raise Unreadable(f"{url}: the archive cannot be read ({error})") from error


def _member(archive: zipfile.ZipFile, name: str, most_bytes: int) -> bytes:
    with archive.open(name) as file:
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise Unreadable(f"{name} in the archive is larger than {most_bytes} bytes")
    return content


def _texts(dataset: Element, name: str, main: str) -> dict[str, str]:
    """Return a text by language; a translation is an element of the same name, or a `value` within."""
    found: dict[str, str] = {}
    for element in dataset.iterfind(name):
        inner = element.findall("value")
        texts = [(language(one), plain(one)) for one in inner]
        own = " ".join(part for part in (element.text, *(one.tail for one in inner)) if part)
        first = " ".join(own.split()) if inner else _paragraphs(element)
        for code, text in [(language(element), first), *texts]:
            if text:
                found.setdefault(code or main, text)
    return found


def _paragraphs(element: Element) -> str | None:
    return "\n".join(texts_at(element, ".//para")) or plain(element)


def _take_keywords(record: Record, dataset: Element) -> None:
    for block in dataset.iterfind("keywordSet"):
        words = list(texts_at(block, "keyword"))
        record.keywords += words
        scheme = text_at(block, "keywordThesaurus")
        if scheme and words and scheme.lower() not in ("n/a", "none", "null"):
            record.themes.setdefault(scheme, []).extend(words)


def _take_coverage(record: Record, dataset: Element) -> None:
    for one in dataset.iterfind("coverage/geographicCoverage/boundingCoordinates"):
        sides = ("west", "south", "east", "north")
        box = box_of(*(number_at(one, f"{side}BoundingCoordinate") for side in sides))
        if box and box not in record.boxes:
            record.boxes.append(box)
    starts, ends = [], []
    for one in dataset.iterfind("coverage/temporalCoverage"):
        for path in ("rangeOfDates/beginDate/calendarDate", "singleDateTime/calendarDate"):
            starts += [instant(text) for text in texts_at(one, path)]
        for path in ("rangeOfDates/endDate/calendarDate", "singleDateTime/calendarDate"):
            ends += [instant(text, end=True) for text in texts_at(one, path)]
    record.start = min((one for one in starts if one), default=None)
    record.end = max((one for one in ends if one), default=None)


def _terms(dataset: Element) -> Iterator[str]:
    for one in dataset.iterfind("licensed"):
        said = [text_at(one, path) for path in ("licenseName", "url", "identifier")]
        yield from [" ".join(part for part in said if part)] if any(said) else []
    for element in dataset.iterfind("intellectualRights"):
        addresses = {attribute(link, "url") for link in element.iter("ulink")} - {None}
        said = [_paragraphs(element), *sorted(one for one in addresses if one)]
        yield from [" ".join(part for part in said if part)] if any(said) else []


def _contacts(dataset: Element) -> Iterator[dict[str, Any]]:
    seen = []
    for kind in (*_PEOPLE, "associatedParty"):
        for one in dataset.iterfind(kind):
            name = [*texts_at(one, "individualName/givenName"), *texts_at(one, "individualName/surName")]
            found = contact(
                name=" ".join(name),
                organisation=text_at(one, "organizationName"),
                roles=[_PEOPLE.get(kind) or text_at(one, "role")],
                email=text_at(one, "electronicMailAddress"),
            )
            if found and found not in seen:
                seen.append(found)
                yield found


def _take_links(record: Record, dataset: Element, url: str | None) -> None:
    if url and url.startswith("http"):
        record.links.append({"rel": "describedby", "href": url})
    for one in dataset.iterfind(".//distribution/online/url"):
        href = plain(one)
        if not href or not href.startswith(("http://", "https://")):
            continue
        if attribute(one, "function") == "download":
            record.downloads.append({"href": href, "title": href, "roles": ["data"]})
        else:
            record.links.append({"rel": "via", "href": href})


def _doi(name: str, root: Element, dataset: Element) -> str | None:
    cited = root.find(".//additionalMetadata//citation")
    own = attribute(cited, "identifier") if cited is not None else None
    said = [name, *texts_at(dataset, "alternateIdentifier"), own]
    return next((doi for one in said if (doi := doi_in(one))), None)


def _further(dataset: Element) -> dict[str, Any]:
    taxa = [
        " ".join(part for part in (text_at(one, "taxonRankName"), text_at(one, "taxonRankValue")) if part)
        for one in dataset.iterfind("coverage/taxonomicCoverage//taxonomicClassification")
    ]
    return {
        "published": instant(text_at(dataset, "pubDate")),
        "gaia:lineage": "\n".join(texts_at(dataset, "methods/methodStep/description")),
        "gaia:status": text_at(dataset, "maintenance/maintenanceUpdateFrequency"),
        "gaia:taxa": list(dict.fromkeys(one for one in taxa if one))[:_MOST_TAXA],
    }
