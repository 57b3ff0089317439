"""What the API answers besides the core: aggregation, the tree of catalogs, and collections searched by POST."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from stac_pydantic import Catalog
from starlette.responses import Response

from gaia_vre.service.stac.aggregation import Aggregations
from gaia_vre.service.stac.asking import posted
from gaia_vre.service.stac.requests import AggregateBody, AggregateQuery, CollectionAggregateQuery
from gaia_vre.service.stac.tree import Tree

CollectionId = Annotated[str, Path(description="Collection ID")]


class AnswerLink(BaseModel, extra="allow"):
    """A link of STAC."""

    rel: str
    href: str


class Bucket(BaseModel):
    """How many there are of one key."""

    key: str
    data_type: str
    frequency: int


class AggregationAnswer(BaseModel):
    """One aggregation."""

    name: str
    data_type: str
    frequency_distribution_data_type: str | None = None
    value: int | str | None = None
    buckets: list[Bucket] | None = None
    overflow: int | None = None


class AggregationCollection(BaseModel):
    """Several aggregations."""

    type: Literal["AggregationCollection"]
    aggregations: list[AggregationAnswer]
    links: list[AnswerLink]


class Children(BaseModel):
    """The catalogs and collections right below the landing page."""

    children: list[dict[str, Any]]
    links: list[AnswerLink]


def aggregation_routes(aggregations: Aggregations) -> APIRouter:
    """Return where items are counted."""
    router = APIRouter(tags=["Aggregation Extension"])
    answers: dict[int | str, dict[str, Any]] = {200: {"model": AggregationCollection}}

    @router.get("/aggregations", responses=answers)
    def available() -> Response:
        return JSONResponse(aggregations.available(None))

    @router.post("/aggregations", responses=answers)
    def available_too() -> Response:
        return JSONResponse(aggregations.available(None))

    @router.get("/collections/{collection_id}/aggregations", responses=answers)
    def available_of(collection_id: CollectionId) -> Response:
        return JSONResponse(aggregations.available(collection_id))

    @router.post("/collections/{collection_id}/aggregations", responses=answers)
    def available_of_too(collection_id: CollectionId) -> Response:
        return JSONResponse(aggregations.available(collection_id))

    @router.get("/aggregate", responses=answers)
    def aggregate(asked: Annotated[AggregateQuery, Depends(AggregateQuery)]) -> Response:
        return JSONResponse(aggregations.aggregate(asked.kwargs(), None))

    @router.post("/aggregate", responses=answers)
    def aggregate_too(asked: AggregateBody) -> Response:
        return JSONResponse(aggregations.aggregate(posted(asked)[0], None))

    @router.get("/collections/{collection_id}/aggregate", responses=answers)
    def aggregate_of(asked: Annotated[CollectionAggregateQuery, Depends(CollectionAggregateQuery)]) -> Response:
        return JSONResponse(aggregations.aggregate(asked.kwargs(), asked.collection_id))

    @router.post("/collections/{collection_id}/aggregate", responses=answers)
    def aggregate_of_too(collection_id: CollectionId, asked: AggregateBody) -> Response:
        return JSONResponse(aggregations.aggregate(posted(asked)[0], collection_id))

    return router


def tree_routes(tree: Tree) -> APIRouter:
    """Return where the catalogs of the poles are."""
    router = APIRouter(tags=["Children"])

    @router.get("/children", responses={200: {"model": Children}})
    def children() -> Response:
        return JSONResponse(tree.children())

    @router.get("/catalogs/{catalog_id}", responses={200: {"model": Catalog}})
    def catalog(catalog_id: Annotated[str, Path(description="Key of a pole")]) -> Response:
        return JSONResponse(tree.catalog(catalog_id))

    return router
