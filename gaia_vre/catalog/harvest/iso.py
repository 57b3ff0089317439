"""Read metadata of ISO 19115, written as ISO 19139 or as ISO 19115-3: both name nearly everything alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gaia_vre.catalog.harvest.checking import Refused
from gaia_vre.catalog.harvest.describing import Record, box_of, collection_of, contact, doi_in, instant
from gaia_vre.catalog.harvest.xml import attribute, number_at, plain, text_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

_LANGUAGES = {"fre": "fr", "fra": "fr", "eng": "en", "spa": "es", "ger": "de", "deu": "de", "ita": "it"}
_TEXTS = ("CharacterString", "Anchor", "URL", "Date", "DateTime", "MimeFileType")
_DATES = {"publication": "published", "creation": "created", "revision": "updated"}


def collection_of_iso(root: Element, record_url: str | None) -> dict[str, Any]:
    """Return the STAC collection of an `MD_Metadata`.

    Raises
    ------
    Refused
        The record has no identifier or describes no dataset.
    """
    identification = root.find("identificationInfo/MD_DataIdentification")
    name = _first(root, "fileIdentifier", "metadataIdentifier/MD_Identifier/code")
    if name is None:
        raise Refused("fileIdentifier: a text expected, nothing found")
    if identification is None:
        level = _code(root.find("hierarchyLevel")) or _code(root.find(".//metadataScope//resourceScope"))
        raise Refused(f"identificationInfo: a dataset expected, {level or 'none'} found")
    record = Record(name)
    citation = identification.find("citation/CI_Citation")
    locales = _locales(root)
    record.titles = _texts(citation, "title", locales)
    record.abstracts = _texts(identification, "abstract", locales)
    _take_keywords(record, identification)
    _take_extent(record, identification)
    _take_constraints(record, identification)
    record.contacts = list(_contacts(root, identification))
    _take_links(record, root, record_url)
    record.doi = _doi(record, citation)
    record.further = _further(root, identification, citation)
    return collection_of(record)


def _locales(root: Element) -> dict[str, str]:
    """Return the language of each locale's id; the record's own stands under an empty id."""
    own = root.find("language")
    main = _code(own) or _first(root, "language") or _code(root.find("defaultLocale/PT_Locale/language"))
    found = {"": _short(main)}
    for path, inner in (("locale/PT_Locale", "languageCode"), ("otherLocale/PT_Locale", "language")):
        for one in root.iterfind(path):
            found[attribute(one, "id") or "?"] = _short(_code(one.find(inner)))
    return found


def _short(code: str | None) -> str:
    return _LANGUAGES.get(code.lower(), code.lower()[:2]) if code else "und"


def _texts(parent: Element | None, name: str, locales: dict[str, str]) -> dict[str, str]:
    """Return a text by language, the record's own first."""
    element = parent.find(name) if parent is not None else None
    if element is None:
        return {}
    own = _own(element)
    found = {locales[""]: own} if own else {}
    for one in element.iter("LocalisedCharacterString"):
        text = plain(one)
        code = locales.get((attribute(one, "locale") or "").lstrip("#"))
        if text and code and code not in found:
            found[code] = text
    return found


def _own(element: Element | None) -> str | None:
    """Return the text of an element in the record's own language."""
    if element is None:
        return None
    return next((text for one in element if one.tag in _TEXTS if (text := plain(one))), None)


def _first(parent: Element | None, *paths: str) -> str | None:
    if parent is None:
        return None
    return next((text for path in paths for one in parent.iterfind(path) if (text := _own(one))), None)


def _code(element: Element | None) -> str | None:
    """Return the value of a code list."""
    for one in element.iter() if element is not None else ():
        value = attribute(one, "codeListValue")
        if value:
            return value
    return None


def _take_keywords(record: Record, identification: Element) -> None:
    for block in identification.iterfind("descriptiveKeywords/MD_Keywords"):
        words = [text for one in block.iterfind("keyword") if (text := _own(one))]
        further = [text for one in block.iterfind("keyword//LocalisedCharacterString") if (text := plain(one))]
        record.keywords += [*words, *further]
        thesaurus = block.find("thesaurusName")
        anchor = next(thesaurus.iter("Anchor"), None) if thesaurus is not None else None
        address = attribute(anchor, "href") if anchor is not None else None
        scheme = address or _first(thesaurus, "CI_Citation/title")
        if scheme and words:
            record.themes.setdefault(scheme, []).extend(words)


def _take_extent(record: Record, identification: Element) -> None:
    for one in identification.iter("EX_GeographicBoundingBox"):
        sides = ("westBoundLongitude", "southBoundLatitude", "eastBoundLongitude", "northBoundLatitude")
        box = box_of(*(number_at(one, side) for side in sides))
        if box and box not in record.boxes:
            record.boxes.append(box)
    starts, ends = [], []
    for period in identification.iter("TimePeriod"):
        starts.append(instant(text_at(period, "beginPosition") or text_at(period, "begin//timePosition")))
        ends.append(instant(text_at(period, "endPosition") or text_at(period, "end//timePosition"), end=True))
    if not starts:
        for moment in identification.iterfind(".//EX_TemporalExtent/extent/TimeInstant/timePosition"):
            starts.append(instant(plain(moment)))
            ends.append(instant(plain(moment), end=True))
    record.start = min((one for one in starts if one), default=None)
    record.end = None if None in ends else max((one for one in ends if one), default=None)


def _take_constraints(record: Record, identification: Element) -> None:
    """Take licence and conditions word by word; a bare code such as `otherRestrictions` says nothing."""
    for block in identification.iterfind("resourceConstraints/*"):
        for path in ("useLimitation", "otherConstraints", "reference/CI_Citation/title"):
            for one in block.iterfind(path):
                anchor = one.find("Anchor")
                address = attribute(anchor, "href") if anchor is not None else None
                said = " ".join(part for part in (_own(one), address) if part)
                if said and said not in record.constraints:
                    record.constraints.append(said)


def _contacts(root: Element, identification: Element) -> Iterator[dict[str, Any]]:
    seen = []
    places = [
        *identification.iterfind("pointOfContact/*"),
        *identification.iterfind("citation/CI_Citation/citedResponsibleParty/*"),
        *root.iterfind("contact/*"),
    ]
    for one in places:
        found = contact(
            name=_first(one, "individualName", "party//individual/CI_Individual/name", "party/CI_Individual/name"),
            organisation=_first(one, "organisationName", "party/CI_Organisation/name"),
            roles=[_code(one.find("role"))],
            email=_first(one, ".//electronicMailAddress"),
        )
        if found and found not in seen:
            seen.append(found)
            yield found


def _take_links(record: Record, root: Element, record_url: str | None) -> None:
    if record_url:
        record.links.append({"rel": "describedby", "href": record_url, "type": "application/xml"})
    for one in root.iterfind("distributionInfo//CI_OnlineResource"):
        href = _first(one, "linkage")
        if not href or not href.startswith(("http://", "https://", "ftp://")):
            continue
        title = _first(one, "name", "description") or href
        if _code(one.find("function")) == "download":
            record.downloads.append({"href": href, "title": title, "roles": ["data"]})
        else:
            record.links.append({"rel": "via", "href": href, "title": title})


def _doi(record: Record, citation: Element | None) -> str | None:
    codes = citation.iterfind("identifier/*/code") if citation is not None else ()
    named = (doi_in(_own(one)) for one in codes)
    links = (doi_in(one["href"]) for one in record.links if "doi.org/" in one["href"])
    return next((doi for doi in (*named, *links) if doi), None)


def _further(root: Element, identification: Element, citation: Element | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "gaia:status": _code(identification.find("status")),
        "gaia:lineage": _first(
            root, "dataQualityInfo/*/lineage/LI_Lineage/statement", "resourceLineage/LI_Lineage/statement"
        ),
        "gaia:formats": sorted(_formats(root)),
    }
    for one in citation.iterfind("date/CI_Date") if citation is not None else ():
        kind = _DATES.get(_code(one.find("dateType")) or "")
        if kind:
            found[kind] = instant(_first(one, "date"))
    return found


def _formats(root: Element) -> set[str]:
    paths = (".//MD_Format/name", ".//MD_Format/formatSpecificationCitation/CI_Citation/title")
    return {text for path in paths for one in root.iterfind(path) if (text := _own(one))}
