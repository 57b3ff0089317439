"""Stop Dask clusters whose lab has ended, unless somebody keeps them."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from gaia_vre.core.errors import GaiaError
from gaia_vre.quotas.parents import parents_ended
from gaia_vre.service.model import Thing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Engine

    from gaia_vre.service.gateway import Cluster, Gateway
    from gaia_vre.service.store import Store

log = logging.getLogger(__name__)

PATIENCE = timedelta(minutes=10)
"""How long a cluster waits for its owner to come back."""


def abandoned(clusters: Iterable[Cluster], ended: Mapping[str, datetime], now: datetime) -> list[Cluster]:
    """Return the clusters that nobody keeps and whose lab ended too long ago.

    Parameters
    ----------
    ended
        When the lab ended, by lease of the cluster; clusters of labs that run are not in it.
    """
    return [
        each
        for each in clusters
        if each.lease in ended and now - ended[each.lease] >= PATIENCE and (each.kept is None or each.kept <= now)
    ]


def end_abandoned(engine: Engine, gateway: Gateway, store: Store, clusters: Sequence[Cluster], now: datetime) -> int:
    """Stop those of these clusters that are abandoned, and record why; return how many were."""
    ended = parents_ended(engine, [each.lease for each in clusters]) if clusters else {}
    stopped = 0
    for cluster in abandoned(clusters, ended, now):
        log.info("Dask cluster %s of %s has outlived its lab and is stopped", cluster.name, cluster.username)
        try:
            gateway.stop(cluster.name)
        except GaiaError as error:
            log.warning("It could not be stopped: %s", error.message)
            continue
        thing = Thing("cluster", cluster.username, cluster.name)
        stopped += store.end(thing, "abandoned", now)
    return stopped
