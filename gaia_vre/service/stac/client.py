"""Answer the requests of STAC clients from an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from fastapi.responses import JSONResponse
from stac_fastapi.extensions.collection_search.client import BaseCollectionSearchClient
from stac_fastapi.extensions.filter.client import BaseFiltersClient
from stac_fastapi.types.core import BaseCoreClient

from gaia_vre.service.stac.addresses import GEOJSON, JSON, QUERYABLES, SCHEMA, link
from gaia_vre.service.stac.asking import asked, chosen_fields, posted, with_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from gaia_vre.catalog.engine.model import Document, Engine, Kind, Search
    from gaia_vre.service.stac.addresses import Addresses
    from gaia_vre.service.stac.tree import Tree

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


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
        return JSONResponse(schema, media_type=SCHEMA)


class Client(BaseCoreClient, BaseCollectionSearchClient):
    """The core of the API: landing page, collections, items and search."""

    def __init__(self, engine: Engine, addresses: Addresses, tree: Tree, classes: list[str]) -> None:
        super().__init__(base_conformance_classes=classes, landing_page_id="gaia")
        self._engine, self._addresses, self._tree = engine, addresses, tree

    def landing_page(self, **_: Any) -> Any:
        """Return where everything is."""
        base = self._addresses.base
        page: dict[str, Any] = dict(self._landing_page(f"{base}/", self.conformance_classes(), []))
        page["links"] += [
            link(QUERYABLES, f"{base}/queryables", SCHEMA),
            link("service-desc", f"{base}/api", "application/vnd.oai.openapi+json;version=3.0"),
            link("aggregate", f"{base}/aggregate"),
            link("aggregations", f"{base}/aggregations"),
            link("children", f"{base}/children"),
            *self._tree.links(),
        ]
        return JSONResponse(page)

    def all_collections(self, request: Request, **values: Any) -> Any:  # type: ignore[override]
        """Return the collections that fit."""
        return self._collections(asked(values), request, values)

    def post_all_collections(self, search_request: Any, request: Request, **_: Any) -> Any:  # type: ignore[override]
        """Return the collections that fit a request in JSON."""
        values, body = posted(search_request)
        return self._collections(asked(values), request, values, body)

    def get_collection(self, collection_id: str, **_: Any) -> Any:
        """Return one collection."""
        return JSONResponse(self._addresses.linked(self._engine.collection(collection_id)))

    def get_item(self, item_id: str, collection_id: str, **_: Any) -> Any:
        """Return one item."""
        found = self._addresses.linked(self._engine.item(collection_id, item_id))
        return JSONResponse(found, media_type=GEOJSON)

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
        values, body = posted(search_request)
        return self._features(asked(values), request, values, body)

    def _collections(
        self, search: Search, request: Request, values: Mapping[str, Any], body: Document | None = None
    ) -> Response:
        page, links = self._page("collections", search, request, {"body": body} if body is not None else {})
        include, exclude = chosen_fields("collections", values.get("fields"))
        collections = [with_fields(one, include, exclude) for one in page["found"]]
        found = {"collections": collections, "links": links, "numberReturned": len(collections)}
        return JSONResponse(found | page["matched"])

    def _features(
        self, search: Search, request: Request, values: Mapping[str, Any], body: Document | None = None
    ) -> Response:
        page, links = self._page("items", search, request, {"body": body} if body is not None else {})
        include, exclude = chosen_fields("items", values.get("fields"))
        features = [with_fields(one, include, exclude) for one in page["found"]]
        found = {"type": "FeatureCollection", "features": features, "links": links, "numberReturned": len(features)}
        return JSONResponse(found | page["matched"], media_type=GEOJSON)

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
            links.append(link("next", own, _media_type(kind)) | following)
        elif found.next:
            address = f"{own}?{urlencode(query | {'token': found.next})}"
            links.append(link("next", address, _media_type(kind)) | {"method": "GET"})
        matched = {} if found.matched is None else {"numberMatched": found.matched}
        return {"found": [self._addresses.linked(one) for one in found.documents], "matched": matched}, links

    @staticmethod
    def _path(request: Request) -> str:
        return quote(request.url.path.rpartition("/services/gaia/stac")[2])


def _media_type(kind: Kind) -> str:
    return GEOJSON if kind == "items" else JSON
