"""How many datasets the catalog has, by pole, for the home page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gaia_vre.catalog.model import POLES
from gaia_vre.catalog.reader import Catalog
from gaia_vre.catalog.stac import INDEX
from gaia_vre.core.errors import GaiaError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class PoleCount:
    """What one pole has."""

    key: str
    name: str
    described: int
    opening: int
    """Those of them that open here."""


class Shelf:
    """Counts what a catalog folder holds; counted anew when its index has changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._counted: tuple[tuple[int, int] | None, tuple[PoleCount, ...]] = (None, ())

    def poles(self) -> tuple[PoleCount, ...]:
        """Return the poles that have datasets; none when there is no catalog yet."""
        try:
            about = (self.folder / INDEX).stat()
            mark = (about.st_mtime_ns, about.st_size)
            if self._counted[0] != mark:
                self._counted = (mark, _count(Catalog(self.folder)))
        except (OSError, GaiaError):
            return ()
        return self._counted[1]


def _count(catalog: Catalog) -> tuple[PoleCount, ...]:
    datasets = [entry.dataset for entry in catalog]
    described = Counter(each.pole for each in datasets)
    opening = Counter(each.pole for each in datasets if each.opens_here)
    return tuple(PoleCount(key, name, described[key], opening[key]) for key, name in POLES.items() if described[key])
