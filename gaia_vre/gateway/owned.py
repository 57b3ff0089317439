"""What the API says about a cluster, to its owner only."""

from __future__ import annotations

from typing import Any

from dask_gateway_server.models import Cluster

from gaia_vre.gateway.dashboard import dashboard_route


class OwnedCluster(Cluster):  # type: ignore[misc]
    """A cluster as its owner sees it: the dashboard's link holds a secret."""

    def to_dict(self, full: bool = True) -> dict[str, Any]:
        described: dict[str, Any] = super().to_dict(full)
        if described["dashboard_route"]:
            described["dashboard_route"] = dashboard_route(self.name, self.token)
        return described


def owned(model: Any) -> Any:
    """Return the same cluster as its owner sees it."""
    if model is not None:
        model.__class__ = OwnedCluster
    return model
