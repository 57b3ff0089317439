"""What admission must know of the clusters of a backend, and where it keeps what it was told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dask_gateway_server.backends.base import Backend

if TYPE_CHECKING:
    from collections.abc import Iterable


class Described(Backend):  # type: ignore[misc]
    """A backend that says of itself what `Leased` asks; a cluster is whatever the backend takes for one.

    Clusters have `name`, `username`, `options`, `config`, `start_time` and `stop_time`, as in dask-gateway.
    """

    def prepare(self, user: Any, options: dict[str, Any], config: Any) -> Any:
        """Return a cluster with its name that does not start yet."""
        raise NotImplementedError

    async def begin(self, cluster: Any) -> None:
        """Start a prepared cluster."""
        raise NotImplementedError

    def drop(self, cluster: Any) -> None:
        """Forget a prepared cluster that was refused."""
        raise NotImplementedError

    def give_up(self, cluster: Any) -> None:
        """Forget a prepared cluster whose lease may have been granted without our hearing of it."""
        raise NotImplementedError

    def find(self, name: str) -> Any | None:
        """Return a cluster by name."""
        raise NotImplementedError

    def known(self) -> Iterable[Any]:
        """Return every cluster that is kept, also ended ones."""
        raise NotImplementedError

    def active(self) -> Iterable[Any]:
        """Return the clusters that start, run or are about to end."""
        raise NotImplementedError

    def may_run(self, cluster: Any) -> bool:
        """Say whether nobody has asked for this cluster's end."""
        raise NotImplementedError

    def is_over(self, cluster: Any) -> bool:
        """Say whether a cluster has ended and nothing of it runs any more."""
        raise NotImplementedError

    def occupied(self, cluster: Any) -> int:
        """Return how many workers of a cluster run, start or close."""
        raise NotImplementedError

    def running(self, cluster: Any) -> int:
        """Return how many workers of a cluster run."""
        raise NotImplementedError

    def status(self, cluster: Any) -> Any:
        """Return the status of a cluster, as dask-gateway's API names it."""
        raise NotImplementedError

    def facts(self, cluster: Any) -> dict[str, Any] | None:
        """Return what was kept by `remember`."""
        raise NotImplementedError

    def remember(self, cluster: Any, facts: dict[str, Any]) -> None:
        """Keep this with the cluster, beyond the gateway's own life."""
        raise NotImplementedError
