"""Let clusters start and grow only by what the service grants; independent of what runs them.

A cluster's lease is asked for before it starts, and every growth before workers start: a
scheduler's heartbeat is the one place where scale, adapt and whatever a user's scheduler claims
become workers. The same request is made again with the first heartbeat after 20 s, so that lower
limits reach what runs within a minute. The answers are kept with the cluster: a gateway that is
killed goes on from there.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dask_gateway_server.backends.base import PublicException
from traitlets import Float, Unicode

from gaia_vre.core.errors import Conflict, DoesNotFit, GaiaError, InvalidInput, NotFound, Unavailable
from gaia_vre.gateway.admission import Admission, Answer, Request
from gaia_vre.gateway.described import Described
from gaia_vre.gateway.grants import Grant, Sizes, Wish, emergency_workers

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

_RELEASE_SECONDS = 0.5
_SILENT_SECONDS = 5.0
_ENDING_SECONDS = 10.0
_TELL_SECONDS = 0.3
_WEEK_SECONDS = 7 * 86400.0


class Leased(Described):
    """Admission for any backend that says of itself what `Described` asks."""

    service_url = Unicode(help="Address of the service that grants leases, with its path.", config=True)
    service_token = Unicode(help="The gateway's own token of the hub.", config=True)
    emergency_cores = Float(
        4, min=0, help="Cores that one user's clusters may start on while the service is silent.", config=True
    )
    ask_period = Float(
        20, min=0, help="Seconds after which the same number of workers is asked for again; a third where some wait."
    ).tag(config=True)

    async def setup(self, app: Any) -> None:
        self.open_admission(Admission(self.service_url, self.service_token))
        await super().setup(app)
        self._do(self._release_loop)

    async def cleanup(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await super().cleanup()
        await self.release_ended()
        await self.admission.close()

    def open_admission(self, admission: Admission) -> None:
        """Take this as the way to the service."""
        self.admission = admission
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._asked: dict[str, tuple[float, int]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._undecided: set[str] = set()
        """Clusters that the service has been asked for and has not spoken of yet."""
        self._freed = asyncio.Event()
        """Some cluster has given back what it held."""

    def grant(self, cluster: Any) -> Grant:
        """Return what a cluster was granted."""
        return Grant.load(self.facts(cluster))

    def decided(self) -> list[Any]:
        """Return the clusters that start, run or are about to end.

        Not those that the service is still being asked for: it would charge them as running without
        a lease, and nothing gives that back when they are refused a moment later.
        """
        return [each for each in self.active() if each.name not in self._undecided]

    def message(self, cluster: Any) -> str:
        """Return why a cluster has fewer workers than it wants; nothing if it has not."""
        return self.grant(cluster).message

    async def start_cluster(self, user: Any, cluster_options: dict[str, Any]) -> str:
        options, config = await self.process_cluster_options(user, cluster_options)
        cluster = self.prepare(user, options, config)
        workers = int(options.get("workers", 0))
        # A lab's token does not tell its owner's groups: none is no word about them.
        groups = user.groups or None
        self._undecided.add(cluster.name)
        try:
            answer = await self._reserved(_request(cluster, groups, workers))
            grant = Grant(account=answer.account).answered(answer.granted, workers, answer.message)
        except Unavailable as silence:
            grant = self._emergency(cluster, workers, silence)
        except GaiaError as refusal:
            self.drop(cluster)
            raise PublicException(refusal.message) from refusal
        except BaseException:
            self.give_up(cluster)
            raise
        finally:
            self._undecided.discard(cluster.name)
        self._note(cluster, grant, workers)
        await self.begin(cluster)
        return str(cluster.name)

    async def on_cluster_heartbeat(self, cluster_name: str, msg: dict[str, Any]) -> None:
        cluster = self.find(cluster_name)
        if cluster is not None and self.may_run(cluster):
            asked, running = int(msg["count"]), len(msg["active_workers"])
            wanted = self.grant(cluster).wanting(asked)
            claimed = running + len(msg["closing_workers"])  # by whatever runs there as a scheduler
            occupied = max(self.occupied(cluster), min(claimed, cluster.config.cluster_max_workers or claimed))
            grant = await self._agreed(cluster, wanted, occupied)
            self._keep(cluster, grant := replace(grant, ran=True))
            msg["count"] = min(asked, grant.granted)
            self._follow(cluster, grant, asked, running)
        await super().on_cluster_heartbeat(cluster_name, msg)

    async def forward_message_to_scheduler(self, cluster: Any, msg: dict[str, Any]) -> None:
        """Note what the user wishes; a number is asked for at once, so that the answer can say what was granted."""
        held = self.find(cluster.name)
        if held is not None and self.may_run(held):
            wish = _wish(msg)
            self._keep(held, replace(self.grant(held), wish=wish, told=None))
            at_least = (wish.least if wish.adaptive else wish.most) if wish else None
            if at_least is not None:
                await self._agreed(held, at_least, self.occupied(held))
        await super().forward_message_to_scheduler(cluster, msg)

    def keep_until(self, cluster: Any, until: str | None) -> None:
        """Let a cluster run on without the server that it was started from."""
        self._keep(cluster, replace(self.grant(cluster), kept=until))

    async def release_ended(self) -> bool:
        """Give back what ended clusters held; say whether the service heard all of it."""
        for cluster in list(self.known()):
            grant = self.grant(cluster)
            if not grant.live or not self.is_over(cluster):
                continue
            try:
                await self.admission.release(cluster.name, _ago(cluster.stop_time), ran=grant.ran)
            except GaiaError as error:
                self.log.warning("The lease of cluster %s is not given back yet: %s", cluster.name, error.message)
                return False
            self._keep(cluster, replace(grant, state="ended"))
            self._freed.set()
            self._asked.pop(cluster.name, None)
            self._locks.pop(cluster.name, None)
        return True

    # Asking ---------------------------------------------------------------------------------------

    async def _reserved(self, request: Request) -> Answer:
        try:
            return await self.admission.reserve(request)
        except DoesNotFit:
            if not await self._gave_back(request.username):
                raise
        return await self.admission.reserve(request)

    async def _gave_back(self, username: str) -> bool:
        """Wait until clusters that this user has closed have given back what they held; say whether there are any."""
        closing = [
            each
            for each in self.known()
            if each.username == username and self.grant(each).live and not self.may_run(each)
        ]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_ENDING_SECONDS):
                while any(self.grant(each).live for each in closing):
                    self._freed.clear()
                    await self._freed.wait()
        return bool(closing)

    def _emergency(self, cluster: Any, workers: int, silence: Unavailable) -> Grant:
        """Return what starts without the service's word; it is told later."""
        others = [each for each in self.known() if each.username == cluster.username and each.name != cluster.name]
        left = self.emergency_cores - sum(map(self._emergency_cores_of, others))
        fits = emergency_workers(Sizes.of(cluster.config), workers, left)
        if fits is None:
            self.give_up(cluster)
            raise PublicException(
                f"{silence.message}; until it does, clusters of one person start on at most "
                f"{self.emergency_cores:g} cores, of which {max(0.0, left):g} are left"
            ) from silence
        self.log.warning("Cluster %s starts with %d workers on an emergency grant", cluster.name, fits)
        return Grant("emergency", fits).silent(workers)

    def _emergency_cores_of(self, cluster: Any) -> float:
        grant, sizes = self.grant(cluster), Sizes.of(cluster.config)
        counts = grant.state == "emergency" and self.may_run(cluster)
        return sizes.base.cores + grant.granted * sizes.each.cores if counts else 0.0

    async def _agreed(self, cluster: Any, wanted: int, occupied: int) -> Grant:
        """Return the grant for so many workers; asks the service unless it has just said so."""
        async with self._locks[cluster.name]:
            grant = self.grant(cluster)
            count = max(wanted, occupied)
            if not self._is_due(cluster.name, grant, count):
                return grant
            if grant.state == "none":  # begun by a gateway that kept no grants: it keeps what it has
                grant = replace(grant, state="emergency", granted=occupied)
                self._keep(cluster, grant)
            try:
                answer = await self._answered(cluster, grant, count)
                grant = self.grant(cluster).answered(answer.granted, wanted, answer.message)
                grant = replace(grant, account=answer.account or grant.account)
            except Conflict as refusal:  # it was ended there: nobody pays for it any more
                self.log.warning("Cluster %s ends: %s", cluster.name, refusal.message)
                grant = replace(self.grant(cluster), state="held", granted=0, message=refusal.message)
                self._do(self.stop_cluster, cluster.name, True)
            except GaiaError as error:
                self.log.warning("Cluster %s keeps what it has: %s", cluster.name, error.message)
                grant = self.grant(cluster).silent(wanted)
            self._note(cluster, grant, count)
            return grant

    def _is_due(self, name: str, grant: Grant, count: int) -> bool:
        at, before = self._asked.get(name, (float("-inf"), 0))
        waits = grant.granted < grant.wanted or grant.state != "held"
        return count != before or time.monotonic() - at >= self.ask_period / (3 if waits else 1)

    async def _answered(self, cluster: Any, grant: Grant, count: int) -> Answer:
        sizes = Sizes.of(cluster.config)
        if grant.state == "held":
            try:
                return await self.admission.resize(cluster.name, sizes, count)
            except NotFound:
                self.log.warning("The service knows no lease of cluster %s: it is asked for anew", cluster.name)
        running = replace(_request(cluster, None, grant.granted), runs_for=_ago(cluster.start_time))
        answer = await self.admission.reserve(running)
        resized = await self.admission.resize(cluster.name, sizes, count)
        return replace(resized, account=answer.account)

    def _note(self, cluster: Any, grant: Grant, count: int) -> None:
        self._asked[cluster.name] = (time.monotonic(), count)
        self._keep(cluster, grant)

    def _keep(self, cluster: Any, grant: Grant) -> None:
        if grant != self.grant(cluster):
            self.remember(cluster, grant.dump())

    # Following ------------------------------------------------------------------------------------

    def _follow(self, cluster: Any, grant: Grant, asked: int, running: int) -> None:
        """Have the scheduler stop workers over the grant, or let it want more again."""
        wish = grant.wish or Wish(max(asked, grant.wanted))
        if running > grant.granted:
            self._tell(cluster, replace(grant, wish=wish, told=grant.granted))
        elif grant.told is not None and grant.granted > grant.told:
            whole = wish.most is not None and grant.granted >= wish.most
            self._tell(cluster, replace(grant, told=None if whole else grant.granted))

    def _tell(self, cluster: Any, grant: Grant) -> None:
        self._keep(cluster, grant)
        if grant.wish is not None:
            self._do(self._told, cluster.name, grant.wish.within(grant.granted))

    async def _told(self, name: str, message: dict[str, Any]) -> None:
        # The scheduler is in the middle of a heartbeat, after which it would sleep over what it is told.
        await asyncio.sleep(_TELL_SECONDS)
        model = await self.get_cluster(name)
        if model is not None:
            await super().forward_message_to_scheduler(model, message)

    async def _release_loop(self) -> None:
        while True:
            heard = False
            try:
                heard = await self.release_ended()
            except Exception:
                self.log.exception("Giving back leases failed; trying again")
            await asyncio.sleep(_RELEASE_SECONDS if heard else _SILENT_SECONDS)

    def _do(self, work: Callable[..., Awaitable[None]], *about: Any) -> None:
        """Have something done beside the request that is being answered."""
        task = asyncio.ensure_future(self._logged(work, *about))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _logged(self, work: Callable[..., Awaitable[None]], *about: Any) -> None:
        try:
            await work(*about)
        except PublicException as error:
            self.log.warning("Could not be told to a cluster: %s", error)
        except Exception:
            self.log.exception("Looking after leases failed; the next heartbeat tries anew")


def _wish(message: dict[str, Any]) -> Wish | None:
    try:
        return Wish.of(message)
    except InvalidInput as error:
        raise PublicException(error.message) from error


def _ago(milliseconds: float | None) -> float:
    """Return how many seconds ago a time of the gateway was; as long as the service takes it."""
    return min(max(0.0, time.time() - milliseconds / 1000), _WEEK_SECONDS) if milliseconds else 0.0


def _request(cluster: Any, groups: Iterable[str] | None, workers: int) -> Request:
    return Request(
        cluster=cluster.name,
        username=cluster.username,
        groups=None if groups is None else tuple(groups),
        sizes=Sizes.of(cluster.config),
        workers=workers,
        account=cluster.options.get("account", ""),
        parent=cluster.options.get("lease", ""),
    )
