"""P12: open a catalog of 1,000 entries, ours against an Intake YAML catalog of the same datasets."""

from __future__ import annotations

import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import intake
import yaml

from gaia_vre.catalog.curated import load_descriptions
from gaia_vre.catalog.model import Asset, Dataset, Facts, Variable
from gaia_vre.catalog.reader import Catalog
from gaia_vre.catalog.stac import stac_files
from tests.benchmarks.measure import Measure, table

if TYPE_CHECKING:
    from collections.abc import Callable

ENTRIES = 1000
RUNS = 7
AIM = 0.10


def measure() -> Measure:
    """Open both catalogs and list their entries, several times."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        datasets = thousand_datasets()
        write_ours(root / "catalog", datasets)
        write_stock(root / "catalog.yaml", datasets)
        ours = milliseconds(lambda: list(Catalog(root / "catalog").ids))
        stock = milliseconds(lambda: list(intake.open_catalog(str(root / "catalog.yaml"))))
    return Measure("P12 open a catalog of 1,000 entries", "ms", ours, stock, AIM)


def thousand_datasets() -> list[Dataset]:
    described = [one.dataset for one in load_descriptions()]
    facts = Facts(
        box=(-180.0, -90.0, 180.0, 90.0),
        variables=tuple(Variable(f"v{n}", f"Variable {n}", None, "K", ("time", "y", "x"), (9, 9, 9)) for n in range(3)),
        assets=(Asset("data", "zarr/x.zarr", "application/vnd.zarr", "Zarr store", 1000),),
    )
    copies = (described[number % len(described)] for number in range(ENTRIES))
    return [replace(one, id=f"{one.id}-{number}", facts=facts) for number, one in enumerate(copies)]


def write_ours(folder: Path, datasets: list[Dataset]) -> None:
    folder.mkdir()
    (folder / "index.json").write_text(json.dumps(stac_files(datasets)["index.json"], ensure_ascii=False))


def write_stock(file: Path, datasets: list[Dataset]) -> None:
    sources = {
        one.id: {
            "driver": "zarr",
            "description": one.description,
            "args": {"urlpath": one.facts.assets[0].path},
            "metadata": {"title": one.title, "keywords": list(one.keywords)},
        }
        for one in datasets
    }
    file.write_text(yaml.safe_dump({"sources": sources}))


def milliseconds(open_catalog: Callable[[], list[str]]) -> list[float]:
    samples = []
    for _ in range(RUNS):
        start = time.perf_counter()
        assert len(open_catalog()) == ENTRIES
        samples.append((time.perf_counter() - start) * 1000)
    return samples


if __name__ == "__main__":
    print(table([measure()]))
