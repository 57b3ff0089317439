"""Call the service as a program does: the same errors that the service raised come out."""

from __future__ import annotations

import os
from typing import Any, Self

import httpx2

from gaia_vre.core.errors import ERRORS, GaiaError, NotSignedIn, Unavailable

_SECONDS = 10.0


class ServiceClient:
    """The service at /services/gaia.

    Parameters
    ----------
    url
        Its address, path included; default ``GAIA_VRE_URL``, which every lab has.
    token
        A hub token; default ``JUPYTERHUB_API_TOKEN``, the lab's own.

    Raises
    ------
    NotSignedIn
        No address or no token is given or set.
    """

    def __init__(
        self, url: str | None = None, token: str | None = None, transport: httpx2.BaseTransport | None = None
    ) -> None:
        url = url or os.environ.get("GAIA_VRE_URL")
        token = token or os.environ.get("JUPYTERHUB_API_TOKEN")
        if not url or not token:
            raise NotSignedIn("The service is known inside a lab only: give its url and a hub token elsewhere")
        headers = {"Authorization": f"token {token}"}
        self._http = httpx2.Client(base_url=f"{url}/api", headers=headers, timeout=_SECONDS, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def me(self) -> dict[str, Any]:
        """Return ``name``, ``kind`` and ``admin`` of the token's owner."""
        found: dict[str, Any] = self._ask("GET", "/me")
        return found

    def servers(self) -> list[dict[str, Any]]:
        """Return my servers that run, start or stop."""
        found: list[dict[str, Any]] = self._ask("GET", "/servers")
        return found

    def clusters(self) -> list[dict[str, Any]]:
        """Return my Dask clusters."""
        found: list[dict[str, Any]] = self._ask("GET", "/clusters")
        return found

    def stop_cluster(self, name: str) -> None:
        """Stop a Dask cluster of mine."""
        self._ask("DELETE", f"/clusters/{name}")

    def endings(self) -> list[dict[str, Any]]:
        """Return what of mine ended lately, and why."""
        found: list[dict[str, Any]] = self._ask("GET", "/endings")
        return found

    def _ask(self, method: str, path: str) -> Any:
        try:
            answer = self._http.request(method, path)
        except httpx2.HTTPError as error:
            raise Unavailable(f"The service does not answer ({type(error).__name__}); try again in a moment") from error
        if answer.status_code >= 400:
            raise _raised(answer)
        return answer.json() if answer.content else None


def _raised(answer: httpx2.Response) -> GaiaError:
    try:
        told = answer.json()
        return ERRORS.get(told["code"], GaiaError)(told["detail"])
    except (ValueError, KeyError, TypeError):
        return Unavailable(f"The service answered {answer.status_code} without a reason")
