"""What harvests brought in, on its way into the searchable catalog, and out of it again."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gaia_vre.catalog.harvest.accepting import text_of
from gaia_vre.catalog.harvest.contract import Refusal
from gaia_vre.catalog.harvest.state import FILE, opened_state
from gaia_vre.core.errors import InvalidInput, NotFound, Unavailable, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

HARVESTS = "harvests"
"""Folder of all harvests, beside the one of the catalog."""
_VERSION = "https://stac-extensions.github.io/version/v1.2.0/schema.json"


class Stored:
    """The harvested documents that belong into the catalog; `tell` hears which do not, and why.

    A curated collection wins over a harvested one of the same id, and of two sources the first
    by name. Ask for collections before items: an item goes where its collection goes.
    """

    def __init__(
        self,
        folder: Path,
        curated: Iterable[str],
        read: Callable[[Path], dict[str, Any]],
        tell: Callable[[Refusal], None],
    ) -> None:
        self._folder, self._read, self._tell = folder, read, tell
        self._taken = dict.fromkeys(curated, "the curated catalog")
        self._items: list[Path] = []

    def collections(self) -> Iterator[dict[str, Any]]:
        """Yield the collections of all sources."""
        for path in sorted(self._folder.glob("*/*/collection.json")):
            source, name = path.parts[-3:-1]
            if name in self._taken:
                self._tell(Refusal(f"{source}/{name}", f"{self._taken[name]} has a collection of this id, which wins"))
            elif document := self._document(path):
                self._taken[name] = source
                self._items.append(path.parent / "items")
                yield document

    def items(self) -> Iterator[dict[str, Any]]:
        """Yield the items of the collections that were taken."""
        for folder in self._items:
            for path in sorted(folder.glob("*.json")):
                if document := self._document(path):
                    yield document

    def _document(self, path: Path) -> dict[str, Any] | None:
        try:
            return self._read(path)
        except InvalidInput as error:
            self._tell(Refusal(str(path.relative_to(self._folder)), error.message))
            return None


def mark_gone(file: Path, write: Callable[[Path, str], None]) -> None:
    """Mark a document that its source no longer names as deprecated."""
    stac = json.loads(file.read_bytes())
    target = stac.get("properties", stac) if stac.get("type") == "Feature" else stac
    target["deprecated"] = True
    stac["stac_extensions"] = sorted({*stac.get("stac_extensions", ()), _VERSION})
    write(file, text_of(stac))


def forget(folder: Path, name: str | None, write: Callable[[Path, str], None]) -> list[str]:
    """Remove one collection of a harvest, or all that is gone at the source; return the paths removed.

    Raises
    ------
    NotFound
        Nothing was harvested from this source, or not this collection.
    """
    if not (folder / FILE).is_file():
        raise NotFound(f"Nothing was harvested from {folder.name!r}")
    with named_faults(folder), opened_state(folder) as state:
        paths = state.below(name) if name else state.marked()
        if name and not paths:
            known = [path.split("/")[0] for path in state.collections()]
            raise NotFound(f"{folder.name} has no collection {name!r}{did_you_mean(name, known)}")
        whole = {path.split("/")[0] for path in paths if path.endswith("/collection.json")}
        paths = sorted({*paths, *(path for one in whole for path in state.below(one))})
        for path in paths:
            (folder / path).unlink(missing_ok=True)
        for one in whole:
            shutil.rmtree(folder / one, ignore_errors=True)
        state.forget(paths)
        _drop_links(folder / "catalog.json", whole, write)
        return paths


def forget_source(folder: Path) -> None:
    """Remove everything that was harvested from a source."""
    if not (folder / FILE).is_file():
        raise NotFound(f"Nothing was harvested from {folder.name!r}")
    with named_faults(folder), opened_state(folder):
        shutil.rmtree(folder)


@contextmanager
def named_faults(folder: Path) -> Iterator[None]:
    """Raise `Unavailable` with the folder's name for a full disk and the like."""
    try:
        yield
    except OSError as error:
        raise Unavailable(f"{folder}: cannot be read or written ({error.strerror or error})") from error
    except sqlite3.Error as error:
        raise Unavailable(f"{folder / FILE}: cannot be read or written ({error})") from error


def _drop_links(file: Path, names: set[str], write: Callable[[Path, str], None]) -> None:
    if names and file.is_file():
        catalog = json.loads(file.read_bytes())
        hrefs = {f"./{name}/collection.json" for name in names}
        catalog["links"] = [one for one in catalog["links"] if one["href"] not in hrefs]
        write(file, text_of(catalog))
