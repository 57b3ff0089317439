"""How much one user may hold at a time; Dask Gateway itself knows only limits of a cluster."""

from __future__ import annotations

from typing import Any

from dask_gateway_server.backends.base import PublicException
from traitlets import Integer

from gaia_vre.gateway.described import Described


class Limits(Described):
    """Refuse what is over the limits in force, also for clusters that started under others."""

    user_clusters_limit = Integer(4, min=1, help="Most clusters of one user at a time.", config=True)
    cluster_workers_limit = Integer(40, min=1, help="Most workers of one cluster.", config=True)

    async def start_cluster(self, user: Any, cluster_options: dict[str, Any]) -> str:
        running = [cluster for cluster in self.active() if cluster.username == user.name]
        if len(running) >= self.user_clusters_limit:
            names = ", ".join(cluster.name for cluster in running)
            raise PublicException(
                f"{len(running)} clusters of {user.name} are running and at most {self.user_clusters_limit} may: "
                f"close one first ({names})"
            )
        name: str = await super().start_cluster(user, cluster_options)
        return name

    async def on_cluster_heartbeat(self, cluster_name: str, msg: dict[str, Any]) -> None:
        # The one place where scale, adapt and whatever a user's scheduler claims become workers.
        msg["count"] = max(0, min(int(msg["count"]), self.cluster_workers_limit))
        await super().on_cluster_heartbeat(cluster_name, msg)
