"""Ask the service how much a cluster may hold: one short request for each start, growth and end."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import httpx2

from gaia_vre.client import refusal
from gaia_vre.core.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gaia_vre.gateway.grants import Sizes

# A service that cannot be reached is silent at once. One that decides gets time: its database may wait for
# its disk, and a cluster that started meanwhile would run on what was refused a moment later.
_SECONDS = httpx2.Timeout(10.0, connect=2.0)


@dataclass(frozen=True)
class Request:
    """What a new cluster asks to hold."""

    cluster: str
    username: str
    groups: Sequence[str] | None
    """None: those that were told last."""
    sizes: Sizes
    workers: int
    account: str = ""
    """Who is to pay; empty: whoever pays for the parent, else the person."""
    parent: str = ""
    """Lease of the server that it is started from."""
    runs_for: float | None = None
    """Seconds for which it has run already: it is reserved whether it fits or not."""

    @property
    def body(self) -> dict[str, Any]:
        chosen = {"account": self.account, "parent": self.parent}
        groups = None if self.groups is None else sorted(self.groups)
        return {
            "id": lease_of(self.cluster),
            "kind": "cluster",
            "username": self.username,
            "groups": groups,
            "thing": self.cluster,
            **asdict(self.sizes.base),
            "gpus": 0,
            "workers": {"count": self.workers, **asdict(self.sizes.each)},
            "forced": self.runs_for is not None,
            "seconds_ago": self.runs_for or 0,
            **{name: value for name, value in chosen.items() if value},
        }


@dataclass(frozen=True)
class Answer:
    """How many workers the service lets a cluster have, and why not more."""

    granted: int
    message: str = ""
    account: str = ""


class Admission:
    """The service's leases, asked as the gateway.

    Every method raises the service's own error, or `Unavailable` when it is not reached in 2 s or silent for 10 s.
    """

    def __init__(self, url: str, token: str, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._http = httpx2.AsyncClient(
            base_url=f"{url.rstrip('/')}/api/quotas",
            headers={"Authorization": f"token {token}"},
            timeout=_SECONDS,
            transport=transport,
            trust_env=False,
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def reserve(self, request: Request) -> Answer:
        """Ask for a new cluster's lease; asked again, the same lease is the answer."""
        return await self._ask("POST", "/leases", request.body)

    async def resize(self, cluster: str, sizes: Sizes, workers: int) -> Answer:
        """Ask for so many workers; fewer than it has give the rest back."""
        body = {"base": asdict(sizes.base), "each": asdict(sizes.each), "count": workers}
        return await self._ask("POST", f"/leases/{lease_of(cluster)}/resize", body)

    async def release(self, cluster: str, seconds_ago: float = 0, *, ran: bool = True) -> None:
        """Tell that a cluster has ended; what never ran costs nothing."""
        query = f"seconds_ago={seconds_ago:.0f}&ran={str(ran).lower()}"
        await self._ask("DELETE", f"/leases/{lease_of(cluster)}?{query}")

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
        try:
            answer = await self._http.request(method, path, json=body)
        except httpx2.HTTPError as error:
            raise Unavailable(f"The service does not answer ({type(error).__name__})") from error
        if answer.status_code >= 500:
            raise Unavailable(refusal(answer).message)
        if answer.status_code >= 400:
            raise refusal(answer)
        if answer.status_code >= 300:
            raise Unavailable(f"The service answered {answer.status_code}, which leads elsewhere")
        try:
            told = answer.json()
            granted = told.get("granted_workers", told.get("granted", 0))
            return Answer(int(granted), str(told.get("message", "")), str(told.get("account", "")))
        except (ValueError, TypeError, AttributeError) as error:
            raise Unavailable(f"The service answered {answer.status_code} with something else") from error


def lease_of(cluster: str) -> str:
    """Return the id of a cluster's lease; on Kubernetes names begin with a namespace, which may be long."""
    return f"c-{cluster.rpartition('.')[2]}"
