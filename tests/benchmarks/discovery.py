"""Free text in process, facets included, over 300 collections and 100,000 items.

Run as ``python -m tests.benchmarks.discovery [ITEMS]``.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from gaia_vre.catalog.curated import load_descriptions
from gaia_vre.catalog.discovery import Question, find
from gaia_vre.catalog.engine.load import build
from gaia_vre.catalog.engine.store import SqliteEngine
from gaia_vre.catalog.stac import collection
from tests.catalog.engine.documents import item

COLLECTIONS = 300
RUNS = 50
LIMIT_MS = 20
QUESTIONS = (
    "SST",
    "température de surface de la mer",
    "Sentinel-2 réflectance de surface",
    "satellite",
    "temperature Europe CMIP6",
    "sea surface temperature Mediterranean",
)


def main(count: int) -> None:
    """Print median and 95th percentile of each question."""
    chance = random.Random(4)
    described = [one.dataset for one in load_descriptions()]
    copies = ((described[number % len(described)], number) for number in range(COLLECTIONS))
    collections = [collection(replace(one, id=f"{one.id}-{number}")) for one, number in copies]
    items = (
        item(f"i{number:06}", chance.choice(collections)["id"], _box(chance), 1 + number % 28)
        for number in range(count)
    )
    with tempfile.TemporaryDirectory() as folder:
        engine = SqliteEngine(build(Path(folder) / "catalog.sqlite", collections, items))
        for text in QUESTIONS:
            took = [_milliseconds(engine, text) for _ in range(RUNS)]
            late = statistics.quantiles(took, n=20)[-1]
            print(f"{text:<40} median {statistics.median(took):5.1f} ms   95 % {late:5.1f} ms   (limit {LIMIT_MS})")
        engine.close()


def _box(chance: random.Random) -> list[float]:
    west, south = chance.uniform(-180, 178), chance.uniform(-85, 83)
    return [west, south, west + 1, south + 1]


def _milliseconds(engine: SqliteEngine, text: str) -> float:
    begun = time.perf_counter()
    assert find(engine, Question(text)).datasets
    return (time.perf_counter() - begun) * 1e3


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
