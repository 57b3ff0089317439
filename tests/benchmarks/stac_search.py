"""P13: a box and a time searched in many items: the engine, against walking a static catalog with pystac.

Run as ``python -m tests.benchmarks.stac_search [ITEMS]``.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pystac

from gaia_vre.catalog.engine.load import build
from gaia_vre.catalog.engine.model import Search
from gaia_vre.catalog.engine.store import SqliteEngine
from gaia_vre.catalog.engine.times import parse_interval
from tests.catalog.engine.documents import collection, item

COLLECTIONS = 300
QUERIES = 200
_BEGIN = datetime(2000, 1, 1, tzinfo=UTC)


def main(count: int) -> None:
    """Print the percentiles of the engine, the time of one walk, and their ratio."""
    chance = random.Random(4)
    names = [f"c{number:03}" for number in range(COLLECTIONS)]
    items = [_item(chance, names, number) for number in range(count)]
    with tempfile.TemporaryDirectory() as folder:
        begun = time.process_time()
        engine = SqliteEngine(build(Path(folder) / "catalog.sqlite", [collection(one, one) for one in names], items))
        print(f"{count:,} items loaded in {time.process_time() - begun:.1f} s of CPU")
        ours = [_timed(partial(engine.search, "items", _search(_box(chance)))) for _ in range(QUERIES)]
        median, late = statistics.median(ours), statistics.quantiles(ours, n=20)[-1]
        print(f"engine: median {median * 1e3:.2f} ms, 95th percentile {late * 1e3:.2f} ms (limit 100)", flush=True)
        engine.close()
        walked = _walk(Path(folder) / "static", names, items, _box(chance))
    print(f"pystac, walking: {walked:.2f} s; ratio {median / walked:.6f} (limit 0.02)")


def _item(chance: random.Random, names: list[str], number: int) -> dict[str, Any]:
    west, south = chance.uniform(-180, 178), chance.uniform(-85, 83)
    when = _BEGIN + timedelta(minutes=chance.randrange(13_000_000))
    box = [west, south, west + chance.uniform(0.1, 2), south + chance.uniform(0.1, 2)]
    fields = {"datetime": when.isoformat(), "eo:cloud_cover": chance.randrange(100)}
    return item(f"i{number:06}", chance.choice(names), box, 1, **fields)


def _box(chance: random.Random) -> tuple[float, float, float, float]:
    west, south = chance.uniform(-180, 160), chance.uniform(-85, 65)
    return west, south, west + 20, south + 20


def _search(box: tuple[float, float, float, float]) -> Search:
    return Search(box=box, interval=parse_interval("2010-01-01T00:00:00Z/2011-01-01T00:00:00Z"), limit=100)


def _walk(folder: Path, names: list[str], items: list[dict[str, Any]], box: tuple[float, float, float, float]) -> float:
    """Return the seconds of finding the same in static files, each item read as a client must."""
    root = pystac.Catalog("root", "root")
    children = {name: pystac.Collection.from_dict(collection(name, name)) for name in names}
    root.add_children(children.values())
    for one in items:
        children[one["collection"]].add_item(pystac.Item.from_dict(one))
    root.normalize_and_save(str(folder), pystac.CatalogType.SELF_CONTAINED)
    low, high = datetime(2010, 1, 1, tzinfo=UTC), datetime(2011, 1, 1, tzinfo=UTC)

    def search() -> list[pystac.Item]:
        found = pystac.Catalog.from_file(str(folder / "catalog.json")).get_items(recursive=True)
        return [one for one in found if _touches(one.bbox, box) and one.datetime and low <= one.datetime <= high]

    return _timed(search)


def _touches(given: list[float] | None, box: tuple[float, float, float, float]) -> bool:
    return bool(given) and given[0] <= box[2] and given[2] >= box[0] and given[1] <= box[3] and given[3] >= box[1]


def _timed(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
