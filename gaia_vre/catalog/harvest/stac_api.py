"""STAC APIs, and GEODES' dialect of one: collections first, then the items where they are asked for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urljoin

from gaia_vre.catalog.harvest.contract import Found, Page, Refusal, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gaia_vre.catalog.harvest.contract import Source
    from gaia_vre.catalog.harvest.fetch import Fetcher

_DEEPEST_TOKEN = 20_000


class StacApi:
    """Follows the `next` links of `/collections` and `/search`.

    The cursor is the request of the next page: method, address and body, as the link names it.
    """

    def __init__(self, source: Source, fetcher: Fetcher) -> None:
        self._source, self._fetcher = source, fetcher
        self._root = source.url.rstrip("/") + "/"

    def pages(self, cursor: str | None) -> Iterator[Page]:
        request: dict[str, Any] | None = json.loads(cursor) if cursor else self._first("collections")
        while request is not None:
            answer = self._ask(request)
            key = "features" if request["part"] == "items" else "collections"
            records = _records(answer, key, request["url"])
            _name_types(records, "Feature" if key == "features" else "Collection")
            request = self._next(answer, request, len(records))
            yield _page(records, self._source, self._root, request, answer)

    def _first(self, part: str) -> dict[str, Any]:
        if part == "collections":
            url = f"{urljoin(self._root, 'collections')}?{urlencode({'limit': self._source.page_size})}"
        else:
            wanted = {"collections": ",".join(self._source.collections)} if self._source.collections else {}
            url = f"{urljoin(self._root, 'search')}?{urlencode({'limit': self._source.page_size, **wanted})}"
        return {"part": part, "method": "GET", "url": url, "body": None}

    def _ask(self, request: dict[str, Any]) -> Any:
        if request["method"] == "POST":
            return self._fetcher.post_json(request["url"], request["body"])
        return self._fetcher.get_json(request["url"])

    def _next(self, answer: dict[str, Any], request: dict[str, Any], _count: int) -> dict[str, Any] | None:
        links = answer.get("links")
        for link in links if isinstance(links, list) else ():
            if isinstance(link, dict) and link.get("rel") == "next" and isinstance(link.get("href"), str):
                return _linked(link, request)
        return self._first("items") if request["part"] == "collections" and self._source.items else None


class Geodes(StacApi):
    """GEODES: pages by number, both parts asked by POST, `context.matched` instead of links.

    Its `sortBy` is its own; a fixed order keeps pages apart while products arrive.
    """

    def _first(self, part: str) -> dict[str, Any]:
        body: dict[str, Any] = {"page": 1, "limit": min(self._source.page_size, 80)}
        if part == "items":
            body["sortBy"] = [{"direction": "asc", "field": "temporal:startDate"}]
            if self._source.collections:
                body["query"] = {"dataset": {"in": list(self._source.collections)}}
        url = urljoin(self._root, "search" if part == "items" else "collections")
        return {"part": part, "method": "POST", "url": url, "body": body}

    def _next(self, answer: dict[str, Any], request: dict[str, Any], count: int) -> dict[str, Any] | None:
        body = request["body"]
        matched = _matched(answer)
        taken = body["page"] * body["limit"]
        more = count > 0 and (taken < matched if matched is not None else count == body["limit"])
        if more:
            return {**request, "body": {**body, "page": body["page"] + 1}}
        return self._first("items") if request["part"] == "collections" and self._source.items else None


def _page(
    records: list[Any], source: Source, root: str, request: dict[str, Any] | None, answer: dict[str, Any]
) -> Page:
    wanted = set(source.collections)
    kept = [one for one in records if not wanted or not isinstance(one, dict) or _collection_of(one) in wanted]
    found = tuple(Found(one, root) for one in kept if isinstance(one, dict))
    refused = tuple(
        Refusal("a record", f"an object expected, {type(one).__name__} found")
        for one in kept
        if not isinstance(one, dict)
    )
    cursor = json.dumps(request, sort_keys=True) if request else None
    return Page(found, refused, cursor, _matched(answer))


def _collection_of(record: dict[str, Any]) -> Any:
    value = record.get("collection") if record.get("type") == "Feature" else record.get("id")
    return value if isinstance(value, str) else None


def _records(answer: Any, key: str, url: str) -> list[Any]:
    records = answer.get(key) if isinstance(answer, dict) else None
    if not isinstance(records, list):
        raise Unreadable(f"{url}: a list under {key!r} expected, {type(records).__name__} found")
    return records


def _name_types(records: list[Any], kind: str) -> None:
    """Say what the list says: some sources leave the type out."""
    for one in records:
        if isinstance(one, dict):
            one.setdefault("type", kind)


def _linked(link: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    """Return the request that a `next` link means; `merge` adds its body to the one before."""
    method = str(link.get("method", "GET")).upper()
    named = link.get("body")
    own: dict[str, Any] = named if isinstance(named, dict) else {}
    body = {**(request["body"] or {}), **own} if link.get("merge") is True else own
    found = {
        "part": request["part"],
        "method": "POST" if method == "POST" else "GET",
        "url": urljoin(request["url"], link["href"]),
        "body": body if method == "POST" else None,
    }
    if len(json.dumps(found)) > _DEEPEST_TOKEN:
        raise Unreadable(f"{request['url']}: the link to the next page is longer than {_DEEPEST_TOKEN} characters")
    return found


def _matched(answer: dict[str, Any]) -> int | None:
    context = answer.get("context")
    found = context.get("matched") if isinstance(context, dict) else answer.get("numberMatched")
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None
