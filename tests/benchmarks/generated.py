"""A catalog made up for measuring: 300 collections, and as many items as are asked for."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from gaia_vre.catalog.curated import load_descriptions
from gaia_vre.catalog.model import Dataset
from gaia_vre.catalog.stac import collection
from tests.catalog.engine.documents import item

COLLECTIONS = 300
SEED = 4
YEAR = "2010-01-01T00:00:00Z/2011-01-01T00:00:00Z"
_BEGIN = datetime(2000, 1, 1, tzinfo=UTC)
_MINUTES = 13_000_000
"""Almost 25 years."""

Box = tuple[float, float, float, float]


def datasets() -> list[Dataset]:
    """Return the curated datasets again and again, each with an id of its own."""
    described = [one.dataset for one in load_descriptions()]
    copies = (described[number % len(described)] for number in range(COLLECTIONS))
    return [replace(one, id=f"c{number:03}") for number, one in enumerate(copies)]


def collections() -> list[dict[str, Any]]:
    """Return the datasets as STAC."""
    return [collection(one) for one in datasets()]


def items(count: int) -> Iterator[dict[str, Any]]:
    """Yield items over the whole globe and 25 years, each when it is asked for."""
    chance = random.Random(SEED)
    return (_item(chance, number) for number in range(count))


def item_key(chance: random.Random, count: int) -> tuple[str, str]:
    """Return collection and id of one of `count` items."""
    number = chance.randrange(count)
    return owner(number), f"i{number:07}"


def owner(number: int) -> str:
    """Return the collection of an item."""
    return f"c{number % COLLECTIONS:03}"


def box(chance: random.Random, size: float = 20) -> Box:
    """Return a box to search, so many degrees wide and high."""
    west, south = chance.uniform(-180, 180 - size), chance.uniform(-85, 85 - size)
    return west, south, west + size, south + size


def _item(chance: random.Random, number: int) -> dict[str, Any]:
    west, south = chance.uniform(-180, 178), chance.uniform(-85, 83)
    when = _BEGIN + timedelta(minutes=chance.randrange(_MINUTES))
    place = [west, south, west + chance.uniform(0.1, 2), south + chance.uniform(0.1, 2)]
    fields = {"datetime": f"{when:%Y-%m-%dT%H:%M:%SZ}", "eo:cloud_cover": chance.randrange(100)}
    asset = {"href": f"https://example.org/{number}.tif", "type": "image/tiff; application=geotiff", "roles": ["data"]}
    return item(f"i{number:07}", owner(number), place, 1, **fields) | {"assets": {"data": asset}}
