"""EML at a source: a folder of documents and Darwin Core archives, one of them, the feed of an IPT, or GBIF."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from gaia_vre.catalog.harvest.checking import Refused
from gaia_vre.catalog.harvest.contract import Found, OverBound, Page, SourceFault
from gaia_vre.catalog.harvest.eml import ZIP, collection_of_eml, read_record
from gaia_vre.catalog.harvest.listed import ListedPages
from gaia_vre.catalog.harvest.xml import plain, read_xml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

    from gaia_vre.catalog.harvest.contract import Source
    from gaia_vre.catalog.harvest.fetch import Fetcher

_ENDINGS = (".xml", ".eml", ".zip")
_MOST_FILES = 100_000


class Eml:
    """Reads each document that the folder holds, the feed names or, by DOI in `collections`, GBIF's registry has."""

    def __init__(self, source: Source, fetcher: Fetcher | None) -> None:
        self._source, self._fetcher = source, fetcher

    def pages(self, cursor: str | None) -> Iterator[Page]:
        if self._fetcher is None:
            yield from ListedPages(self._source, self._file).pages(sorted(self._files()), cursor)
            return
        if self._source.collections:
            yield from ListedPages(self._source, self._doi).pages(sorted(self._source.collections), cursor)
            return
        root = self._ask(self._source.url)
        if root.tag == "eml":
            yield Page((Found(collection_of_eml(root, self._source.url), self._source.url),), total=1)
            return
        named = {text for one in root.iterfind("channel/item/eml") if (text := plain(one))}
        yield from ListedPages(self._source, self._address).pages(sorted(named), cursor)

    def _ask(self, url: str) -> Element:
        def read(body: bytes) -> Element:
            if body.startswith(ZIP):
                return read_record(body, url, self._source.limits.record_bytes)
            return read_xml(body, url, "eml", "rss")

        assert self._fetcher is not None  # noqa: S101 (only of sources that have an address)
        return self._fetcher.get(url, read, "application/eml+xml, application/xml, text/xml, application/zip")

    def _address(self, url: str) -> list[Found]:
        root = self._ask(url)
        if root.tag != "eml":
            raise Refused(f"eml expected, {root.tag!r} found")
        return [Found(collection_of_eml(root, url), url)]

    def _doi(self, doi: str) -> list[Found]:
        """Return the dataset that GBIF's registry has under a DOI."""
        registry = self._source.url.rstrip("/")
        url = f"{registry}/doi/{quote(doi, safe='/')}"
        assert self._fetcher is not None  # noqa: S101 (only of sources that have an address)
        answer = self._fetcher.get_json(url)
        results = answer.get("results") if isinstance(answer, dict) else None
        keys = [one.get("key") for one in results if isinstance(one, dict)] if isinstance(results, list) else []
        if not keys or not isinstance(keys[0], str):
            raise Refused(f"{url}: a dataset expected, none found")
        return self._address(f"{registry}/{quote(keys[0], safe='')}/document")

    def _files(self) -> Iterator[str]:
        root = Path(self._source.url)
        if not root.is_dir():
            raise SourceFault(f"{self._source.url} is no folder")
        count = 0
        for here, folders, files in os.walk(root):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for name in files:
                if name.lower().endswith(_ENDINGS) and not name.startswith("."):
                    yield str((Path(here) / name).relative_to(root))
                    count += 1
            if count > _MOST_FILES:
                raise OverBound(f"{self._source.url} holds more than {_MOST_FILES} files")

    def _file(self, name: str) -> list[Found]:
        root, limits = Path(self._source.url).resolve(), self._source.limits
        path = root / name
        if not path.resolve().is_relative_to(root):
            raise Refused("a link that leads out of the folder")
        try:
            if path.stat().st_size > limits.page_bytes:
                raise Refused(f"larger than {limits.page_bytes} bytes")
            body = path.read_bytes()
        except OSError as error:
            raise Refused(f"cannot be read ({error.strerror})") from error
        return [Found(collection_of_eml(read_record(body, name, limits.record_bytes), None), str(root))]
