"""What the service asks the Dask gateway."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2

from gaia_vre.core.errors import InvalidInput, NotAllowed, NotFound, Unavailable

_SECONDS = 5.0


@dataclass(frozen=True)
class Cluster:
    """A Dask cluster, as the gateway knows it."""

    username: str
    name: str
    status: str
    started: datetime
    workers: int
    worker_cores: float
    worker_memory_gib: float
    scheduler_cores: float = 1
    scheduler_memory_gib: float = 2
    account: str | None = None
    """Who pays, or is asked to."""
    parent: str | None = None
    """Lease of the lab that it says it was started from."""
    kept: datetime | None = None
    """Until when it runs on without the lab that it was started from."""

    @property
    def lease(self) -> str:
        """What it has reserved."""
        return f"c-{self.name.rpartition('.')[2]}"


class Gateway:
    """The gateway's API, asked as the service: it sees the clusters of everybody."""

    def __init__(self, url: str, token: str, transport: httpx2.BaseTransport | None = None) -> None:
        headers = {"Authorization": f"jupyterhub {token}"}
        self._http = httpx2.Client(
            base_url=url, headers=headers, timeout=_SECONDS, transport=transport, trust_env=False
        )

    def close(self) -> None:
        self._http.close()

    def clusters(self) -> list[Cluster]:
        """Return the clusters that run or start, of everybody."""
        return [_cluster(entry) for entry in self._ask("GET", "/api/v1/gaia/clusters").json()]

    def stop(self, name: str) -> None:
        """End a cluster; whose it is has been checked."""
        self._ask("DELETE", f"/api/v1/gaia/clusters/{name}")

    def _ask(self, method: str, path: str) -> httpx2.Response:
        try:
            answer = self._http.request(method, path)
        except httpx2.HTTPError as error:
            raise Unavailable(f"The Dask gateway does not answer ({type(error).__name__})") from error
        if answer.status_code >= 500:
            raise Unavailable(f"The Dask gateway cannot do this now ({answer.status_code})")
        if answer.status_code >= 400:
            refusal = {404: NotFound, 401: NotAllowed, 403: NotAllowed}.get(answer.status_code, InvalidInput)
            raise refusal(f"The Dask gateway refuses: {answer.reason_phrase}")
        return answer


def _cluster(entry: dict[str, Any]) -> Cluster:
    return Cluster(
        username=str(entry["username"]),
        name=str(entry["name"]),
        status=str(entry["status"]),
        started=datetime.fromtimestamp(float(entry["started"]), UTC),
        workers=int(entry["workers"]),
        worker_cores=float(entry["worker_cores"]),
        worker_memory_gib=float(entry["worker_memory_gib"]),
        scheduler_cores=float(entry.get("scheduler_cores", 1)),
        scheduler_memory_gib=float(entry.get("scheduler_memory_gib", 2)),
        account=entry.get("account") or None,
        parent=entry.get("parent") or None,
        kept=datetime.fromisoformat(entry["kept"]) if entry.get("kept") else None,
    )
