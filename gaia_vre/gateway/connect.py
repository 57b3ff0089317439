"""A Dask cluster from a notebook in one line."""

from __future__ import annotations

import gc
import os
import warnings
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import dask
from dask.utils import format_bytes
from dask_gateway import Gateway, GatewayCluster, GatewayWarning
from jinja2 import Environment, PackageLoader

from gaia_vre.core.errors import Conflict, GaiaError, InvalidInput, Unavailable
from gaia_vre.gateway.tls import guard_streams

LEASE_VARIABLE = "GAIA_VRE_LEASE"
"""Set in every lab: the lease of its server, whose account pays for what is started from there."""


@dataclass(frozen=True)
class Granted:
    """How many workers a cluster may have now, who pays, and why not more."""

    workers: int
    wanted: int
    message: str
    account: str
    kept: datetime | None


class GaiaCluster(GatewayCluster):  # type: ignore[misc]
    """A cluster on the gateway with a client in place: whatever Dask computes next runs on it."""

    client: Any = None
    _ipython_display_ = None  # the widget of the base class says less than the table below

    def granted(self) -> Granted:
        """Return how many workers this cluster may have now, who pays, and why it has no more."""
        return self._asked("GET", "grant")

    def keep(self, until: datetime | date | None) -> Granted:
        """Let this cluster run on when its lab has stopped; its account goes on paying.

        A cluster without work still stops. From now on ``close()`` only lets go of it, as the kernel's
        end does; ``close(shutdown=True)`` ends it.

        Parameters
        ----------
        until
            An instant or the last day, at most 30 days ahead, in this computer's time zone if it has none;
            None: end it with its lab again.

        Raises
        ------
        InvalidInput
            It is past or too far ahead.
        """
        if isinstance(until, date) and not isinstance(until, datetime):
            until = datetime.combine(until, time(23, 59, 59))
        told = self._asked("POST", "keep", {"until": until and until.astimezone().isoformat()})
        self.shutdown_on_close = until is None
        return told

    def _asked(self, method: str, what: str, body: dict[str, Any] | None = None) -> Granted:
        url = f"{self.gateway.address}/api/v1/gaia/clusters/{self.name}/{what}"

        async def ask() -> Any:
            return await (await self.gateway._request(method, url, json=body)).json()

        try:
            told = self.gateway.sync(ask)
        except ValueError as error:
            raise InvalidInput(str(error)) from error
        except Exception as error:
            raise Unavailable(f"The Dask gateway at {self.gateway.address} does not answer: {_told(error)}") from error
        kept = datetime.fromisoformat(told["kept"]) if told["kept"] else None
        return Granted(told["workers"], told["wanted"], told["message"], told["account"], kept)

    def close(self, shutdown: bool | None = None) -> None:
        """End the cluster; with ``shutdown=False`` only let go of it."""
        if self.status == "closed":
            return
        super().close(shutdown=shutdown)
        _forget_loop(self.gateway)

    def _totals(self) -> tuple[int, int, int]:
        workers = dict(self.scheduler_info.get("workers", {})).values()
        threads = sum(each["nthreads"] for each in workers)
        return len(workers), threads, sum(each["memory_limit"] or 0 for each in workers)

    def __repr__(self) -> str:
        workers, threads, memory = self._totals()
        if self.status != "running":
            return f"<cluster {self.name}: {self.status}>"
        told = self._known()
        more = "".join([f", paid by {told.account}" * bool(told.account), f"; {told.message}" * bool(told.message)])
        return f"<cluster {self.name}: {workers} workers, {threads} cores, {format_bytes(memory)}{more}>"

    def _repr_html_(self) -> str:
        workers, threads, memory = self._totals()
        told = self._known()
        rows = {
            "Status": self.status,
            "Workers": workers,
            "Cores": threads,
            "Memory": format_bytes(memory),
            "Paid by": told.account,
            "Kept until": told.kept and told.kept.astimezone().strftime("%d %B %Y, %H:%M"),
        }
        page = Environment(loader=PackageLoader("gaia_vre.gateway"), autoescape=True).get_template("cluster.html")
        shown = {name: value for name, value in rows.items() if value not in ("", None)}
        return page.render(name=self.name, rows=shown, link=self.dashboard_link, message=told.message)

    def _known(self, workers: int = 0) -> Granted:
        """Return what the gateway says; where it is silent, so many workers and nothing else: this must not fail."""
        try:
            return self.granted()
        except GaiaError:
            return Granted(workers, workers, "", "", None)


def cluster(  # noqa: PLR0913 - the choices of a cluster, all but the first by name
    workers: int = 2,
    *,
    cores: int | None = None,
    memory_gib: float | None = None,
    adaptive: tuple[int, int] | None = None,
    environment: str | None = None,
    account: str | None = None,
    timeout: float = 120,
) -> GaiaCluster:
    """Start a cluster and wait for its workers; what Dask computes from then on runs there.

    Parameters
    ----------
    workers
        Workers to start with.
    cores, memory_gib
        Cores and memory in GiB of each worker; default and limits are the gateway's.
    adaptive
        Fewest and most workers; their number then follows the work.
    environment
        Name of the environment of the workers; default: this notebook's.
    account
        Who pays, as `gaia.usage()` names it; default: whoever pays for this lab.
    timeout
        Seconds to wait for the workers.

    Returns
    -------
    GaiaCluster
        Ends with ``close()``, with the kernel, or when it has been idle for long. It has fewer
        workers where a limit leaves no room for all: a warning says which, and they come when it does.

    Raises
    ------
    InvalidInput
        A value is out of its bounds, you may not pay with this account, or a limit leaves no room at all.
    Unavailable
        The gateway does not answer, or no worker came in time.
    """
    fewest = _checked(workers if adaptive is None else adaptive[0])
    wanted = {
        "workers": fewest,
        "worker_cores": cores,
        "worker_memory_gib": memory_gib,
        "environment": environment,
        "account": account,
        "lease": os.environ.get(LEASE_VARIABLE) or None,
    }
    gateway = _gateway()
    name = _submit(gateway, {key: value for key, value in wanted.items() if value is not None})
    started = _connect(gateway, name)
    if adaptive is not None:
        started.adapt(minimum=_checked(adaptive[0]), maximum=_checked(adaptive[1]))
    started.client = started.get_client()
    granted = started._known(fewest)
    if granted.message:
        warnings.warn(granted.message, GatewayWarning, stacklevel=2)
    _wait(started, min(fewest, granted.workers), timeout)
    return started


def _checked(workers: Any) -> int:
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 0:
        raise InvalidInput(f"workers: {workers!r} asked, a whole number from 0 is needed")
    return workers


def _gateway() -> Gateway:
    if os.environ.get("GAIA_VRE_SANDBOX"):
        raise Unavailable("A sandbox has no Dask cluster: dask.distributed.LocalCluster uses its own cores")
    if not (dask.config.get("gateway.address", None) or os.environ.get("DASK_GATEWAY__ADDRESS")):
        raise Unavailable("No Dask gateway is known here: DASK_GATEWAY__ADDRESS is not set; in a lab it always is")
    guard_streams()
    return Gateway()


def _submit(gateway: Gateway, wanted: dict[str, Any]) -> str:
    """Ask for a cluster without a GatewayCluster in existence yet.

    A refused ``new_cluster`` leaves one behind, whose garbage collection in the loop's thread
    waits for that thread: the kernel hangs in the next call.
    """
    refusal: GaiaError
    try:
        name: str = gateway.submit(**wanted)
    except ValueError as error:
        refusal = InvalidInput(str(error))
    except Exception as error:
        refusal = Unavailable(f"The Dask gateway at {gateway.address} gives no cluster: {_told(error)}")
    else:
        return name
    _let_go(gateway)
    raise refusal  # outside of the handler: the library's traceback would keep its objects alive


def _connect(gateway: Gateway, name: str) -> GaiaCluster:
    try:
        return GaiaCluster.from_name(  # type: ignore[no-any-return]
            name,
            shutdown_on_close=True,
            address=gateway.address,
            proxy_address=gateway.proxy_address,
            public_address=gateway._public_address,
            auth=gateway.auth,
        )
    except Exception as error:
        failure = Conflict(f"Cluster {name} was accepted but did not start: {_told(error)}")
    finally:
        _let_go(gateway)
    gc.collect()
    raise failure


def _wait(started: GaiaCluster, workers: int, timeout: float) -> None:
    try:
        if workers:
            started.client.wait_for_workers(workers, timeout=timeout)
        return
    except TimeoutError:
        arrived = len(started.scheduler_info.get("workers", {}))
    started.close()
    raise Unavailable(f"{arrived} of {workers} workers came within {timeout:g} s; the cluster is closed")


def _let_go(gateway: Gateway) -> None:
    gateway.close()
    _forget_loop(gateway)
    gc.collect()  # here, in the caller's thread, never in the loop's


def _forget_loop(gateway: Gateway) -> None:
    """Keep a closed gateway from being closed once more by ``__del__``, which prints an error."""
    if hasattr(gateway, "_loop_runner"):
        del gateway._loop_runner


def _told(error: Exception) -> str:
    return str(error) or type(error).__name__
