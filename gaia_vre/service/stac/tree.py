"""The catalog as a tree that can be walked: landing page, catalogs of the poles, collections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gaia_vre.catalog.engine.model import PAGE_LIMIT, Search
from gaia_vre.catalog.model import POLES
from gaia_vre.core.errors import NotFound
from gaia_vre.service.stac.addresses import OTHERS, link

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gaia_vre.catalog.engine.model import Document, Engine
    from gaia_vre.service.stac.addresses import Addresses

_OF_NO_POLE = Search(filter={"op": "isNull", "args": [{"property": "gaia:pole"}]}, limit=PAGE_LIMIT)


class Tree:
    """The catalogs of the poles that have collections."""

    def __init__(self, engine: Engine, addresses: Addresses, version: str) -> None:
        self._engine, self._addresses, self._version = engine, addresses, version

    def links(self) -> list[dict[str, str]]:
        """Return what leads from the landing page to the poles."""
        return [link("child", self._addresses.pole(name)) | {"title": _title(name)} for name in self._names()]

    def children(self) -> dict[str, Any]:
        """Return the catalogs below the landing page."""
        base = self._addresses.base
        links = [link("self", f"{base}/children"), link("root", f"{base}/")]
        return {"children": [self.catalog(name) for name in self._names()], "links": links}

    def catalog(self, name: str) -> Document:
        """Return the catalog of a pole; raises NotFound."""
        names = self._names()
        if name not in names:
            raise NotFound(f"There is no catalog {name[:60]!r}; there are {', '.join(names)}")
        base = f"{self._addresses.base}/"
        return {
            "type": "Catalog",
            "stac_version": self._version,
            "id": name,
            "title": _title(name),
            "description": f"Datasets of {_title(name)}",
            "links": [
                link("self", self._addresses.pole(name)),
                link("root", base),
                link("parent", base),
                *(self._child(one) for one in self._collections(name)),
            ],
        }

    def _child(self, collection: Document) -> dict[str, str]:
        found = link("child", self._addresses.collection(collection["id"]))
        return found | {"title": str(collection.get("title") or collection["id"])}

    def _names(self) -> list[str]:
        names = sorted(self._engine.facets(Search())["pole"])
        return [*names, OTHERS] if self._engine.search("collections", _OF_NO_POLE).documents else names

    def _collections(self, name: str) -> Iterator[Document]:
        search = _OF_NO_POLE if name == OTHERS else Search(chosen=(("pole", (name,)),), limit=PAGE_LIMIT)
        while True:
            page = self._engine.search("collections", search)
            yield from page.documents
            if page.next is None:
                return
            search = Search(chosen=search.chosen, filter=search.filter, limit=PAGE_LIMIT, token=page.next)


def _title(name: str) -> str:
    return POLES.get(name, "Other sources" if name == OTHERS else name)
