"""Answer the requests of STAC clients from an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from fastapi.responses import JSONResponse
from stac_fastapi.extensions.filter.client import BaseFiltersClient
from stac_fastapi.types.core import BaseCoreClient

from gaia_vre.catalog.files import SCHEME, linked_parts
from gaia_vre.service.stac.asking import asked, chosen_fields, with_fields
from gaia_vre.service.stac.schemes import LINKS, TOKEN, with_schemes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from gaia_vre.catalog.engine.model import Document, Engine, Kind, Search

_OURS = ("self", "root", "parent", "collection", "item", "items", "child")
_GEOJSON = "application/geo+json"
_JSON = "application/json"
_SCHEMA = "application/schema+json"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


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
            link("parent", f"{self.base}/"),
            link("items", f"{own}/items", _GEOJSON),
            link("http://www.opengis.net/def/rel/ogc/1.0/queryables", f"{own}/queryables", _SCHEMA),
        ]

    def _item_links(self, document: Document) -> list[dict[str, str]]:
        collection = self.collection(document["collection"])
        return [
            link("self", f"{collection}/items/{quote(document['id'], safe='')}", _GEOJSON),
            link("root", f"{self.base}/"),
            link("parent", collection),
            link("collection", collection),
        ]


def link(rel: str, href: str, media_type: str = _JSON) -> dict[str, str]:
    """Return a link of STAC."""
    return {"rel": rel, "href": href, "type": media_type}


class Queryables(BaseFiltersClient):
    """Say which properties a filter may name."""

    def __init__(self, engine: Engine, addresses: Addresses) -> None:
        self._engine, self._addresses = engine, addresses

    def get_queryables(self, collection_id: str | None = None, **_: Any) -> Any:
        """Return the properties as a JSON schema."""
        if collection_id:
            self._engine.collection(collection_id)
        place = self._addresses.collection(collection_id) if collection_id else self._addresses.base
        times = {"type": "string", "format": "date-time"}
        found = {name: {"type": kind} for name, kind in self._engine.properties(collection_id).items()}
        own: dict[str, Any] = {
            "id": {"type": "string"},
            "collection": {"type": "string"},
            "geometry": {"$ref": "https://geojson.org/schema/Geometry.json"},
            "datetime": times,
            "start_datetime": times,
            "end_datetime": times,
        }
        schema = {
            "$schema": _DIALECT,
            "$id": f"{place}/queryables",
            "type": "object",
            "title": "What a filter may name",
            "properties": found | own,
            "additionalProperties": True,
        }
        return JSONResponse(schema, media_type=_SCHEMA)


class Client(BaseCoreClient):
    """The core of the API: landing page, collections, items and search."""

    def __init__(self, engine: Engine, addresses: Addresses, classes: list[str]) -> None:
        super().__init__(base_conformance_classes=classes, landing_page_id="gaia")
        self._engine, self._addresses = engine, addresses

    def landing_page(self, **_: Any) -> Any:
        """Return where everything is."""
        base = self._addresses.base
        page: dict[str, Any] = dict(self._landing_page(f"{base}/", self.conformance_classes(), []))
        page["links"] += [
            link("http://www.opengis.net/def/rel/ogc/1.0/queryables", f"{base}/queryables", _SCHEMA),
            link("service-desc", f"{base}/api", "application/vnd.oai.openapi+json;version=3.0"),
        ]
        return JSONResponse(page)

    def all_collections(self, request: Request, **values: Any) -> Any:  # type: ignore[override]
        """Return the collections that fit."""
        page, links = self._page("collections", asked(values), request, {})
        found = {"collections": page["found"], "links": links, "numberReturned": len(page["found"])}
        return JSONResponse(found | page["matched"])

    def get_collection(self, collection_id: str, **_: Any) -> Any:
        """Return one collection."""
        return JSONResponse(self._addresses.linked(self._engine.collection(collection_id)))

    def get_item(self, item_id: str, collection_id: str, **_: Any) -> Any:
        """Return one item."""
        found = self._addresses.linked(self._engine.item(collection_id, item_id))
        return JSONResponse(found, media_type=_GEOJSON)

    def item_collection(self, collection_id: str, request: Request, **values: Any) -> Any:  # type: ignore[override]
        """Return the items of one collection that fit."""
        self._engine.collection(collection_id)
        search = asked(values | {"collections": [collection_id]})
        return self._features(search, request, values)

    def get_search(self, request: Request, **values: Any) -> Any:  # type: ignore[override]
        """Return the items of all collections that fit."""
        return self._features(asked(values), request, values)

    def post_search(self, search_request: Any, request: Request, **_: Any) -> Any:  # type: ignore[override]
        """Return the items of all collections that fit a request in JSON."""
        values = dict(search_request)
        shape = values.get("intersects")
        values["intersects"] = shape.model_dump(exclude_none=True) if shape else None
        body = search_request.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return self._features(asked(values), request, values, body)

    def _features(
        self, search: Search, request: Request, values: Mapping[str, Any], body: Document | None = None
    ) -> Response:
        page, links = self._page("items", search, request, {"body": body} if body is not None else {})
        include, exclude = chosen_fields(values.get("fields"))
        features = [with_fields(one, include, exclude) for one in page["found"]]
        found = {"type": "FeatureCollection", "features": features, "links": links, "numberReturned": len(features)}
        return JSONResponse(found | page["matched"], media_type=_GEOJSON)

    def _page(
        self, kind: Kind, search: Search, request: Request, posted: dict[str, Any]
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        found = self._engine.search(kind, search)
        own = f"{self._addresses.base}{self._path(request)}"
        query = dict(request.query_params)
        here = f"{own}?{urlencode(query)}" if query else own
        links: list[dict[str, Any]] = [link("self", here, _media_type(kind)), link("root", f"{self._addresses.base}/")]
        if found.next and posted:
            following = {"method": "POST", "body": posted["body"] | {"token": found.next}}
            links.append(link("next", own, _GEOJSON) | following)
        elif found.next:
            address = f"{own}?{urlencode(query | {'token': found.next})}"
            links.append(link("next", address, _media_type(kind)) | {"method": "GET"})
        matched = {} if found.matched is None else {"numberMatched": found.matched}
        return {"found": [self._addresses.linked(one) for one in found.documents], "matched": matched}, links

    @staticmethod
    def _path(request: Request) -> str:
        return quote(request.url.path.rpartition("/services/gaia/stac")[2])


def _media_type(kind: Kind) -> str:
    return _GEOJSON if kind == "items" else _JSON
