"""P13: searching 300 collections and many items by STAC: the SQLite engine, pgstac and a static catalog read by pystac.

Run as ``python -m tests.benchmarks.stac_search [ITEMS] [--pgstac] [--static]``; 100,000 items, or 1,000,000.
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import quote

from gaia_vre.catalog.engine.load import FILE, build
from gaia_vre.catalog.engine.model import Engine, Search
from gaia_vre.catalog.engine.store import SqliteEngine
from gaia_vre.catalog.engine.times import parse_interval
from gaia_vre.core.errors import InvalidInput
from tests.benchmarks import generated
from tests.benchmarks.generated import YEAR
from tests.benchmarks.served import Served, serving
from tests.support.postgresql import new_database, running_postgresql

TIMES = 250
LATE_MS = 100
MOST_MB = 60
WORDS = ("temperature", "snow", "sentinel", "salinity", "forest", "glacier", "wind", "température", "neige", "carbon")
MILLION = 1_000_000
MOST_STATIC = 10_000


@dataclass(frozen=True)
class Query:
    """One kind of question: what is asked of an engine and what over HTTP, and the limit of the engine's median."""

    name: str
    limit_ms: float
    ask: Callable[[Engine, random.Random], object]
    address: Callable[[random.Random], str]
    late_ms: float = LATE_MS


def queries(count: int) -> list[Query]:
    """Return what is measured over so many items."""
    key = partial(generated.item_key, count=count)
    year = parse_interval(YEAR)
    return [
        Query("by id", 5, lambda to, by: to.item(*key(by)), lambda by: "collections/{}/items/{}".format(*key(by))),
        Query(
            "collection + box",
            20,
            lambda to, by: to.search("items", Search(collections=(key(by)[0],), box=generated.box(by))),
            lambda by: f"search?collections={key(by)[0]}&bbox={_box(by)}",
        ),
        Query(
            "box + year over everything",
            60,
            lambda to, by: to.search("items", Search(box=generated.box(by), interval=year)),
            lambda by: f"search?bbox={_box(by)}&datetime={YEAR}",
            late_ms=400 if count >= MILLION else LATE_MS,
        ),
        Query(
            "free text, collections",
            20,
            lambda to, by: to.search("collections", Search(text=(by.choice(WORDS),))),
            lambda by: f"collections?q={_word(by)}",
        ),
        Query(
            "free text, items",
            20,
            lambda to, by: to.search("items", Search(text=(by.choice(WORDS),))),
            lambda by: f"search?q={_word(by)}",
        ),
    ]


def main(count: int, *, with_pgstac: bool, with_static: bool) -> None:
    """Print what each question takes, over HTTP too, and beside it what pgstac and pystac take."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        catalog = state / "data" / "catalog"
        catalog.mkdir(parents=True)
        with serving(state) as served:
            bare = _memory_after(served, lambda _: "health")
        with _loading("SQLite", count):
            file = build(catalog / FILE, generated.collections(), generated.items(count))
        print(f"its file has {file.stat().st_size / 1e6:.0f} MB")
        engine = SqliteEngine(file)
        medians = _in_process("SQLite", engine, count)
        engine.close()
        with serving(state) as served:
            _over_http("SQLite", served, count)
            full = _memory_after(served, _any_query(count))
        print(f"service: {bare:.0f} MB without catalog, {full:.0f} MB after searching it", end="")
        print(f": {full - bare:+.0f} MB (limit {MOST_MB})", flush=True)
        if with_pgstac:
            _pgstac(state, count, medians)
        if with_static:
            _static(state / "static", count, medians)


@contextmanager
def _loading(name: str, count: int) -> Iterator[None]:
    begun, processor = time.perf_counter(), time.process_time()
    yield
    spent, waited = time.process_time() - processor, time.perf_counter() - begun
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(f"{name}: {count:,} items in {spent:.1f} s of CPU and {waited:.1f} s; this process at most {most:.0f} MB")


def _in_process(name: str, engine: Engine, count: int) -> dict[str, float]:
    """Print and return what each question takes an engine, in milliseconds at the median."""
    medians = {}
    for query in queries(count):
        try:
            spent = _timed(lambda by, query=query: query.ask(engine, by))  # type: ignore[misc]
        except InvalidInput as error:  # refused after its time: a result as well
            print(f"{name}: {query.name}, engine: {error.message}  missed", flush=True)
            continue
        medians[query.name] = median(spent)
        _print(name, f"{query.name}, engine", spent, query.limit_ms, None)
    return medians


def _over_http(name: str, served: Served, count: int) -> None:
    for query in queries(count):
        try:
            spent = _timed(lambda by, query=query: served.get(f"stac/{query.address(by)}"))  # type: ignore[misc]
        except AssertionError as error:
            print(f"{name}: {query.name}, HTTP: {error}  missed", flush=True)
            continue
        _print(name, f"{query.name}, HTTP", spent, None, query.late_ms)


def _print(name: str, what: str, spent: list[float], usual: float | None, late: float | None) -> None:
    found = quantiles(spent, n=20)[-1]
    limits = ", ".join(f"{kind} {one:g}" for kind, one in (("p50", usual), ("p95", late)) if one is not None)
    missed = (usual is not None and median(spent) > usual) or (late is not None and found > late)
    what = f"{name}: {what}"
    print(f"{what:<48} p50 {median(spent):8.2f} ms  p95 {found:8.2f} ms  limit {limits}{'  missed' if missed else ''}")


def _timed(call: Callable[[random.Random], object]) -> list[float]:
    """Return the milliseconds of many calls, each with other values; the same values for each engine."""
    chance, spent = random.Random(generated.SEED + 1), []
    call(chance)
    for _ in range(TIMES):
        begun = time.perf_counter()
        call(chance)
        spent.append((time.perf_counter() - begun) * 1e3)
    return spent


def _memory_after(served: Served, address: Callable[[random.Random], str]) -> float:
    chance = random.Random(generated.SEED + 2)
    for _ in range(1000):
        served.get(address(chance))
    return served.memory_mb


def _any_query(count: int) -> Callable[[random.Random], str]:
    known = queries(count)
    return lambda chance: f"stac/{chance.choice(known).address(chance)}"


def _pgstac(state: Path, count: int, ours: dict[str, float]) -> None:
    from gaia_vre.catalog.engine.pgstac.load import load
    from gaia_vre.catalog.engine.pgstac.store import PgstacEngine

    with running_postgresql(state) as server:
        address = new_database(server)
        url = address.replace("+psycopg", "")
        with _loading("pgstac, its server aside", count):
            load(url, generated.collections(), generated.items(count))
        engine = PgstacEngine(url)
        theirs = _in_process("pgstac", engine, count)
        engine.close()
        with serving(state, address) as served:
            _over_http("pgstac", served, count)
    for name, spent in theirs.items():
        print(f"{name}: SQLite / pgstac {ours[name] / spent:.3f}")


def _static(folder: Path, count: int, ours: dict[str, float]) -> None:
    from tests.benchmarks.static_stac import walked

    for name, spent in walked(folder, min(count, MOST_STATIC)).items():
        print(f"{name}: pystac over {min(count, MOST_STATIC):,} static items {spent:,.0f} ms", end="")
        print(f"; SQLite over {count:,} / pystac {ours[name] / spent:.6f} (limit 0.02)", flush=True)


def _box(chance: random.Random) -> str:
    return ",".join(f"{one:.3f}" for one in generated.box(chance))


def _word(chance: random.Random) -> str:
    return quote(chance.choice(WORDS))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.stac_search", description=__doc__)
    parser.add_argument("items", nargs="?", type=int, default=100_000)
    parser.add_argument("--pgstac", action="store_true", help="ask the same of PostgreSQL")
    parser.add_argument("--static", action="store_true", help=f"walk static files too, at most {MOST_STATIC:,} items")
    return parser.parse_args()


if __name__ == "__main__":
    chosen = _arguments()
    main(chosen.items, with_pgstac=chosen.pgstac, with_static=chosen.static)
