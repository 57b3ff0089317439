"""What the reconcile loop does for sandboxes: ends them in time, warns before, leaves nothing of them."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from gaia_vre.core.errors import GaiaError
from gaia_vre.core.kinds import SANDBOX_SERVER
from gaia_vre.messages.model import Message
from gaia_vre.sandboxes.model import LIVING
from gaia_vre.sandboxes.rules import Patience, Seen, end_of, warning_of
from gaia_vre.service.sandboxes.lives import Lives

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gaia_vre.sandboxes.model import Sandbox
    from gaia_vre.service.dependencies import Parts
    from gaia_vre.service.hub import Server

log = logging.getLogger(__name__)

_ABANDONED = "The service was replaced while it was made: make it anew"
_LATE = "It was not ready in time"
_WORD_SECONDS = 15
"""The hub tells why a server ended when all of it has: a moment after the server is gone."""


class Tending:
    """One pass after another over everything that is there of sandboxes."""

    def __init__(self, parts: Parts) -> None:
        self.lives = Lives.of(parts)
        self.patience = Patience(
            timedelta(minutes=parts.settings.sandboxes.idle_minutes),
            timedelta(seconds=parts.settings.labs.start_seconds),
            timedelta(seconds=_WORD_SECONDS),
        )
        self._began = parts.clock()
        self._gone: dict[str, datetime] = {}
        """Since when the server of a sandbox that should live is not there."""

    def step(self, servers: Sequence[Server], now: datetime) -> None:
        """Bring every sandbox in the state that its dates ask for, and take away what belongs to none."""
        # Read before the records: what is made meanwhile is not taken for a leftover.
        numbers = list(self.lives.folders.numbers())
        found = self.lives.sandboxes.there()
        active = {(one.username, one.name): one for one in servers}
        self._gone = {one.id: self._gone[one.id] for one in found if one.id in self._gone}
        for sandbox in found:
            try:
                self._tend(sandbox, active.get((sandbox.username, sandbox.server)), now)
            except (GaiaError, OSError) as error:
                log.warning("Sandbox %s is looked after at the next pass: %s", sandbox.id, error)
        self._remove_strangers(found, numbers, servers)

    def _tend(self, sandbox: Sandbox, server: Server | None, now: datetime) -> None:
        if sandbox.state == "destroying":
            self.lives.finish(sandbox)
        elif sandbox.state == "frozen":
            if server is not None:
                self.lives.stop(sandbox)
            if sandbox.frozen_until is not None and now >= sandbox.frozen_until:
                self.lives.destroy(sandbox)
        elif sandbox.state in LIVING:
            self._live(sandbox, server, now)

    def _live(self, sandbox: Sandbox, server: Server | None, now: datetime) -> None:
        if self._is_abandoned(sandbox):
            self.lives.destroy(sandbox, "failed", _ABANDONED)
            return
        ended = self.lives.folders.ended(sandbox.id)
        last = (server.last_activity or server.started) if server else None
        if server is not None:
            self._gone.pop(sandbox.id, None)
        absent = now - self._gone.setdefault(sandbox.id, now) if server is None else timedelta()
        seen = Seen(server is not None, last, ended, absent)  # type: ignore[arg-type]
        why = end_of(sandbox, seen, now, self.patience)
        if why == "failed":
            self.lives.destroy(sandbox, why, _LATE)
        elif why is not None:
            self.lives.end(sandbox, why)
        elif (
            sandbox.visitor is None
            and (minutes := warning_of(sandbox, now))
            and self.lives.sandboxes.warn(sandbox.id, minutes)
        ):
            self.lives.messages.send(_warning(sandbox, minutes, now))

    def _is_abandoned(self, sandbox: Sandbox) -> bool:
        """Say whether an earlier service was making it, which is gone."""
        if sandbox.state != "making" or sandbox.created >= self._began or sandbox.id in self.lives.under_way:
            return False
        return self.lives.sandboxes.find(sandbox.id).state == "making"  # as it is after it was looked for there

    def _remove_strangers(self, found: Sequence[Sandbox], numbers: Sequence[str], servers: Sequence[Server]) -> None:
        known = {(one.username, one.server) for one in found}
        for server in servers:
            if server.name.startswith(SANDBOX_SERVER) and (server.username, server.name) not in known:
                self._remove_server(server)
        there = {one.id for one in found}
        for number in numbers:
            if number not in there:
                log.warning("The folder of the sandbox %s, which is no more, is removed", number)
                self.lives.folders.end(number, "lost")
                self.lives.folders.remove(number)

    def _remove_server(self, server: Server) -> None:
        number = server.name.removeprefix(SANDBOX_SERVER)
        if any(one.id == number for one in self.lives.sandboxes.there()):
            return  # made since the records were read
        log.warning("Server %s of %s belongs to no sandbox and is removed", server.name, server.username)
        try:
            self.lives.hub.remove(server.username, server.name)
            self.lives.hub.forget_sandbox_user(number)
        except GaiaError as error:
            log.warning("It is tried again at the next pass: %s", error.message)


def _warning(sandbox: Sandbox, minutes: int, now: datetime) -> Message:
    return Message(
        key=f"sandbox-ends:{sandbox.id}:{sandbox.extensions}:{minutes}",
        kind="sandbox-ends",
        username=sandbox.username,
        created=now,
        facts={"title": sandbox.title, "ends": sandbox.deadline},
        severity="warn" if minutes > 10 else "bad",
        expires=sandbox.deadline,
    )
