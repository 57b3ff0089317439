"""The STAC API as an application of its own, mounted in the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from fastapi import FastAPI
from stac_fastapi.api.app import StacApi
from stac_fastapi.api.models import (
    ItemCollectionUri,
    create_get_request_model,
    create_post_request_model,
    create_request_model,
)
from stac_fastapi.extensions.collection_search.collection_search import CollectionSearchPostExtension
from stac_fastapi.extensions.fields import FieldsConformanceClasses, FieldsExtension
from stac_fastapi.extensions.filter import CollectionSearchFilterExtension, FilterExtension
from stac_fastapi.extensions.free_text import FreeTextConformanceClasses, FreeTextExtension
from stac_fastapi.extensions.pagination import TokenPaginationExtension
from stac_fastapi.extensions.sort import CollectionSearchSortExtension, SortExtension
from stac_fastapi.types.config import ApiSettings
from stac_fastapi.types.conformance import BASE_CONFORMANCE_CLASSES, OAFConformanceClasses
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from gaia_vre.catalog.stac import VERSION
from gaia_vre.service.problems import install
from gaia_vre.service.stac.aggregation import Aggregations
from gaia_vre.service.stac.client import Client, Queryables
from gaia_vre.service.stac.description import describe
from gaia_vre.service.stac.requests import CollectionsBody, SearchBody
from gaia_vre.service.stac.routes import aggregation_routes, tree_routes
from gaia_vre.service.stac.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import BaseModel
    from stac_fastapi.types.extension import ApiExtension
    from stac_fastapi.types.search import APIRequest
    from starlette.types import ASGIApp, Receive, Scope, Send

    from gaia_vre.catalog.engine.model import Engine
    from gaia_vre.service.stac.addresses import Addresses

_SORT = "https://api.stacspec.org/{}/{}#sort"
_SORT_VERSIONS = ("v1.0.0", "v1.1.0")
"""pystac-client asks for the older one."""
_FIELDS = "https://api.stacspec.org/v1.0.0/{}#fields"
_CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf/{}"
_PARTS = ("item-search", "ogcapi-features")
_AGGREGATION = "https://api.stacspec.org/v0.3.0/aggregation"
# Not browseable: a collection leads to a page of its items, not to each of them.
_CHILDREN = "https://api.stacspec.org/v1.0.0-rc.2/children"
_FILTER_CLASSES = [
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
    "https://api.stacspec.org/v1.0.0-rc.2/item-search#filter",
    *(_CQL2.format(name) for name in ("cql2-text", "cql2-json", "basic-cql2", "basic-spatial-functions")),
]


def make_stac(engine: Engine, addresses: Addresses) -> FastAPI:
    """Return the application that answers STAC clients from an engine."""
    settings = ApiSettings(
        stac_fastapi_title="GAIA Data",
        stac_fastapi_description="Datasets of the French Earth-system, climate and biodiversity poles.",
        stac_fastapi_version="1",
        stac_fastapi_landing_id="gaia",
        openapi_url="/api",
        _env_file=None,
    )
    app = FastAPI(title="GAIA Data", openapi_url="/api", docs_url=None, redoc_url=None)
    common = [
        SortExtension(conformance_classes=_sorting(*_PARTS)),
        FieldsExtension(conformance_classes=[_FIELDS.format(part) for part in _PARTS]),
        FilterExtension(client=Queryables(engine, addresses), conformance_classes=_FILTER_CLASSES),
        FreeTextExtension(
            conformance_classes=[FreeTextConformanceClasses.SEARCH.value, FreeTextConformanceClasses.ITEMS.value]
        ),
        TokenPaginationExtension(),
    ]
    # FastAPI writes OpenAPI 3.1, so the class of 3.0 is not claimed.
    classes = [str(one) for one in BASE_CONFORMANCE_CLASSES if one != OAFConformanceClasses.OPEN_API]
    tree = Tree(engine, addresses, VERSION)
    client = Client(engine, addresses, tree, [*classes, _AGGREGATION, _CHILDREN])
    collections = _collection_search(client, settings)
    items = create_request_model("Items", base_model=ItemCollectionUri, extensions=common, request_type="GET")
    StacApi(
        app=app,
        settings=settings,
        stac_version=VERSION,
        client=client,
        extensions=[*common, collections],
        search_get_request_model=create_get_request_model(common),
        search_post_request_model=create_post_request_model(common, base_model=SearchBody),
        items_get_request_model=cast("type[APIRequest]", items),
        collections_get_request_model=collections.GET,
        middlewares=[],
    )
    app.include_router(aggregation_routes(Aggregations(engine, addresses)))
    app.include_router(tree_routes(tree))
    describe(app)
    install(app, page=None, invalid=400)
    return app


def _sorting(*parts: str) -> list[str]:
    return [_SORT.format(version, part) for version in _SORT_VERSIONS for part in parts]


def _collection_search(client: Client, settings: ApiSettings) -> CollectionSearchPostExtension:
    parts: list[ApiExtension] = [
        FreeTextExtension(conformance_classes=[FreeTextConformanceClasses.COLLECTIONS.value]),
        CollectionSearchSortExtension(conformance_classes=_sorting("collection-search")),
        FieldsExtension(conformance_classes=[FieldsConformanceClasses.COLLECTIONS.value]),
        CollectionSearchFilterExtension(),
        TokenPaginationExtension(),
    ]
    found = CollectionSearchPostExtension.from_extensions(parts, client=client, settings=settings)
    body = create_request_model("CollectionsPostRequest", CollectionsBody, parts, request_type="POST")
    found.POST = cast("type[BaseModel]", body)
    return found


class Guarded:
    """Let only those pass whom `check` lets pass."""

    def __init__(self, app: ASGIApp, check: Callable[[Request], object]) -> None:
        self._app, self._check = app, check

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await run_in_threadpool(self._check, Request(scope))
        await self._app(scope, receive, send)
