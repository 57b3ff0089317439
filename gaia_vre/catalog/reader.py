"""The catalog as a notebook reads it: list, search, look, open."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from gaia_vre.catalog import views
from gaia_vre.catalog.model import Dataset, from_json
from gaia_vre.catalog.opening import open_dataset
from gaia_vre.catalog.rules import pole_key, unknown_dataset
from gaia_vre.catalog.selection import parse_box, parse_time
from gaia_vre.catalog.stac import INDEX, INDEX_VERSION
from gaia_vre.core.errors import Unavailable

if TYPE_CHECKING:
    from gaia_vre.catalog.discovery import Discovered
    from gaia_vre.catalog.engine.model import Engine

VARIABLE = "GAIA_VRE_CATALOG"
"""Environment variable with the folder of the catalog."""


class Entry:
    """One dataset that can be looked at and opened; has the fields of `Dataset`."""

    def __init__(self, dataset: Dataset, data: Path) -> None:
        self.dataset = dataset
        self._data = data

    def open(self, **selection: Any) -> Any:
        """Open the dataset, cut to the selection; see `gaia_vre.open`."""
        return open_dataset(self.dataset, self._data, selection)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.dataset, name)

    def __repr__(self) -> str:
        return views.dataset_text(self.dataset)

    def _repr_html_(self) -> str:
        return views.dataset_page(self.dataset)


class Results(Sequence[Entry]):
    """What a search found, best first."""

    def __init__(self, entries: Sequence[Entry], question: str, found: Discovered) -> None:
        self._entries = tuple(entries)
        self.question = question
        self.found = found
        """Also says what was searched besides, and how many datasets have each value of each facet."""

    @property
    def complete(self) -> bool:
        """False when no dataset had all the words, and these have most of them."""
        return self.found.complete

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> Results: ...
    def __getitem__(self, index: int | slice) -> Entry | Results:
        if isinstance(index, slice):
            some = tuple(one.dataset for one in self._entries[index])
            return Results(self._entries[index], self.question, replace(self.found, datasets=some, matched=len(some)))
        return self._entries[index]

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return views.results_text(self.found, self.question)

    def _repr_html_(self) -> str:
        return views.results_page(self.found, self.question)


class Catalog:
    """All datasets of one catalog folder; each is built when it is asked for.

    Listing knows what was prepared here; searching and asking by id know what was harvested, too.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._rows = {row["id"]: row for row in _read_index(folder)}
        self._built: dict[str, Entry] = {}
        self._engine: Engine | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Entry]:
        return (self[name] for name in self._rows)

    def __contains__(self, name: object) -> bool:
        return name in self._rows

    def __getitem__(self, name: str) -> Entry:
        if name not in self._built:
            self._built[name] = Entry(self._dataset(name), self.folder.parent)
        return self._built[name]

    def _dataset(self, name: str) -> Dataset:
        if name in self._rows:
            return from_json(Dataset, self._rows[name])
        from gaia_vre.catalog.discovery import dataset

        try:
            return dataset(self.engine, name)
        except Unavailable:
            raise unknown_dataset(name, self._rows) from None

    @property
    def engine(self) -> Engine:
        """What searches the catalog."""
        if self._engine is None:
            from gaia_vre.catalog.engine.load import FILE
            from gaia_vre.catalog.engine.store import SqliteEngine

            self._engine = SqliteEngine(self.folder / FILE)
        return self._engine

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._rows]

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._rows)

    def open(self, dataset_id: str, **selection: Any) -> Any:
        """Open a dataset, cut to the selection; see `gaia_vre.open`."""
        return self[dataset_id].open(**selection)

    def search(self, text: str | None = None, bbox: Any = None, time: Any = None, pole: str | None = None) -> Results:
        """Find datasets; see `gaia_vre.search`."""
        from gaia_vre.catalog.discovery import Question, find
        from gaia_vre.catalog.engine.model import PAGE_LIMIT

        question = Question(
            text,
            parse_box(bbox) if bbox is not None else None,
            parse_time(time) if time is not None else None,
            pole_key(pole) if pole else None,
        )
        found = find(self.engine, question, PAGE_LIMIT)
        for one in found.datasets:
            if one.id not in self._rows:
                self._built.setdefault(one.id, Entry(one, self.folder.parent))
        return Results([self[one.id] for one in found.datasets], views.spoken_question(question), found)

    def __repr__(self) -> str:
        return views.catalog_text([one.dataset for one in self])

    def _repr_html_(self) -> str:
        return views.catalog_page([one.dataset for one in self])


_opened: dict[tuple[Path, int], Catalog] = {}


def current_catalog() -> Catalog:
    """Return the catalog of this environment; read again only when it was prepared anew.

    Raises
    ------
    Unavailable
        No folder is named, or it holds no catalog.
    """
    folder = _folder()
    try:
        key = (folder, (folder / INDEX).stat().st_mtime_ns)
    except OSError:
        raise Unavailable(f"{folder} holds no catalog; `gaia-vre catalog prepare` makes one") from None
    if key not in _opened:
        _opened.clear()
        _opened[key] = Catalog(folder)
    return _opened[key]


def _folder() -> Path:
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named)
    from gaia_vre.core.settings import load_settings
    from gaia_vre.core.state import StateFolder

    return StateFolder(load_settings().state).catalog


def _read_index(folder: Path) -> list[dict[str, Any]]:
    try:
        content = json.loads((folder / INDEX).read_bytes())
    except OSError:
        raise Unavailable(f"{folder} holds no catalog; `gaia-vre catalog prepare` makes one") from None
    except ValueError:
        raise Unavailable(f"{folder / INDEX} is damaged; `gaia-vre catalog prepare` makes it anew") from None
    if content.get("version") != INDEX_VERSION:
        raise Unavailable(f"{folder} was prepared by another version; `gaia-vre catalog prepare` makes it anew")
    rows: list[dict[str, Any]] = content["datasets"]
    return rows
