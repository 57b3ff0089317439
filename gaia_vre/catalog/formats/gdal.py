"""How GDAL reads an asset of other sites: through our file system, so that it falls over as all formats do."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from rasterio import _vsiopener
from rasterio.abc import FileContainer

if TYPE_CHECKING:
    from gaia_vre.catalog.formats.source import Source

_log = logging.getLogger(__name__)


class _OneForAll:
    """Stands in for a context variable of rasterio 1.4, with one value for all threads of the process."""

    def __init__(self) -> None:
        self._value: dict[Any, Any] = {}

    def get(self, *_: Any) -> dict[Any, Any]:
        return self._value

    def set(self, value: dict[Any, Any]) -> None:
        self._value = value


# rasterio notes openers and open files by thread, but Dask opens in one thread and xarray closes in another.
for _name in ("_OPEN_FILE_EXIT_STACKS", "_OPENER_REGISTRY"):
    if hasattr(_vsiopener, _name):
        setattr(_vsiopener, _name, _OneForAll())


class SourceContainer(FileContainer):  # type: ignore[misc]
    """A folder that holds one file: the asset. It travels to Dask workers as its source."""

    def __init__(self, source: Source, name: str) -> None:
        self._source, self._name = source, name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SourceContainer) and (self._source, self._name) == (other._source, other._name)

    def __hash__(self) -> int:
        return hash((self._source, self._name))

    def __reduce__(self) -> tuple[Any, ...]:
        return SourceContainer, (self._source, self._name)

    def open(self, path: str, mode: str = "rb", **options: Any) -> Any:
        return self._source.open()

    def isfile(self, path: str) -> bool:
        return path == self._name

    def isdir(self, path: str) -> bool:
        return False

    def ls(self, path: str) -> list[str]:
        return [self._name]

    def mtime(self, path: str) -> int:
        return 0

    def rm(self, path: str) -> None:
        _log.info("%s is not removed: assets are read only", path)

    def size(self, path: str) -> int:
        return int(self._source.files.info("")["size"])


def container_of(source: Source) -> tuple[str, SourceContainer]:
    """Return a name that only this asset has, and the container that opens it."""
    from fsspec.utils import tokenize

    name = f"{tokenize(source.owner, source.places)}/{source.name}"
    return name, SourceContainer(source, name)
