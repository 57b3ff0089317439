"""Use an iRODS data grid as a file system of fsspec, over python-irodsclient.

Who signs in is what the iRODS commands themselves use: ``~/.irods/irods_environment.json`` (or
``IRODS_ENVIRONMENT_FILE``) and the password that ``iinit`` left beside it.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fsspec import AbstractFileSystem
from fsspec.spec import AbstractBufferedFile
from irods import exception as problems
from irods.exception import PycommandsException, iRODSException

if TYPE_CHECKING:
    from collections.abc import Iterator

_PORT = 1247
_REFUSED = (
    problems.CAT_INVALID_AUTHENTICATION,
    problems.CAT_INVALID_USER,
    problems.CAT_NO_ACCESS_PERMISSION,
    problems.PAM_AUTH_PASSWORD_FAILED,
)
_MISSING = (problems.DoesNotExist, problems.CAT_NO_ROWS_FOUND)


class IrodsFileSystem(AbstractFileSystem):  # type: ignore[misc]
    """One iRODS zone; paths are absolute, as ``/zone/home/collection/object``."""

    protocol = "irods"

    def __init__(self, host: str, port: int = _PORT, seconds: float = 10, **options: Any) -> None:
        super().__init__(**options)
        self._host, self._port, self._seconds = host, port, seconds
        self._opened: Any = None

    @property
    def session(self) -> Any:
        """The session, signed in at first use."""
        if self._opened is None:
            from irods.session import iRODSSession

            named = os.environ.get("IRODS_ENVIRONMENT_FILE")
            environment = Path(named) if named else Path.home() / ".irods" / "irods_environment.json"
            if not environment.exists():
                raise PermissionError(f"nobody is signed in to iRODS: there is no {environment}; call iinit")
            opened = iRODSSession(irods_env_file=str(environment), host=self._host, port=self._port)
            opened.connection_timeout = self._seconds
            self._opened = opened
        return self._opened

    def close(self) -> None:
        """Sign out; the next question signs in anew."""
        if self._opened is not None:
            self._opened.cleanup()
            self._opened = None

    def info(self, path: str, **options: Any) -> dict[str, Any]:
        path = self._strip_protocol(path)
        with _translated(path):
            try:
                found = self.session.data_objects.get(path)
            except _MISSING:
                self.session.collections.get(path)
                return {"name": path, "size": 0, "type": "directory"}
            return {"name": path, "size": int(found.size), "type": "file"}

    def ls(self, path: str, detail: bool = True, **options: Any) -> list[Any]:
        path = self._strip_protocol(path)
        with _translated(path):
            try:
                collection = self.session.collections.get(path)
            except _MISSING:
                found = [self.info(path)]
            else:
                found = [{"name": one.path, "size": 0, "type": "directory"} for one in collection.subcollections]
                found += [{"name": one.path, "size": int(one.size), "type": "file"} for one in collection.data_objects]
        return found if detail else [one["name"] for one in found]

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **options: Any) -> bytes:
        path = self._strip_protocol(path)
        with _translated(path), self.session.data_objects.open(path, "r") as stream:
            size = int(self.info(path)["size"]) if _counted_from_the_end(start, end) else 0
            first = size + start if start is not None and start < 0 else start or 0
            last = size + end if end is not None and end < 0 else end
            stream.seek(max(first, 0))
            return bytes(stream.read() if last is None else stream.read(max(last - first, 0)))

    def _open(self, path: str, mode: str = "rb", **options: Any) -> Any:
        if mode == "wb":
            with _translated(path):
                return self.session.data_objects.open(self._strip_protocol(path), "w")
        options.pop("block_size", None)
        options.setdefault("size", self.info(path)["size"])
        return _IrodsFile(self, path, mode, **options)

    # What projects are archived with ------------------------------------------------------------

    def makedirs(self, path: str, exist_ok: bool = False) -> None:
        path = self._strip_protocol(path)
        with _translated(path):
            if not exist_ok and self.session.collections.exists(path):
                raise FileExistsError(path)
            self.session.collections.create(path, recurse=True)

    def rm_file(self, path: str) -> None:
        path = self._strip_protocol(path)
        with _translated(path):
            self.session.data_objects.unlink(path, force=True)

    def mv(self, path1: str, path2: str, **options: Any) -> None:
        """Give a collection another name at once."""
        with _translated(path1):
            self.session.collections.move(self._strip_protocol(path1), self._strip_protocol(path2))


class _IrodsFile(AbstractBufferedFile):  # type: ignore[misc]
    def _fetch_range(self, start: int, end: int) -> bytes:
        return bytes(self.fs.cat_file(self.path, start, end))


def _counted_from_the_end(start: int | None, end: int | None) -> bool:
    return any(one is not None and one < 0 for one in (start, end))


@contextmanager
def _translated(path: str) -> Iterator[None]:
    """Raise what iRODS says as the errors that every store has."""
    try:
        yield
    except _MISSING:
        raise FileNotFoundError(path) from None
    except _REFUSED as error:
        raise PermissionError(f"{path}: {type(error).__name__}") from error
    except (iRODSException, PycommandsException) as error:
        raise ConnectionError(f"{path}: {type(error).__name__} {error}") from error
