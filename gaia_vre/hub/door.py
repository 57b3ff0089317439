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
        # Made at once: reading the certificates takes the first client 50 ms, which would hold the hub up.
        self._http = httpx2.AsyncClient(
            base_url=f"{url}/api",
            headers={"Authorization": f"token {token}"},
            timeout=PATIENCE_SECONDS,
            transport=transport,
            trust_env=False,
        )

    async def ask(self, method: str, path: str, body: Any = None, query: dict[str, Any] | None = None) -> Any:
        """Return the answer, or raise the error that the service raised.

        Raises
        ------
        Unavailable
            It did not answer in time.
        """
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                answer = await self._http.request(method, path, json=body, params=query)
        except (httpx2.HTTPError, TimeoutError) as error:
            raise Unavailable(f"The service does not answer ({type(error).__name__})") from error
        if answer.status_code >= 400:
            raise refusal(answer)
        return answer.json() if answer.content else None
