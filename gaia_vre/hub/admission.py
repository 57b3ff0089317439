"""Let a server start only with a lease, and give the lease back when it has stopped."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from typing import TYPE_CHECKING, Any

from gaia_vre.client import Amounts, LeaseWanted
from gaia_vre.core.errors import DoesNotFit, GaiaError, InvalidInput, NotSignedIn, Unavailable
from gaia_vre.core.kinds import kind_of
from gaia_vre.core.state import StateFolder
from gaia_vre.hub import steps
from gaia_vre.hub.choices import Choice, choose
from gaia_vre.hub.deployment import hub_settings
from gaia_vre.hub.door import Door
from gaia_vre.hub.journal import Journal, seconds_ago
from gaia_vre.hub.language import language_of_start
from gaia_vre.hub.refusal import Refusal, Refused, refusal_html
from gaia_vre.hub.traits import propose

if TYPE_CHECKING:
    from traitlets.config import Config

    from gaia_vre.core.settings import Settings

_LOOK_SECONDS = 5.0
_JOURNAL = "untold.jsonl"
_ONLY_BY_THE_SERVICE = {
    "sandbox": "The service, which makes sandboxes, does not answer; try again",
    "app": "The service, which starts apps, does not answer; try again",
}
log = logging.getLogger(__name__)


def configure_admission(c: Config, settings: Settings | None = None) -> None:
    """Have every start of a server admitted; that of a pod where its real size is known, see `pods.admission`."""
    settings = settings or hub_settings()
    desk = desk_of(settings)

    async def admit(spawner: Any) -> None:
        # No method: the hub copies its configuration, and with a method all that it belongs to.
        await desk.admit(spawner)

    if settings.kubernetes is None:
        propose(c, "Spawner", pre_spawn_hook=admit)
    desk.watch()


class Desk:
    """What the hub asks and tells the service about leases.

    Parameters
    ----------
    door
        How the service is asked.
    journal
        What the service could not be told yet.
    """

    def __init__(self, settings: Settings, door: Door, journal: Journal) -> None:
        self.settings, self.door, self.journal = settings, door, journal
        self._telling = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    # Start and end ------------------------------------------------------------------------------

    async def admit(self, spawner: Any, amounts: Amounts | None = None) -> None:
        """Reserve what a server holds; called by the hub before each start.

        Parameters
        ----------
        amounts
            What it really holds, where that is known; else the chosen size.

        Raises
        ------
        Refusal
            It does not fit, or cannot be decided now; the person reads why, and what would fit.
        """
        spawner.refused, spawner.granted = True, {}
        language_of_start(spawner)  # a refusal is read in it
        steps.begin(spawner, then=self._tell_start)
        choice = self._choice(spawner)
        wanted = _wanted(spawner, choice, amounts or Amounts(choice.size.cores, choice.size.memory_gib))
        # Set before the answer: one that comes too late is given back by the end of this start.
        spawner.lease = wanted.id
        try:
            answer = await self.door.ask("POST", "/quotas/leases", wanted.body())
        except DoesNotFit as refusal:
            spawner.lease = None
            raise self._refused(spawner, choice, refusal, wanted.id) from refusal
        except GaiaError as error:
            if not is_silent(error):
                spawner.lease = None
                raise Refusal(error.message, reason="account", status=error.status) from error
            await self._admit_silently(spawner, choice, wanted)
        else:
            spawner.granted = answer or {}
            spawner.account = spawner.granted.get("account")
            self._tell_soon()
        steps.note(spawner, steps.BUDGET)
        spawner.refused = False

    def _choice(self, spawner: Any) -> Choice:
        try:
            return choose(self.settings.labs, spawner.user_options)
        except InvalidInput as error:
            raise Refusal(error.message, reason="options", status=400) from error

    async def release(self, spawner: Any) -> None:
        """Give a lease back; called by the hub after each end, on whatever path it comes."""
        lease: str | None = getattr(spawner, "lease", None)
        if lease is None:
            return
        spawner.lease = None
        ran = bool(getattr(spawner, "ran", True))
        try:
            if self.journal.pending():
                raise Unavailable("earlier news wait to be told")
            await self._tell_end(lease, ran=ran, ago=0)
        except GaiaError as error:
            if not await self._in_thread(self.journal.add, "end", lease, ran=ran):
                log.warning("The end of %s could not be noted: %s", lease, error.message)
            self._tell_soon()

    async def tell_later(self, ending: dict[str, Any]) -> None:
        """Note why a server ended for when the service listens again; its lease is given back by itself."""
        if not await self._in_thread(self.journal.add, "ending", "", body=ending):
            log.warning("Why a server of %s ended could not be noted", ending["username"])
        self._tell_soon()

    async def _admit_silently(self, spawner: Any, choice: Choice, wanted: LeaseWanted) -> None:
        """Start small sizes on a lease that the service is told of later; nothing that it alone starts."""
        if (alone := _ONLY_BY_THE_SERVICE.get(kind_of(spawner.user.name, spawner.name))) is not None:
            spawner.lease = None
            raise Refusal(alone, reason="service", status=503)
        most = self.settings.quotas.emergency_cores
        if wanted.amounts.cores > most:
            # Should the request have arrived all the same, the meter gives back what never appears.
            spawner.lease = None
            raise Refusal(
                f"What is left cannot be looked up now: meanwhile sizes up to {most:g} cores start, and "
                f"{choice.size.title} has {wanted.amounts.cores:g}. Nothing was started and nothing was charged",
                reason="service",
                status=503,
            )
        if not await self._in_thread(self.journal.add, "start", wanted.id, body=wanted.body()):
            spawner.lease = None
            raise Refusal(
                "What is left cannot be looked up now, and too many starts wait for it already",
                reason="service",
                status=503,
            )
        log.warning("%s starts on an emergency lease: the service does not answer", spawner._log_name)

    # How long it took ---------------------------------------------------------------------------

    def _tell_start(self, spawner: Any) -> None:
        self._begin(self._start_told(_timing(spawner, self._choice(spawner))))

    async def _start_told(self, timing: dict[str, Any]) -> None:
        try:
            await self.door.ask("POST", "/starts", timing)
        except GaiaError as error:
            # A number less in a plot: nobody needs it later.
            log.info("How long a start took could not be told: %s", error.message)

    # What is told later -------------------------------------------------------------------------

    async def tell(self) -> None:
        """Tell the service what it could not be told, in order, until it falls silent again."""
        async with self._telling:
            told = []
            now = self.journal.clock()
            for record in self.journal.pending():
                try:
                    await self._tell_one(record, seconds_ago(record, now))
                except GaiaError as error:
                    if is_silent(error):
                        break
                    log.warning("%s of %s is not taken: %s", record["kind"], record["lease"], error.message)
                told.append(record)
            if told:
                await self._in_thread(self.journal.told, told)

    async def _tell_one(self, record: dict[str, Any], ago: int) -> None:
        if record["kind"] == "end":
            await self._tell_end(record["lease"], ran=bool(record.get("ran", True)), ago=ago)
        elif record["kind"] == "ending":
            await self.door.ask("POST", "/endings", record["body"])
        else:
            body = record["body"] | {"forced": True, "seconds_ago": ago}
            await self.door.ask("POST", "/quotas/leases", body)

    async def _tell_end(self, lease: str, *, ran: bool, ago: int) -> None:
        query = {"ran": str(ran).lower(), "seconds_ago": ago}
        await self.door.ask("DELETE", f"/quotas/leases/{lease}", query=query)

    def watch(self) -> None:
        """Look from time to time for what is to be told, for as long as this hub runs.

        JupyterHub reads its configuration inside its event loop; read elsewhere there is nothing to watch.
        """
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return
        self._begin(self._watch())

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                if self.journal.pending():
                    await self.tell()
            except Exception:
                log.exception("Telling the service failed; the next try is in %.0f s", _LOOK_SECONDS)

    def _tell_soon(self) -> None:
        if self.journal.pending() and not self._telling.locked():
            self._begin(self.tell())

    def _begin(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --------------------------------------------------------------------------------------------

    def _refused(self, spawner: Any, choice: Choice, refusal: DoesNotFit, number: str) -> Refusal:
        refused = Refused(spawner.user.name, spawner.name, choice, refusal, number)
        return Refusal(
            f"{refusal.message}. Nothing was started and nothing was charged",
            reason="quota",
            html=refusal_html(self.settings.labs, refused, language_of_start(spawner)),
            status=409,
        )

    @staticmethod
    async def _in_thread(act: Any, *arguments: Any, **more: Any) -> Any:
        return await asyncio.to_thread(act, *arguments, **more)


_desks: dict[str, Desk] = {}


def desk_of(settings: Settings) -> Desk:
    """Return the desk of this hub: the start form and all hooks share its connections and its journal."""
    folder = StateFolder(settings.state)
    key = f"{folder.hub} {settings.addresses.service_url}"
    if key not in _desks:
        door = Door(settings.addresses.service_url, os.environ.get("GAIA_VRE_SERVICE_TOKEN", ""))
        _desks[key] = Desk(settings, door, Journal(folder.hub / _JOURNAL))
    return _desks[key]


def _wanted(spawner: Any, choice: Choice, amounts: Amounts) -> LeaseWanted:
    return LeaseWanted(
        id=f"s-{secrets.token_hex(12)}",
        kind="server",
        username=spawner.user.name,
        groups=groups_of(spawner.user),
        thing=spawner.name,
        amounts=amounts,
        account=choice.account,
    )


def _timing(spawner: Any, choice: Choice) -> dict[str, Any]:
    kind = {"size": choice.size.name, "environment": choice.environment.name}
    return {"username": spawner.user.name, "name": spawner.name, **kind, "steps": steps.took(spawner)}


def groups_of(user: Any) -> tuple[str, ...]:
    """Return the names of a person's groups at the hub."""
    return tuple(sorted(group.name for group in user.groups))


def is_silent(error: GaiaError) -> bool:
    """Say whether this is no decision: the service is away, broken, or does not know the hub."""
    return error.status >= 500 or isinstance(error, NotSignedIn)
