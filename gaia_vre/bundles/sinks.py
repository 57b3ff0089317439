"""Where a bag is written to: a folder, a file system of fsspec, a ZIP file."""

from __future__ import annotations

import os
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from gaia_vre.bundles.files import BLOCK
from gaia_vre.core.durable import flush
from gaia_vre.core.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_ZEROS = bytes(BLOCK)
_EARLIEST = (1980, 1, 1, 0, 0, 0)


class Sink(Protocol):
    """Takes the files of one bag; until it is finished, nobody takes it for a bag."""

    @property
    def where(self) -> str:
        """Where the bag stands when it is finished."""

    def size(self, path: str) -> int | None:
        """Return how large a file is that is there from an earlier try, or None."""

    def put(self, path: str, chunks: Iterable[bytes]) -> None: ...

    def remove(self, path: str) -> None: ...

    def names(self) -> Iterator[str]:
        """Return the paths of all files that are there from an earlier try."""

    def finish(self) -> None: ...

    def put_beside(self, name: str, content: bytes) -> None:
        """Write a file beside the finished bag."""


class FolderSink:
    """A folder; the bag has a hidden name until it is whole."""

    def __init__(self, folder: Path, name: str) -> None:
        self._final, self._made = folder / name, folder / f".{name}.partial"
        if self._final.exists():
            raise Conflict(f"{self._final} is there already: remove it, or choose another place")
        self._made.mkdir(parents=True, exist_ok=True)

    @property
    def where(self) -> str:
        return str(self._final)

    def size(self, path: str) -> int | None:
        try:
            return (self._made / path).stat().st_size
        except FileNotFoundError:
            return None

    def put(self, path: str, chunks: Iterable[bytes]) -> None:
        target = self._made / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            for chunk in chunks:
                if chunk == _ZEROS[: len(chunk)]:
                    file.seek(len(chunk), os.SEEK_CUR)  # a hole stays a hole
                else:
                    file.write(chunk)
            file.truncate()

    def remove(self, path: str) -> None:
        (self._made / path).unlink(missing_ok=True)

    def names(self) -> Iterator[str]:
        for folder, _, names in os.walk(self._made):
            for name in names:
                yield str((Path(folder) / name).relative_to(self._made))

    def finish(self) -> None:
        os.sync()  # once, in place of once for each file
        self._made.replace(self._final)
        flush(self._final.parent)

    def put_beside(self, name: str, content: bytes) -> None:
        (self._final.parent / name).write_bytes(content)


class StoreSink:
    """A file system of fsspec.

    Parameters
    ----------
    renames
        It gives folders another name at once. Elsewhere (S3) the bag's declaration, which is written last, makes
        the difference: without it no reader takes a folder for a bag.
    """

    def __init__(self, files: Any, root: str, name: str, *, shown: str, renames: bool) -> None:
        self._files, self._renames = files, renames
        self._root, self._final = root.rstrip("/"), f"{root.rstrip('/')}/{name}"
        self._made = f"{self._final}.partial" if renames else self._final
        self._shown = f"{shown.rstrip('/')}/{name}"
        self._folders: set[str] = set()
        if self._stands(f"{self._final}/bagit.txt"):
            raise Conflict(f"{self._shown} is there already: remove it, or choose another place")

    @property
    def where(self) -> str:
        return self._shown

    def size(self, path: str) -> int | None:
        try:
            return int(self._files.info(f"{self._made}/{path}")["size"])
        except FileNotFoundError:
            return None

    def _stands(self, path: str) -> bool:
        """Say whether a file is there; `exists` of fsspec takes a store that does not answer for an empty one."""
        try:
            self._files.info(path)
        except FileNotFoundError:
            return False
        return True

    def put(self, path: str, chunks: Iterable[bytes]) -> None:
        target = f"{self._made}/{path}"
        self._make(target.rpartition("/")[0])
        with self._files.open(target, "wb", block_size=8 * BLOCK) as file:
            for chunk in chunks:
                file.write(chunk)

    def remove(self, path: str) -> None:
        with suppress(FileNotFoundError):
            self._files.rm_file(f"{self._made}/{path}")

    def names(self) -> Iterator[str]:
        made = self._made.strip("/")
        for path in self._files.find(self._made):
            yield str(path).strip("/").removeprefix(f"{made}/")

    def finish(self) -> None:
        if self._renames:
            self._files.mv(self._made, self._final, recursive=True)

    def put_beside(self, name: str, content: bytes) -> None:
        self._files.pipe_file(f"{self._root}/{name}", content)

    def _make(self, folder: str) -> None:
        if self._renames and folder not in self._folders:
            self._files.makedirs(folder, exist_ok=True)
            self._folders.add(folder)


class ZipSink:
    """A ZIP file, into anything that can be written to."""

    def __init__(self, stream: BinaryIO, name: str, where: str) -> None:
        self._zip = zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1, allowZip64=True)
        self._name, self.where = name, where

    def size(self, path: str) -> int | None:
        return None

    def put(self, path: str, chunks: Iterable[bytes]) -> None:
        entry = zipfile.ZipInfo(f"{self._name}/{path}", _EARLIEST)
        entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
        with self._zip.open(entry, "w", force_zip64=True) as file:
            for chunk in chunks:
                file.write(chunk)

    def remove(self, path: str) -> None:
        """Nothing of an earlier try is there."""

    def names(self) -> Iterator[str]:
        return iter(())

    def finish(self) -> None:
        self._zip.close()

    def put_beside(self, name: str, content: bytes) -> None:
        """Beside a file nothing is put: its receipt is told."""
