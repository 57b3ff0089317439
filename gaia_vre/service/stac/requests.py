"""What requests may say; what is not here is the library's."""

# FastAPI reads these annotations, so they are no texts.
import json
from typing import Annotated, Any, Literal

import attr
from fastapi import Query
from pydantic import BaseModel, Field, model_validator
from stac_fastapi.api.models import ItemCollectionUri
from stac_fastapi.extensions.collection_search.request import BaseCollectionSearchPostRequest
from stac_fastapi.extensions.filter.request import FilterExtensionGetRequest, FilterExtensionPostRequest
from stac_fastapi.extensions.free_text.request import FreeTextExtensionGetRequest, FreeTextExtensionPostRequest
from stac_fastapi.types.search import APIRequest, BaseSearchGetRequest, BaseSearchPostRequest, str2list

_WANTED = "What is asked of the items found, taken together; `total_count` without."
_PERIOD = "How long the periods of `datetime_frequency` are."
_Period = Literal["month", "year"]


class OnlyObject(BaseModel):
    """A body; the library's own checks fail on what is no object."""

    @model_validator(mode="before")
    @classmethod
    def _is_object(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            raise ValueError("the body must be an object")
        try:
            json.dumps(values, ensure_ascii=False).encode()
        except (UnicodeEncodeError, RecursionError) as error:
            raise ValueError("a text holds half a character, or it is nested too deep") from error
        if "fields" in values and values["fields"] is None:
            raise ValueError("fields must be an object")
        return values


class SearchBody(OnlyObject, BaseSearchPostRequest):
    """The body of a search of items."""


class CollectionsBody(OnlyObject, BaseCollectionSearchPostRequest):
    """The body of a search of collections."""


class AggregateBody(FilterExtensionPostRequest, FreeTextExtensionPostRequest, SearchBody):
    """The body of a question about all items that fit."""

    aggregations: list[str] | None = Field(None, description=_WANTED)
    datetime_frequency_interval: _Period | None = Field("month", description=_PERIOD)


def _names(given: Annotated[str | None, Query(description=_WANTED)] = None) -> list[str] | None:
    return str2list(given)


@attr.s
class _Aggregate(APIRequest):
    aggregations: list[str] | None = attr.ib(default=None, converter=_names)
    datetime_frequency_interval: Annotated[_Period | None, Query(description=_PERIOD)] = attr.ib(default="month")


@attr.s
class AggregateQuery(BaseSearchGetRequest, FilterExtensionGetRequest, FreeTextExtensionGetRequest, _Aggregate):
    """A question about all items that fit."""


@attr.s
class CollectionAggregateQuery(ItemCollectionUri, FilterExtensionGetRequest, FreeTextExtensionGetRequest, _Aggregate):
    """A question about all items of a collection that fit."""
