"""Requests of STAC clients as searches, and what stands in their answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gaia_vre.catalog.engine.cql2_text import TEXT_LIMIT, parse_text
from gaia_vre.catalog.engine.model import PAGE, PAGE_LIMIT, Search, SortKey
from gaia_vre.catalog.engine.places import parse_box, parse_shape
from gaia_vre.catalog.engine.times import parse_interval
from gaia_vre.catalog.vocabulary import widened
from gaia_vre.core.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import BaseModel

    from gaia_vre.catalog.engine.model import Document, Expression, Kind

_CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_USUAL = ("type", "stac_version", "id", "geometry", "bbox", "links", "assets", "properties.datetime")
_TERMS_LIMIT = 20
_TERM_LIMIT = 200
_NAMES_LIMIT = 1000
_SORTS_LIMIT = 5


def asked(values: Mapping[str, Any]) -> Search:
    """Return the search that a request's parameters mean; raises InvalidInput."""
    box, shape = values.get("bbox"), values.get("intersects")
    if box and shape:
        raise InvalidInput("Give either bbox or intersects")
    interval = values.get("datetime")
    return Search(
        ids=_names("ids", values.get("ids")),
        collections=_names("collections", values.get("collections")),
        box=parse_box(box) if box else None,
        shape=parse_shape(_json("intersects", shape) if isinstance(shape, str) else shape) if shape else None,
        interval=parse_interval(interval) if interval else None,
        text=_terms(values.get("q")),
        filter=_filter(values),
        sort=tuple(_sort_key(one) for one in _few("sortby", values.get("sortby"), _SORTS_LIMIT)),
        limit=min(values.get("limit") or PAGE, PAGE_LIMIT),
        token=values.get("token") or None,
    )


def posted(body: BaseModel) -> tuple[dict[str, Any], Document]:
    """Return the parameters of a posted search, and the body as it was sent."""
    values = dict(body)
    shape = values.get("intersects")
    values["intersects"] = shape.model_dump(exclude_none=True) if shape else None
    return values, body.model_dump(mode="json", by_alias=True, exclude_unset=True)


def chosen_fields(kind: Kind, fields: Any) -> tuple[set[str], set[str]]:
    """Return the fields to include and to exclude, however the request named them.

    Of items, who includes nothing in so many words and excludes something gets the usual fields without it.
    """
    if isinstance(fields, list):
        names = _few("fields", fields, _NAMES_LIMIT)
        excluded = {one[1:] for one in names if one.startswith("-")}
        return {one.lstrip("+ ") for one in names if not one.startswith("-")} - {""}, excluded
    include, exclude = set(getattr(fields, "include", None) or ()), set(getattr(fields, "exclude", None) or ())
    if kind == "items" and exclude and not include and "include" in fields.model_fields_set:
        return set(_USUAL) - exclude, exclude
    return include, exclude


def with_fields(document: Document, include: set[str], exclude: set[str]) -> Document:
    """Return what was asked of a document; links keep it usable, id and collection name it.

    What is included goes before what is excluded.
    """
    if include:
        wanted = {one.split(".")[0] for one in include} | {"id", "collection", "type", "links"}
        document = {key: value for key, value in document.items() if key in wanted}
        kept = {one.removeprefix("properties.") for one in include if one.startswith("properties.")}
        if kept and "properties" not in include:
            properties = document.get("properties", {})
            document["properties"] = {key: value for key, value in properties.items() if key in kept}
    inner = {one.partition(".")[0] for one in include if "." in one}
    for name in exclude - include - inner - {"id"}:
        part, _, key = name.partition(".")
        if not key:
            document = {own: value for own, value in document.items() if own != part}
        elif isinstance(document.get(part), dict):
            document = document | {part: {own: value for own, value in document[part].items() if own != key}}
    return document


def _filter(values: Mapping[str, Any]) -> Expression | None:
    given = values.get("filter_expr")
    if given is None:
        return None
    if values.get("filter_crs") not in (None, _CRS84):
        raise InvalidInput(f"filter-crs: only {_CRS84} is understood")
    if not isinstance(given, str):
        return given  # type: ignore[no-any-return]
    if len(given) > TEXT_LIMIT:
        raise InvalidInput(f"filter: over {TEXT_LIMIT:,} characters")
    found: Expression = _json("filter", given) if values.get("filter_lang") == "cql2-json" else parse_text(given)
    return found


def _terms(given: Any) -> tuple[str, ...]:
    terms = _few("q", given, _TERMS_LIMIT)
    for term in terms:
        if len(term) > _TERM_LIMIT:
            raise InvalidInput(f"q: a term has over {_TERM_LIMIT} characters")
    return tuple(dict.fromkeys(phrase for term in terms for phrase in widened(term)))


def _sort_key(given: Any) -> SortKey:
    if isinstance(given, str):
        return SortKey(given.strip().lstrip("+-"), descending=given.strip().startswith("-"))
    return SortKey(given.field, descending=str(getattr(given.direction, "value", given.direction)) == "desc")


def _names(name: str, given: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if not given else tuple(_few(name, given, _NAMES_LIMIT))


def _few(name: str, given: Sequence[Any] | None, limit: int) -> Sequence[Any]:
    if given and len(given) > limit:
        raise InvalidInput(f"{name}: {len(given):,} values; at most {limit:,} are taken")
    return given or ()


def _json(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{name}: is no JSON") from error
