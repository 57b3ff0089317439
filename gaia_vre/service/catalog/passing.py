"""Files of other archives that are had with a key: they pass through the service, which alone holds it.

Only what the catalog itself names is asked for, only at the hosts of the settings, and never
where an answer leads: a redirection is the reader's to follow, without the key.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import httpx2
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response, StreamingResponse

from gaia_vre.catalog.signing.hosts import host_of
from gaia_vre.core.errors import NotFound, Unavailable
from gaia_vre.service.catalog.linking import asset_hrefs

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from gaia_vre.catalog.signing.contract import Signed
    from gaia_vre.service.dependencies import Parts

_AT_ONCE = 32
_SECONDS = 30.0
_ASKED = ("range", "if-range", "if-none-match", "if-modified-since")
_TOLD = ("content-length", "content-range", "accept-ranges", "etag", "last-modified")
_PASSED = (200, 206, 304, 416)


class Passage:
    """Reads for others, some at once."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def serve(self, request: Request, dataset: str, finish: Callable[[Response], Awaitable[None]]) -> None:
        """Send an asset that the query names by `finish`; raises NotFound, and Unavailable when the archive fails."""
        name, signed = await run_in_threadpool(self._signed, request, dataset)
        if self._places.locked():
            raise Unavailable(f"{name}: {_AT_ONCE} files pass through the service already; try again in a moment")
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(self._places)
            # Whatever happens to the reader, the place is free and the archive let go afterwards.
            await finish(_passed(await self._asked(stack, request, name, signed), request.method, name))

    def _signed(self, request: Request, dataset: str) -> tuple[str, Signed]:
        query = request.query_params
        href = asset_hrefs(self._parts, dataset, query.get("item")).get(query.get("asset", ""))
        signer = self._parts.signers.of(href) if href else None
        if href is None or signer is None:
            raise NotFound(f"{dataset}: there is no asset {query.get('asset', '')[:100]!r} that passes through here")
        return signer.name, signer.sign(href, self._parts.clock())

    async def _asked(
        self, stack: contextlib.AsyncExitStack, request: Request, name: str, signed: Signed
    ) -> httpx2.Response:
        client = httpx2.AsyncClient(timeout=_SECONDS, follow_redirects=False, trust_env=False)
        headers = {key: request.headers[key] for key in _ASKED if key in request.headers}
        headers |= {**signed.headers, "Accept-Encoding": "identity"}
        try:
            await stack.enter_async_context(client)
            return await stack.enter_async_context(client.stream(request.method, signed.href, headers=headers))
        except httpx2.HTTPError as error:
            raise Unavailable(f"{name} does not answer ({type(error).__name__})") from error


def _passed(found: httpx2.Response, method: str, name: str) -> Response:
    if found.is_redirect:
        return _leading_on(found, name)
    _check(found, name)
    headers = {key: found.headers[key] for key in _TOLD if key in found.headers}
    if method == "HEAD" or found.status_code in (304, 416):
        return Response(status_code=found.status_code, headers=headers)
    return StreamingResponse(found.aiter_raw(), found.status_code, headers)


def _check(found: httpx2.Response, name: str) -> None:
    if found.status_code == 404:
        raise NotFound(f"{name}: the file is gone there")
    if found.status_code in (401, 403):
        raise Unavailable(f"{name} refuses the key of this service; the operators have to look")
    if found.status_code not in _PASSED:
        raise Unavailable(f"{name} could not give the file (status {found.status_code})")


def _leading_on(found: httpx2.Response, name: str) -> Response:
    target = str(found.url.join(found.headers.get("location", "")))
    if host_of(target) is None:
        raise Unavailable(f"{name} leads to an address that is none of HTTPS")
    return RedirectResponse(target, 307, {"Cache-Control": "no-store"})
