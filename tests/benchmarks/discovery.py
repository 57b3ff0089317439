"""Free text in process, facets included, over 300 collections and 100,000 items.

Run as ``python -m tests.benchmarks.discovery [ITEMS]``.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from gaia_vre.catalog.discovery import Question, find
from gaia_vre.catalog.engine.load import build
from gaia_vre.catalog.engine.store import SqliteEngine
from tests.benchmarks import generated

RUNS = 50
LIMIT_MS = 20
QUESTIONS = (
    "SST",
    "température de surface de la mer",
    "Sentinel-2 réflectance de surface",
    "satellite",
    "temperature Europe CMIP6",
    "sea surface temperature Mediterranean",
    "temperature ocean salinity wind glacier snow rivers carbon seismic unknownword",
)


def main(count: int) -> None:
    """Print median and 95th percentile of each question."""
    with tempfile.TemporaryDirectory() as folder:
        engine = SqliteEngine(build(Path(folder) / "catalog.sqlite", generated.collections(), generated.items(count)))
        for text in QUESTIONS:
            took = [_milliseconds(engine, text) for _ in range(RUNS)]
            late = statistics.quantiles(took, n=20)[-1]
            print(f"{text:<40} median {statistics.median(took):5.1f} ms   95 % {late:5.1f} ms   (limit {LIMIT_MS})")
        engine.close()


def _milliseconds(engine: SqliteEngine, text: str) -> float:
    begun = time.perf_counter()
    find(engine, Question(text))
    return (time.perf_counter() - begun) * 1e3


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
