"""What must be prepared: sources checked, digests compared. Light on purpose: it runs at every start."""

from __future__ import annotations

import functools
import hashlib
import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gaia_vre.catalog.model import Facts, from_json, to_json
from gaia_vre.core.errors import InvalidInput, NotFound
from gaia_vre.core.state import restricted_beside

if TYPE_CHECKING:
    from pathlib import Path

    from gaia_vre.catalog.curated import Description, Source

RECIPE_VERSION = 1
"""Raise it when the recipes' code changes what comes out."""

MARKERS = ".prepared"
"""Folder of the markers, below the data folder."""

WORKING = ".preparing"
"""Folder of unfinished work and of the workers' logs, below the data folder so that a rename can finish it."""


@dataclass(frozen=True)
class Prepared:
    """The marker of a finished dataset: from what it was made, and what came out."""

    digest: str
    facts: Facts
    restricted: bool = False
    """The files stand where no lab sees them."""


def digest_of(description: Description) -> str:
    """Return one digest of everything that decides the result; words of the description do not."""
    sources, recipe = to_json(description.sources), to_json(description.recipe)
    # Files are made anew, and the old ones taken away, when a dataset gets rights or loses them.
    restricted = ["restricted"] if description.dataset.rights else []
    decisive = [
        RECIPE_VERSION,
        description.id,
        description.dataset.kind,
        sources,
        recipe,
        description.units,
        *restricted,
    ]
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()


def check_sources(description: Description, folder: Path) -> None:
    """Compare the files with what the description expects.

    Raises
    ------
    NotFound
        A file is missing.
    InvalidInput
        A file is truncated, too long or has other content.
    """
    for source in description.sources:
        _check_source(folder, source)


def read_marker(data: Path, name: str) -> Prepared | None:
    """Return the marker of a dataset whose files are all there, else None."""
    try:
        content = json.loads((data / MARKERS / f"{name}.json").read_text(encoding="utf-8"))
        marker = from_json(Prepared, content)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    folder = files_folder(data, name, restricted=marker.restricted)
    return marker if all((folder / asset.path).exists() for asset in marker.facts.assets) else None


def files_folder(data: Path, name: str, *, restricted: bool) -> Path:
    """Return the folder from which on the assets of a dataset are named."""
    return restricted_beside(data) / name if restricted else data


def hide_files(description: Description, data: Path) -> None:
    """Take the files of a dataset that has got rights out of sight, before anything else can fail."""
    marker = read_marker(data, description.id)
    if description.dataset.rights is None or marker is None or marker.restricted:
        return
    for asset in marker.facts.assets:
        path = data / asset.path
        if path.is_dir():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)


def working_folder(data: Path, *, restricted: bool) -> Path:
    """Return the folder of unfinished work: never one that shows labs what they may not see."""
    return (restricted_beside(data) if restricted else data) / WORKING


def marker_text(prepared: Prepared) -> str:
    """Return what `read_marker` reads."""
    return json.dumps(to_json(prepared), ensure_ascii=False)


def _check_source(folder: Path, source: Source) -> None:
    path = folder / source.path
    try:
        found = path.stat().st_size
    except OSError:
        raise NotFound(f"{source.path}: the sample file is missing from {folder}") from None
    if found != source.bytes:
        reason = "truncated" if found < source.bytes else "longer than it should be"
        raise InvalidInput(f"{path}: {source.bytes} bytes expected, {found} found; the file is {reason}")
    digest = _digest_of_file(path, path.stat().st_mtime_ns)
    if digest != source.sha256:
        raise InvalidInput(f"{path}: SHA-256 {source.sha256[:12]}… expected, {digest[:12]}… found; the file is damaged")


@functools.lru_cache
def _digest_of_file(path: Path, _modified: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
