"""The made-up catalog as static files, searched with pystac: each item is read, as a client must."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from pathlib import Path

import pystac

from tests.benchmarks import generated


def walked(folder: Path, count: int) -> dict[str, float]:
    """Write so many items as files and return the milliseconds of each question."""
    _write(folder, count)
    chance = random.Random(generated.SEED + 1)
    owner, name = generated.item_key(chance, count)
    box = generated.box(chance)
    low, high = datetime(2010, 1, 1, tzinfo=UTC), datetime(2011, 1, 1, tzinfo=UTC)

    def by_id() -> object:
        child = _opened(folder).get_child(owner)
        return child and child.get_item(name)

    def in_collection() -> object:
        child = _opened(folder).get_child(owner)
        return child and [one for one in child.get_items() if _touches(one, box)]

    def everywhere() -> object:
        found = (one for one in _opened(folder).get_items(recursive=True) if _touches(one, box))
        return [one for one in found if one.datetime and low <= one.datetime <= high]

    asked = {"by id": by_id, "collection + box": in_collection, "box + year over everything": everywhere}
    spent = {}
    for question, ask in asked.items():
        begun = time.perf_counter()
        ask()
        spent[question] = (time.perf_counter() - begun) * 1e3
    return spent


def _write(folder: Path, count: int) -> None:
    root = pystac.Catalog("root", "root")
    children = {one["id"]: pystac.Collection.from_dict(one | {"links": []}) for one in generated.collections()}
    root.add_children(children.values())
    for one in generated.items(count):
        children[one["collection"]].add_item(pystac.Item.from_dict(one | {"links": []}))
    root.normalize_and_save(str(folder), pystac.CatalogType.SELF_CONTAINED)


def _opened(folder: Path) -> pystac.Catalog:
    return pystac.Catalog.from_file(str(folder / "catalog.json"))


def _touches(item: pystac.Item, box: generated.Box) -> bool:
    given = item.bbox
    return given is not None and given[0] <= box[2] and given[2] >= box[0] and given[1] <= box[3] and given[3] >= box[1]
