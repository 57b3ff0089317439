"""Ask the service and the Dask gateway as the lab's owner, without blocking the lab."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from gaia_vre.core.errors import GaiaError, NotFound, Unavailable

SERVICE = "GAIA_VRE_URL"
GATEWAY = "DASK_GATEWAY__ADDRESS"
_TOKEN = "JUPYTERHUB_API_TOKEN"  # noqa: S105 - the name of a variable
_SECONDS = 10.0
_SOON_SECONDS = 2.0
_MOST_BYTES = 8 * 2**20


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    content: bytes
    media_type: str
    kept: str
    """Its Cache-Control."""

    def json(self) -> Any:
        """Return the JSON of a good answer; raises Unavailable for any other."""
        if self.status >= 400:
            raise Unavailable(f"It answered {self.status}")
        try:
            return json.loads(self.content)
        except ValueError as error:
            raise Unavailable("Its answer is no JSON") from error


async def ask_service(  # noqa: PLR0913, PLR0917 - each is a part of the question
    method: str, path: str, query: str = "", language: str = "", body: bytes | None = None, seconds: float = _SECONDS
) -> Answer:
    """Ask the service; `path` begins below its own address, `body` is JSON.

    Raises
    ------
    Unavailable
        There is no service here, or it does not answer in time.
    """
    address = _address(SERVICE, "The GAIA service")
    headers = {"Authorization": f"token {_token()}"} | ({"Accept-Language": language} if language else {})
    if body is not None:
        headers["Content-Type"] = "application/json"
    url = f"{address}/{path}" + (f"?{query}" if query else "")
    return await _fetch("The GAIA service", url, method, headers, seconds, body)


async def ask_gateway(path: str) -> Answer:
    """Ask the Dask gateway for something that is quick or not worth waiting for; raises Unavailable."""
    headers = {"Authorization": f"jupyterhub {_token()}"}
    url = _address(GATEWAY, "The Dask gateway") + path
    return await _fetch("The Dask gateway", url, "GET", headers, _SOON_SECONDS)


def word(name: str) -> str:
    """Return a name as one part of a path."""
    return quote(name, safe="")


def query_of(pairs: dict[str, list[bytes]]) -> str:
    """Return the arguments of a request as the query of another."""
    return urlencode([(name, value) for name, values in pairs.items() for value in values])


def refusal(error: GaiaError) -> tuple[int, dict[str, str]]:
    """Return status and body for an error, as the service writes its own."""
    return error.status, {"code": error.code, "detail": error.message}


def not_allowed(path: str) -> GaiaError:
    """Return the error for what is not on the list."""
    return NotFound(f"The panel does not ask {path[:120]!a} of the service")


async def _fetch(  # noqa: PLR0913, PLR0917 - each is a part of the question
    who: str, url: str, method: str, headers: dict[str, str], seconds: float, body: bytes | None = None
) -> Answer:
    from tornado.httpclient import HTTPRequest
    from tornado.simple_httpclient import SimpleAsyncHTTPClient

    client = SimpleAsyncHTTPClient(max_body_size=_MOST_BYTES)
    request = HTTPRequest(
        url,
        method,
        headers,
        body=body if body is not None or method != "POST" else b"",
        connect_timeout=seconds,
        request_timeout=seconds,
        follow_redirects=False,
    )
    try:
        found = await client.fetch(request, raise_error=False)
    except (OSError, ValueError) as error:
        raise Unavailable(f"{who} does not answer ({type(error).__name__})") from error
    if found.code == 599:
        raise Unavailable(f"{who} does not answer ({found.error})")
    media_type = found.headers.get("Content-Type", "application/octet-stream")
    return Answer(found.code, found.body or b"", media_type, found.headers.get("Cache-Control", "no-store"))


def _address(variable: str, who: str) -> str:
    address = os.environ.get(variable, "").rstrip("/")
    if not address:
        raise Unavailable(f"{who} is not known here: {variable} is not set")
    return address


def _token() -> str:
    return os.environ.get(_TOKEN, "")
