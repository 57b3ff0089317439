"""One file system of fsspec for each kind of address, none of which waits for ever."""

from __future__ import annotations

import asyncio
import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from gaia_vre.catalog.sites import Place


def store_of(place: Place) -> tuple[Any, str]:
    """Return the file system that answers at a place, and the asset's path in it."""
    return _STORES[place.scheme](place)


def join(root: str, path: str) -> str:
    """Return the path of a part of an asset; a signature in the query stays at the end."""
    if not path:
        return root
    root, mark, query = root.partition("?") if root.startswith(("http://", "https://")) else (root, "", "")
    return f"{root.rstrip('/')}/{path}{mark}{query}"


def failures() -> tuple[type[BaseException], ...]:
    """Return the errors by which stores say that they cannot be read just now."""
    import aiohttp
    from fsspec.exceptions import FSTimeoutError

    # ValueError: fsspec's word for an HTTP server that cuts an answer or knows no ranges.
    kinds: tuple[type[BaseException], ...] = (OSError, asyncio.TimeoutError, FSTimeoutError, aiohttp.ClientError)
    return (*kinds, ValueError, *_amazon_failures())


def _amazon_failures() -> tuple[type[BaseException], ...]:
    import sys

    if "botocore" not in sys.modules:
        return ()
    from botocore.exceptions import BotoCoreError, ClientError

    return (BotoCoreError, ClientError)


def spoken_failure(error: BaseException, seconds: float) -> str:
    """Return why a place could not be read, without secrets, in a person's words."""
    if isinstance(error, FileNotFoundError) and error.__cause__ is not None:
        error = error.__cause__  # fsspec says of any answer but a good one that there is no such file
    status = getattr(error, "status", None)
    kind = type(error).__name__
    if isinstance(error, FileNotFoundError) or status in (404, 410):
        return "is gone there"
    if isinstance(error, PermissionError) or status in (401, 403) or kind == "NoCredentialsError":
        said = "" if status else _first_line(error)
        return "refuses the keys or has none of yours" + (f" ({said})" if said else "")
    if isinstance(error, TimeoutError | asyncio.TimeoutError) or "Timeout" in kind:
        return f"does not answer within {seconds:g} s"
    if isinstance(error, ConnectionError) or "Connect" in kind or "Disconnected" in kind:
        return "does not answer"
    return f"fails with status {status}" if status else f"fails ({kind}: {_first_line(error)})"


def _first_line(error: BaseException) -> str:
    lines = str(error).partition("?")[0].splitlines()
    return lines[0][:160] if lines else ""


def _on_disk(place: Place) -> tuple[Any, str]:
    from fsspec.implementations.local import LocalFileSystem

    return LocalFileSystem(), place.href.removeprefix("file://")


def _over_http(place: Place) -> tuple[Any, str]:
    import aiohttp
    from fsspec.implementations.http import HTTPFileSystem

    limits = aiohttp.ClientTimeout(total=None, sock_connect=place.seconds, sock_read=place.seconds)
    # Signed addresses carry percent signs that must not be written anew.
    return HTTPFileSystem(encoded=True, client_kwargs={"timeout": limits}), place.href


def _amazon(place: Place) -> tuple[Any, str]:
    from s3fs import S3FileSystem

    limits = {"connect_timeout": place.seconds, "read_timeout": place.seconds, "retries": {"max_attempts": 1}}
    files = S3FileSystem(
        anon=not _has_keys(_state_of_keys()),
        endpoint_url=place.s3_endpoint,
        config_kwargs=limits,
        skip_instance_cache=True,  # keys may have come since
    )
    files.retries = 1  # the next site is asked instead
    return files, place.href.removeprefix("s3://")


@functools.lru_cache(maxsize=4)
def _has_keys(_: Any) -> bool:
    """Tell whether the usual chain (environment, ~/.aws, role of the machine) has keys; without, ask as anybody."""
    from botocore.session import Session

    return Session().get_credentials() is not None


def _state_of_keys() -> tuple[Any, ...]:
    """Return what changes when a person gets keys; to look for them may take a second."""
    named = os.environ.get("AWS_SHARED_CREDENTIALS_FILE")
    file = Path(named) if named else Path.home() / ".aws" / "credentials"
    variables = sorted((name, value) for name, value in os.environ.items() if name.startswith("AWS_"))
    return (*variables, file.stat().st_mtime_ns if file.exists() else None)


def _grid(place: Place) -> tuple[Any, str]:
    from gaia_vre.catalog.irods import IrodsFileSystem

    address = urlsplit(place.href)
    return IrodsFileSystem(address.hostname or "", address.port or 1247, seconds=place.seconds), address.path


def _linked(place: Place) -> tuple[Any, str]:
    import fsspec

    return fsspec.filesystem(place.scheme), place.href


_STORES = {"file": _on_disk, "http": _over_http, "https": _over_http, "s3": _amazon, "irods": _grid, "gaia": _linked}
