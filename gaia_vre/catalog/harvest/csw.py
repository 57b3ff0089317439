"""CSW 2.0.2 catalogs, as GeoNetwork has them: all records page by page, or some by their identifier.

Asked through our own fetcher, for its bounds, and read in every language that a record has.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from gaia_vre.catalog.harvest.checking import Refused
from gaia_vre.catalog.harvest.contract import Found, Page, Refusal, Unreadable
from gaia_vre.catalog.harvest.eml import collection_of_eml
from gaia_vre.catalog.harvest.iso import collection_of_iso
from gaia_vre.catalog.harvest.listed import ListedPages
from gaia_vre.catalog.harvest.xml import attribute, read_xml, text_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

    from gaia_vre.catalog.harvest.contract import Source
    from gaia_vre.catalog.harvest.fetch import Fetcher

_ISO_19139 = "http://www.isotc211.org/2005/gmd"


class Csw:
    """Asks `GetRecords` page by page; with `collections` named, GeoNetwork's `/api/records/UUID` for each.

    The cursor is the position of the next record. GeoNetwork gives a record of ISO 19115-3 as
    ISO 19139 here, and as it is by its identifier.
    """

    def __init__(self, source: Source, fetcher: Fetcher) -> None:
        self._source, self._fetcher = source, fetcher

    def pages(self, cursor: str | None) -> Iterator[Page]:
        if self._source.collections:
            yield from ListedPages(self._source, self._one).pages(sorted(self._source.collections), cursor)
            return
        position: int | None = int(cursor) if cursor else 1
        while position:
            url = self._address(position)
            results = self._fetcher.get(url, partial(_results, url=url))
            total, following = _number(results, "numberOfRecordsMatched"), _number(results, "nextRecord")
            found, refused = self._described(results)
            # GeoNetwork names 0 after the last record; others name one that is not there.
            position = following if following and len(results) and following <= (total or following) else None
            yield Page(found, refused, str(position) if position else None, total)

    def _one(self, name: str) -> list[Found]:
        url = self._record_address(name)
        root = self._fetcher.get(url, lambda body: read_xml(body, url, "MD_Metadata", "eml"))
        return [Found(collection_of_record(root, url), url)]

    def _described(self, results: Element) -> tuple[tuple[Found, ...], tuple[Refusal, ...]]:
        found: list[Found] = []
        refused: list[Refusal] = []
        for record in results:
            name = text_at(record, "fileIdentifier") or text_at(record, "metadataIdentifier") or "a record without id"
            try:
                found.append(Found(collection_of_record(record, self._record_address(name)), self._source.url))
            except Refused as error:
                refused.append(Refusal(name, str(error)))
        return tuple(found), tuple(refused)

    def _address(self, position: int) -> str:
        asked = {
            "service": "CSW",
            "version": "2.0.2",
            "request": "GetRecords",
            "resultType": "results",
            "typeNames": "gmd:MD_Metadata",
            "namespace": f"xmlns(gmd={_ISO_19139})",
            "outputSchema": _ISO_19139,
            "elementSetName": "full",
            "startPosition": position,
            "maxRecords": self._source.page_size,
        }
        return f"{self._source.url}?{urlencode(asked)}"

    def _record_address(self, name: str) -> str:
        """Return where GeoNetwork has a record: `…/srv/fre/csw` becomes `…/srv/api/records/UUID`."""
        parts = urlsplit(self._source.url)
        root, _, _ = parts.path.partition("/srv/")
        path = f"{root}/srv/api/records/{quote(name, safe='')}/formatters/xml"
        return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def collection_of_record(record: Element, url: str) -> dict[str, Any]:
    """Return the STAC collection of a record of ISO 19115 or EML."""
    if record.tag == "eml":
        return collection_of_eml(record, url)
    if record.tag not in ("MD_Metadata", "MI_Metadata"):
        raise Refused(f"MD_Metadata expected, {record.tag!r} found")
    return collection_of_iso(record, url)


def _results(body: bytes, url: str) -> Element:
    root = read_xml(body, url, "GetRecordsResponse", "ExceptionReport")
    results = root.find("SearchResults")
    if results is None:
        raise Unreadable(f"{url}: SearchResults expected, {text_at(root, './/ExceptionText') or root.tag!r} found")
    return results


def _number(results: Element, name: str) -> int | None:
    value = attribute(results, name)
    return int(value) if value and value.isascii() and value.isdigit() else None
