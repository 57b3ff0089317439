"""What is read: a path on this machine, or an asset that one of several sites hands out."""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gaia_vre.catalog.sites import data_folders, local_path, places
from gaia_vre.core.errors import GaiaError, InvalidInput, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gaia_vre.catalog.model import Asset
    from gaia_vre.catalog.replicas import ReplicaFileSystem
    from gaia_vre.catalog.sites import Place, Site

FETCHED_BYTES = 4_000_000_000
"""Most that is brought here whole, for formats that only read files of this machine."""


@dataclass(frozen=True)
class Source:
    """One asset to read; `path` is set when it stands on this machine."""

    owner: str
    path: Path | None
    places: tuple[Place, ...] = ()
    folders: tuple[Path, ...] = ()
    """Where files may stand that this one names."""

    @property
    def files(self) -> ReplicaFileSystem:
        """The file system whose root is the asset."""
        from gaia_vre.catalog.replicas import ReplicaFileSystem

        return ReplicaFileSystem(self.owner, self.places)

    @property
    def name(self) -> str:
        """The file's name, without what follows a question mark."""
        return self.path.name if self.path else self.places[0].shown.rstrip("/").rpartition("/")[2]

    def open(self) -> Any:
        """Open the bytes."""
        return self.path.open("rb") if self.path else self.files.open("")

    def local(self) -> Path:
        """Return a path on this machine; what stands elsewhere is brought here once.

        Raises
        ------
        Unavailable
            It is larger than what is brought here whole, or no site hands it out.
        """
        if self.path:
            return self.path
        files = self.files
        facts = files.info("")
        size = facts.get("size") or 0
        if size > FETCHED_BYTES:
            limit = f"{FETCHED_BYTES / 1e9:g} GB"
            raise Unavailable(f"{self.owner}: {self.name} has {size / 1e9:.1f} GB; at most {limit} are brought here")
        mark = f"{self.places[0].shown} {size} {facts.get('LastModified') or facts.get('mtime') or facts.get('ETag')}"
        target = _kept_folder() / hashlib.sha256(mark.encode()).hexdigest()[:24] / self.name
        return target if target.exists() else _fetched(files, target)


def as_source(value: Source | Path | str) -> Source:
    """Return a source; a path is one of this machine."""
    if isinstance(value, Source):
        return value
    path = Path(value).absolute()
    return Source(path.name, path, folders=(path.parent,))


def source_of(owner: str, asset: Asset, data: Path, sites: Iterable[Site]) -> Source:
    """Return the asset to read: from this machine's disks when the nearest place is there, else from the sites."""
    sites = tuple(sites)
    found, folders = places(owner, asset, data, sites), data_folders(data, sites)
    if not found:
        raise Unavailable(f"{owner}: {asset.key} stands nowhere")
    path = local_path(found[0])
    if path and (path.exists() or len(found) == 1):
        if not path.exists():
            raise Unavailable(f"{owner} cannot be read from any of its sites: {found[0].title} ({path}) is gone there")
        return Source(owner, path, found, folders)
    return Source(owner, None, found, folders)


@contextmanager
def readable(source: Source, what: str, *damaged: type[Exception]) -> Iterator[None]:
    """Name the dataset and the file when a library cannot make sense of the bytes."""
    try:
        yield
    except GaiaError:
        raise
    except damaged as error:
        cause = _cause(error)
        if cause:
            raise cause from error
        lines = str(error).splitlines()
        said = lines[0][:200] if lines else type(error).__name__
        raise InvalidInput(f"{source.owner}: {source.name} is damaged or no {what} ({said})") from error


def _cause(error: BaseException) -> GaiaError | None:
    """Return our own error when a library wrapped it in one of its own."""
    inner = error.__cause__ or error.__context__
    while inner is not None:
        if isinstance(inner, GaiaError):
            return inner
        inner = inner.__cause__ or inner.__context__
    return None


def _kept_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "gaia-vre" / "files"


def _fetched(files: ReplicaFileSystem, target: Path) -> Path:
    """Bring the file here; it has its name only when it is whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(dir=target.parent, prefix=".part-")
    try:
        with os.fdopen(number, "wb") as part, files.open("") as source:
            while block := source.read(1 << 22):
                part.write(block)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return target
