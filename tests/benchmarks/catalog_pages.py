"""The catalog's pages over 300 collections and 100,000 items, beside the same searches by the STAC API.

Run as ``python -m tests.benchmarks.catalog_pages [ITEMS]``.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from gaia_vre.catalog.engine.load import FILE, build
from gaia_vre.catalog.model import Dataset, Facts, Licence, Period, Variable
from gaia_vre.catalog.stac import collection
from gaia_vre.database.engine import make_engine
from gaia_vre.database.migrate import upgrade
from gaia_vre.service.app import create_app
from tests.benchmarks import generated
from tests.benchmarks.generated import COLLECTIONS
from tests.service.conftest import make_world

QUERIES = 60
USUAL_MS, LIMIT_MS = 30, 200
_QUANTITIES = ("sea_surface_temperature", "wind_speed", "air_temperature", "soil_moisture", "ocean_salinity")
_TEXTS = ("sea surface temperature", "vent", "salinity", "température de l'air", "humidité du sol 2005")


def main(count: int) -> None:
    """Print the percentiles of each page and of the same question to the STAC API."""
    chance = random.Random(4)
    datasets = [_dataset(chance, number) for number in range(COLLECTIONS)]
    names = [one.id for one in datasets]
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        (state / "data" / "catalog").mkdir(parents=True)
        build(state / "data" / "catalog" / FILE, [collection(one) for one in datasets], generated.items(count))
        engine = make_engine(f"sqlite:///{state / 'gaia.sqlite'}")
        upgrade(engine)
        world = make_world(engine, state)
        client = TestClient(create_app(world.parts, reconcile=False), headers={"Accept": "text/html"})
        print(f"{'page':<28} {'p50 ms':>8} {'p95 ms':>8} {'STAC API p50 ms':>16}   limits {USUAL_MS}, {LIMIT_MS}")
        for name, page, api in _questions(chance, names):
            ours, late = _measured(client, page)
            theirs = _measured(client, api)[0] if api else None
            beside = f"{theirs:>16.1f}" if theirs is not None else f"{'–':>16}"
            print(f"{name:<28} {ours:>8.1f} {late:>8.1f} {beside}", flush=True)
        world.close()


def _questions(
    chance: random.Random, names: list[str]
) -> list[tuple[str, Callable[[], str], Callable[[], str] | None]]:
    def box() -> str:
        return ",".join(f"{one:.3f}" for one in generated.box(chance))

    def sides() -> str:
        west, south, east, north = box().split(",")
        return f"north={north}&south={south}&west={west}&east={east}"

    return [
        ("everything", lambda: "catalog", lambda: "stac/collections?limit=20"),
        ("words", lambda: f"catalog?q={chance.choice(_TEXTS)}", lambda: f"stac/collections?q={chance.choice(_TEXTS)}"),
        (
            "words, box and period",
            lambda: f"catalog?q={chance.choice(_TEXTS)}&{sides()}&from=2005&to=2010",
            lambda: f"stac/collections?q={chance.choice(_TEXTS)}&bbox={box()}",
        ),
        ("a facet", lambda: "catalog?pole=theia&access=described", None),
        (
            "a dataset with its items",
            lambda: f"catalog/{chance.choice(names)}",
            lambda: f"stac/collections/{chance.choice(names)}/items?limit=25",
        ),
        ("the whole as linked data", lambda: "catalog.jsonld", None),
    ]


def _measured(client: TestClient, address: Callable[[], str]) -> tuple[float, float]:
    """Return median and 95th percentile in milliseconds of fetching addresses."""
    client.get(f"/services/gaia/{address()}").raise_for_status()
    spent = []
    for _ in range(QUERIES):
        asked = f"/services/gaia/{address()}"
        begun = time.perf_counter()
        client.get(asked).raise_for_status()
        spent.append((time.perf_counter() - begun) * 1e3)
    return statistics.median(spent), statistics.quantiles(spent, n=20)[-1]


def _dataset(chance: random.Random, number: int) -> Dataset:
    quantity = _QUANTITIES[number % len(_QUANTITIES)]
    west, south = chance.uniform(-180, 100), chance.uniform(-80, 20)
    facts: dict[str, Any] = {
        "box": (west, south, west + chance.uniform(5, 80), south + chance.uniform(5, 60)),
        "period": Period(f"{chance.randrange(1950, 2010)}-01-01T00:00:00Z", "2020-12-31T00:00:00Z"),
        "variables": tuple(Variable(f"v{place}", standard_name=quantity, unit="K") for place in range(5)),
    }
    return Dataset(
        f"c{number:03}",
        f"{quantity.replace('_', ' ')} of region {number}",
        "A long description. " * 40,
        pole=("odatis", "theia", "aeris")[number % 3],
        keywords=(quantity.replace("_", " "), "benchmark"),
        licence=Licence("CC BY 4.0", "CC-BY-4.0"),
        access="somewhere",
        facts=Facts(**facts),
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
