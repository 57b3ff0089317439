"""Answers to what is asked of many items taken together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gaia_vre.catalog.engine.aggregating import NAMES
from gaia_vre.catalog.engine.times import written
from gaia_vre.core.errors import InvalidInput
from gaia_vre.service.stac.addresses import link
from gaia_vre.service.stac.asking import asked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gaia_vre.catalog.engine.aggregating import Aggregation
    from gaia_vre.catalog.engine.model import Document, Engine
    from gaia_vre.service.stac.addresses import Addresses

_TYPES = {"total_count": "integer", "datetime_min": "datetime", "datetime_max": "datetime"}
_DISTRIBUTION = "frequency_distribution"


class Aggregations:
    """Say which aggregations there are, and answer them."""

    def __init__(self, engine: Engine, addresses: Addresses) -> None:
        self._engine, self._addresses = engine, addresses

    def available(self, collection: str | None) -> Document:
        """Return what can be asked of all items, or of those of a collection."""
        return self._answer("aggregations", collection, [_described(name) for name in NAMES])

    def aggregate(self, values: Mapping[str, Any], collection: str | None) -> Document:
        """Return what was asked of the items that fit."""
        names = tuple(values.get("aggregations") or ("total_count",))
        if len(names) > len(NAMES):
            raise InvalidInput(f"aggregations: {len(names):,} are asked; there are {len(NAMES)}")
        search = asked({**values, "collections": [collection]} if collection is not None else values)
        found = self._engine.aggregate(search, names, values.get("datetime_frequency_interval") or "month")
        return self._answer("aggregate", collection, [_stated(one) for one in found])

    def _answer(self, place: str, collection: str | None, aggregations: list[Document]) -> Document:
        above = self._addresses.base
        if collection is not None:
            self._engine.collection(collection)
            above = self._addresses.collection(collection)
        links = [link("self", f"{above}/{place}"), link("root", f"{self._addresses.base}/")]
        links += [] if collection is None else [link("collection", above)]
        return {"type": "AggregationCollection", "aggregations": aggregations, "links": links}


def _described(name: str) -> Document:
    kind = _TYPES.get(name, _DISTRIBUTION)
    of = {} if name in _TYPES else {"frequency_distribution_data_type": _key_type(name)}
    return {"name": name, "data_type": kind, **of}


def _stated(found: Aggregation) -> Document:
    described = _described(found.name)
    if described["data_type"] == _DISTRIBUTION:
        kind = _key_type(found.name)
        buckets = [{"key": _key(kind, key), "data_type": kind, "frequency": n} for key, n in found.frequencies]
        return {**described, "buckets": buckets, "overflow": found.overflow}
    if found.value is None:
        return described
    return {**described, "value": found.value if described["data_type"] == "integer" else written(found.value)}


def _key_type(name: str) -> str:
    return "datetime" if name == "datetime_frequency" else "string"


def _key(kind: str, key: str) -> str:
    """Return a month or year as the instant at which it begins."""
    return f"{key}{'-01-01'[len(key) - len('2020') :]}T00:00:00Z" if kind == "datetime" else key
