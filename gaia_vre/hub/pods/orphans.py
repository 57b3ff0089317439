"""End pods of labs that the hub no longer knows, as after a kill while they started."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from jupyterhub.app import JupyterHub
from kubernetes_asyncio.client.rest import ApiException
from kubespawner import KubeSpawner
from kubespawner.clients import load_config, shared_client

from gaia_vre.core.pods import KIND, SERVER_KINDS
from gaia_vre.hub.pods.refused import message_of
from gaia_vre.hub.pods.watching import look_again

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from traitlets.config import Config

_FIRST_LOOK_SECONDS = 20.0
_LOOK_SECONDS = 30.0
_YOUNG = timedelta(seconds=10)
"""A pod is there a moment before the hub remembers under which name it asked for it."""
_tasks: set[asyncio.Task[None]] = set()
log = logging.getLogger(__name__)


def watch_for_orphans(namespace: str, labels: Mapping[str, str]) -> None:
    """Look for orphans in a namespace from time to time for as long as this hub runs.

    Parameters
    ----------
    labels
        Labels that every pod of this release's labs has: another release may have labs in the same namespace.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return  # read by a test of the configuration, there is nothing to watch
    task = loop.create_task(_watch(namespace, ",".join(f"{name}={value}" for name, value in labels.items())))
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


async def _watch(namespace: str, selector: str) -> None:
    await asyncio.sleep(_FIRST_LOOK_SECONDS)
    while True:
        try:
            # The client is made once and shared with the spawners: made before, it would know no address.
            load_config()
            # With no lab that is polled nobody else would notice.
            for reflector in list(KubeSpawner.reflectors.values()):
                await look_again(reflector)
            await end_orphans(
                shared_client("CoreV1Api"), namespace, selector, lambda: known_pods(JupyterHub.instance())
            )
        except ApiException as error:
            log.warning("Looking for orphaned pods in %s is refused: %s", namespace, message_of(error))
        except Exception:
            log.exception("Looking for orphaned pods failed; the next look is in %.0f s", _LOOK_SECONDS)
        await asyncio.sleep(_LOOK_SECONDS)


def _client(config: Config) -> Any:
    """Return the client that the spawners share; whoever is first must say where the API server is."""
    given = {name: config["KubeSpawner"].get(f"k8s_api_{name}") for name in ("host", "ssl_ca_cert", "verify_ssl")}
    load_config(**given)
    return shared_client("CoreV1Api")


async def end_orphans(api: Any, namespace: str, selector: str, known: Any) -> list[str]:
    """End the pods of labs that are not among the known ones, and return their names."""
    kinds = f"{KIND} in ({', '.join(SERVER_KINDS.values())})"
    found = await api.list_namespaced_pod(namespace, label_selector=f"{kinds},{selector}".rstrip(","))
    # Asked after the look at the pods: a lab started meanwhile is not among them.
    orphans = strangers(found.items, known(), datetime.now(UTC))
    for name in orphans:
        log.warning("Ending pod %s, which the hub does not know", name)
        try:
            await api.delete_namespaced_pod(name, namespace)
        except ApiException as error:
            if error.status != 404:
                raise
    return orphans


def strangers(pods: Collection[Any], known: Collection[str], now: datetime) -> list[str]:
    """Return the names of pods that nobody knows and that are neither young nor ending already."""
    return [
        pod.metadata.name
        for pod in pods
        if pod.metadata.name not in known
        and pod.metadata.deletion_timestamp is None
        and now - pod.metadata.creation_timestamp >= _YOUNG
    ]


def known_pods(app: Any) -> set[str]:
    """Return the names of the pods of all servers that the hub runs, starts or stops now."""
    spawners = [spawner for user in list(app.users.values()) for spawner in list(user.spawners.values())]
    return {spawner.pod_name for spawner in spawners if spawner.active or spawner.pending}
