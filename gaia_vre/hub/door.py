"""How the hub asks the service: never for longer than two seconds, and never blocking."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2

from gaia_vre.client import refusal
from gaia_vre.core.errors import Unavailable

PATIENCE_SECONDS = 2.0


class Door:
    """The service's API for one event loop; its connections are kept open.

    Parameters
    ----------
    url
        Address of the service with its path.
    token
        The token of the service itself, with which it takes the hub's word.
    """

    def __init__(self, url: str, token: str, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._url, self._token, self._transport = f"{url}/api", token, transport
        self._http: httpx2.AsyncClient | None = None

    async def ask(self, method: str, path: str, body: Any = None, query: dict[str, Any] | None = None) -> Any:
        """Return the answer, or raise the error that the service raised.

        Raises
        ------
        Unavailable
            It did not answer in time.
        """
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                answer = await self._client().request(method, path, json=body, params=query)
        except (httpx2.HTTPError, TimeoutError) as error:
            raise Unavailable(f"The service does not answer ({type(error).__name__})") from error
        if answer.status_code >= 400:
            raise refusal(answer)
        return answer.json() if answer.content else None

    def _client(self) -> httpx2.AsyncClient:
        if self._http is None:
            self._http = httpx2.AsyncClient(
                base_url=self._url,
                headers={"Authorization": f"token {self._token}"},
                timeout=PATIENCE_SECONDS,
                transport=self._transport,
                trust_env=False,
            )
        return self._http
