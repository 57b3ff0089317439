"""Where the things of the API stand, and the links that lead there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gaia_vre.catalog.files import SCHEME, linked_parts
from gaia_vre.service.stac.schemes import LINKS, TOKEN, with_schemes

if TYPE_CHECKING:
    from collections.abc import Callable

    from gaia_vre.catalog.engine.model import Document

GEOJSON = "application/geo+json"
JSON = "application/json"
SCHEMA = "application/schema+json"
QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
OTHERS = "others"
"""The catalog of collections of no pole."""
_OURS = ("self", "root", "parent", "collection", "item", "items", "child")


class Addresses:
    """Where things stand: the API's public address and the folder of the data.

    Parameters
    ----------
    base
        Public address without a slash at the end.
    data
        Beginning of the address of files that the catalog names from its data folder on.
    files
        Beginning of the address of files with rights.
    signed
        Tells whether an address of another archive is read through a link that we give.
    """

    def __init__(self, base: str, data: str, files: str, signed: Callable[[str], bool] = lambda _: False) -> None:
        self.base, self._data, self._files, self._signed = base, data, files, signed

    def collection(self, name: str) -> str:
        return f"{self.base}/collections/{quote(name, safe='')}"

    def pole(self, name: str) -> str:
        return f"{self.base}/catalogs/{quote(name, safe='')}"

    def linked(self, document: Document) -> Document:
        """Return a document with links of this API and complete addresses of its files."""
        own = self._item_links(document) if document["type"] == "Feature" else self._collection_links(document)
        others = [link for link in document.get("links", ()) if link.get("rel") not in _OURS]
        assets = {key: self._asset(one) for key, one in document.get("assets", {}).items()}
        has_assets = assets or document["type"] == "Feature"
        linked = document | {"links": [*own, *others]} | ({"assets": assets} if has_assets else {})
        return with_schemes(linked, self.base.removesuffix("/stac"))

    def _asset(self, asset: dict[str, Any]) -> dict[str, Any]:
        href = str(asset["href"])
        if "gaia:picture" in asset:
            place = quote(href.rpartition("catalog/")[2])
            return asset | {"href": f"{self.base.removesuffix('/stac')}/pictures/{place}"}
        if href.startswith(f"{SCHEME}://"):
            dataset, path = linked_parts(href)
            return asset | {"href": f"{self._files}/{dataset}/{quote(path)}", "auth:refs": [TOKEN]}
        if self._signed(href):
            return asset | {"auth:refs": [LINKS]}
        return asset if "://" in href else asset | {"href": f"{self._data}/{quote(href)}"}

    def _collection_links(self, document: Document) -> list[dict[str, str]]:
        own = self.collection(document["id"])
        return [
            link("self", own),
            link("root", f"{self.base}/"),
            link("parent", self.pole(str(document.get("gaia:pole") or OTHERS))),
            link("items", f"{own}/items", GEOJSON),
            link("aggregate", f"{own}/aggregate"),
            link("aggregations", f"{own}/aggregations"),
            link(QUERYABLES, f"{own}/queryables", SCHEMA),
        ]

    def _item_links(self, document: Document) -> list[dict[str, str]]:
        collection = self.collection(document["collection"])
        return [
            link("self", f"{collection}/items/{quote(document['id'], safe='')}", GEOJSON),
            link("root", f"{self.base}/"),
            link("parent", collection),
            link("collection", collection),
        ]


def link(rel: str, href: str, media_type: str = JSON) -> dict[str, str]:
    """Return a link of STAC."""
    return {"rel": rel, "href": href, "type": media_type}
