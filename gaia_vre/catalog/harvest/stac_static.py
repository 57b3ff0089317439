"""Static STAC: files that link to each other, walked breadth first."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag, urljoin

from gaia_vre.catalog.harvest.contract import Found, NotAnswering, NotFollowed, OverBound, Page, Refusal, SourceFault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gaia_vre.catalog.harvest.contract import Source
    from gaia_vre.catalog.harvest.fetch import Fetcher

_LONGEST_QUEUE = 50_000
_PAGE = 50


class StacStatic:
    """Reads `child` and `item` links from a catalog down; a page is up to 50 files.

    The cursor holds the addresses still to read and those read: a file linked twice, or a
    circle of links, is read once.
    """

    def __init__(self, source: Source, fetcher: Fetcher) -> None:
        self._source, self._fetcher = source, fetcher
        self._faults = 0

    def pages(self, cursor: str | None) -> Iterator[Page]:
        waiting, read = json.loads(cursor) if cursor else ([self._source.url], [])
        known = {*waiting, *read}
        first = not cursor
        while waiting:
            found: list[Found] = []
            refused: list[Refusal] = []
            batch, waiting = waiting[:_PAGE], waiting[_PAGE:]
            for url in batch:
                stac = self._fetcher.get_json(url) if first else self._read(url, refused)
                first = False
                if stac is None:
                    continue
                for linked in self._linked(stac, url):
                    if linked not in known:
                        known.add(linked)
                        waiting.append(linked)
                if isinstance(stac, dict) and stac.get("type") != "Catalog":
                    found.append(Found(stac, url))
                elif not isinstance(stac, dict):
                    refused.append(Refusal(url, f"an object expected, {type(stac).__name__} found"))
            if len(waiting) > _LONGEST_QUEUE:
                raise OverBound(f"more than {_LONGEST_QUEUE} files are linked")
            read += batch
            yield Page(tuple(found), tuple(refused), json.dumps([waiting, read]) if waiting else None)

    def _read(self, url: str, refused: list[Refusal]) -> Any:
        try:
            stac = self._fetcher.get_json(url)
        except NotAnswering as error:
            self._faults += 1
            if self._faults >= self._source.limits.faults_in_row:
                raise
            refused.append(Refusal(url, error.message))
            return None
        except (NotFollowed, SourceFault) as error:
            refused.append(Refusal(url, error.message))
            return None
        self._faults = 0
        return stac

    def _linked(self, stac: Any, url: str) -> list[str]:
        followed = ("child", "item") if self._source.items else ("child",)
        links = stac.get("links") if isinstance(stac, dict) else None
        hrefs = [
            link["href"]
            for link in (links if isinstance(links, list) else ())
            if isinstance(link, dict) and link.get("rel") in followed and isinstance(link.get("href"), str)
        ]
        return [address for href in hrefs if (address := _joined(url, href))]


def _joined(url: str, href: str) -> str | None:
    try:
        return urldefrag(urljoin(url, href)).url
    except ValueError:
        return None
