"""Addresses where bags are written: a folder, ``s3://``, ``webdavs://``, ``irods://``.

Who signs in is told by the environment, never by an address: the usual variables and files of AWS and iRODS,
``WEBDAV_USERNAME`` and ``WEBDAV_PASSWORD``.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from gaia_vre.bundles.sinks import FolderSink, StoreSink
from gaia_vre.core.errors import InvalidInput, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gaia_vre.bundles.sinks import Sink

_SECONDS = 30


def check_address(address: str) -> str:
    """Return an address; raises InvalidInput for one that is none, or holds a password."""
    parts = urlsplit(address)
    if not parts.scheme and address:
        return address
    if parts.scheme not in _STORES and parts.scheme != "file":
        known = ", ".join(f"{one}://" for one in _STORES)
        raise InvalidInput(f"{parts.scheme[:40]!a} is no place for a bag: give a folder, or one of {known}")
    if parts.username or parts.password or "@" in parts.netloc:
        raise InvalidInput(f"The address of {parts.hostname} holds a name or password: set them in the environment")
    nameless = parts.scheme == "irods" and not parts.path.strip("/")
    if nameless or not (parts.netloc or parts.scheme == "file"):
        raise InvalidInput(f"{address[:80]!a} names no place")
    return address


@contextmanager
def sink_at(address: str, name: str, s3_endpoint: str | None = None) -> Iterator[Sink]:
    """Give the place of a bag for a while; what its store says is raised as ours.

    Parameters
    ----------
    s3_endpoint
        Address of the S3 service; None: what the environment says, else Amazon's own.

    Raises
    ------
    InvalidInput
        The address is none of ours.
    Conflict
        A bag of this name is there already.
    Unavailable
        The store does not answer, is full, or refuses.
    """
    parts = urlsplit(check_address(address))
    with ExitStack() as stack:
        stack.enter_context(_failing(address))
        if parts.scheme in _STORES:
            files, root, renames, ends = _STORES[parts.scheme](parts, s3_endpoint)
            stack.callback(ends)
            yield StoreSink(files, root, name, shown=address, renames=renames)
        else:
            yield FolderSink(Path(address.removeprefix("file://")).expanduser().absolute(), name)


@contextmanager
def _failing(where: str) -> Iterator[None]:
    """Raise what a store says as Unavailable, without secrets."""
    from httpx import HTTPError
    from webdav4.client import ClientError

    from gaia_vre.catalog.stores import failures, spoken_failure

    try:
        yield
    except (*failures(), HTTPError, ClientError) as error:
        raise Unavailable(f"{where} {spoken_failure(error, _SECONDS)}") from error


def _amazon(parts: SplitResult, endpoint: str | None) -> _Opened:
    from fsspec.asyn import sync
    from s3fs import S3FileSystem

    endpoint = endpoint or os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    limits = {"connect_timeout": _SECONDS, "read_timeout": _SECONDS}
    files = S3FileSystem(
        endpoint_url=endpoint, config_kwargs=limits, skip_instance_cache=True, use_listings_cache=False
    )

    async def end() -> None:
        if files._s3 is not None:  # made at the first request
            await files._s3.close()

    return files, f"{parts.netloc}{parts.path}", False, lambda: sync(files.loop, end)


def _webdav(parts: SplitResult, _: str | None) -> _Opened:
    from webdav4.fsspec import WebdavFileSystem

    user, password = os.environ.get("WEBDAV_USERNAME"), os.environ.get("WEBDAV_PASSWORD")
    scheme = "https" if parts.scheme in ("webdavs", "davs") else "http"
    auth = (user, password or "") if user else None
    files = WebdavFileSystem(f"{scheme}://{parts.netloc}", auth=auth, timeout=_SECONDS, skip_instance_cache=True)
    return files, parts.path.strip("/"), True, files.client.http.close


def _grid(parts: SplitResult, _: str | None) -> _Opened:
    from gaia_vre.catalog.irods import IrodsFileSystem

    files = IrodsFileSystem(parts.hostname or "", parts.port or 1247, seconds=_SECONDS, skip_instance_cache=True)
    return files, parts.path, True, files.close


_Opened = tuple[Any, str, bool, "Callable[[], object]"]
"""A file system, the path in it, whether it renames at once, and what lets its connections go."""
_STORES: dict[str, Callable[[SplitResult, str | None], _Opened]] = {
    "s3": _amazon,
    "webdav": _webdav,
    "webdavs": _webdav,
    "dav": _webdav,
    "davs": _webdav,
    "irods": _grid,
}
