"""The descriptions that people wrote: one JSON file per dataset, or a list per source, in ``collections/<pole>``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gaia_vre.catalog.access import check_rights
from gaia_vre.catalog.model import Dataset, Period, from_json

COLLECTIONS = Path(__file__).parent / "collections"
UNASSIGNED = "unassigned"
"""Folder of datasets of which no pole is known."""


@dataclass(frozen=True)
class Source:
    """One file that a dataset is made from, as it must be found."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Recipe:
    """How the sources become the prepared dataset."""

    file_type: str
    concat: str | None = None
    """Dimension along which the files follow each other."""
    merge: bool = False
    """Each file holds other variables on the same grid."""
    chunks: dict[str, int] | None = None
    index: dict[str, str] | None = None
    """Dimensions whose own coordinate is useless, and the coordinate to use instead."""
    attributes: dict[str, dict[str, str]] | None = None
    """Attributes that the source forgot, by variable."""
    coordinates: tuple[str, ...] = ()
    """Variables that are coordinates without the source saying so."""
    positions: str | None = None
    """Grid mapping from which latitudes and longitudes are computed."""
    longitude: str | None = None
    latitude: str | None = None
    time: str | None = None


@dataclass(frozen=True)
class Description:
    """A dataset as curated, and how to make it when its sources are here."""

    dataset: Dataset
    sources: tuple[Source, ...] = ()
    recipe: Recipe | None = None
    units: dict[str, str] | None = None
    """Units that a table does not carry itself, by column."""
    box: tuple[float, float, float, float] | None = None
    period: Period | None = None

    @property
    def id(self) -> str:
        return self.dataset.id


def load_descriptions(folder: Path = COLLECTIONS) -> tuple[Description, ...]:
    """Read every description, those with sources first, in the order of their ids."""
    found = [_describe(values, path.parent.name) for path in sorted(folder.glob("*/*.json")) for values in _read(path)]
    return tuple(sorted(found, key=lambda one: (not one.sources, one.id)))


def _read(path: Path) -> list[dict[str, Any]]:
    content = json.loads(path.read_text(encoding="utf-8"))
    datasets: list[dict[str, Any]] = content.get("datasets", [content])
    return datasets


def _describe(values: dict[str, Any], pole: str) -> Description:
    own = {key: values.pop(key) for key in ("sources", "recipe", "units", "bbox", "period") if key in values}
    if pole != UNASSIGNED:
        values["pole"] = pole
    dataset = from_json(Dataset, values)
    if dataset.rights:
        check_rights(dataset.rights)
    return Description(
        dataset=dataset,
        sources=tuple(Source(**source) for source in own.get("sources", ())),
        recipe=from_json(Recipe, own["recipe"]) if "recipe" in own else None,
        units=own.get("units"),
        box=tuple(own["bbox"]) if "bbox" in own else None,
        period=Period(*own["period"]) if "period" in own else None,
    )
