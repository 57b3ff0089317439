"""The lives of sandboxes: made, started, made longer, ended, destroyed; each step can be taken again.

What is slow, fetching what one starts from and starting it, goes on behind the request. The reconcile loop of
a service that begins takes away what an earlier one was making when it was killed.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, get_args

from gaia_vre.core.errors import Conflict, GaiaError, NotAllowed, NotFound, Unavailable
from gaia_vre.core.kinds import SANDBOX_SERVER
from gaia_vre.core.state import StateFolder
from gaia_vre.messages.model import Message
from gaia_vre.sandboxes.folders import Folders
from gaia_vre.sandboxes.model import LIVING, Sandbox, Why
from gaia_vre.sandboxes.sources import Maker, Stock, check_source, check_there, furnish
from gaia_vre.service.openings.store import Openings

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from gaia_vre.core.settings import Settings
    from gaia_vre.messages.store import Messages
    from gaia_vre.quotas.deciding import Office
    from gaia_vre.sandboxes.model import Wish
    from gaia_vre.sandboxes.store import Sandboxes
    from gaia_vre.service.dependencies import Parts
    from gaia_vre.service.hub import Hub

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Lives:
    """What is done to sandboxes."""

    settings: Settings
    sandboxes: Sandboxes
    hub: Hub
    office: Office
    messages: Messages
    folders: Folders
    stock: Stock
    behind: Callable[[Callable[[], None]], None]
    under_way: set[str]
    """Those that this process is making."""

    @classmethod
    def of(cls, parts: Parts) -> Lives:
        """Return them for these parts of the service."""
        folders = Folders(parts.settings.sandbox_folders)
        stock = Stock(parts.registry.projects, parts.publications)
        return cls(
            parts.settings,
            parts.sandboxes,
            parts.hub,
            parts.office,
            parts.messages,
            folders,
            stock,
            parts.behind,
            parts.under_way,
        )

    # Begin --------------------------------------------------------------------------------------

    def make(self, wish: Wish, maker: Maker) -> Sandbox:
        """Make a sandbox, and return before what it starts from is fetched and its server starts.

        Raises
        ------
        NotAllowed
            There are no sandboxes here.
        Conflict
            The person has as many as one may.
        GaiaError
            What it is to start from is not there, as far as is known here; what is found later is its `problem`.
        """
        self.check_here()
        policy = self.settings.sandboxes
        wish = replace(wish, source=check_source(wish.source, self.settings))
        check_there(wish.source, maker, self.settings, self.stock)
        return self.take_up(wish, lambda _: maker, policy.most_of(maker.groups), policy.minutes)

    def take_up(self, wish: Wish, maker_of: Callable[[str], Maker], most: int, minutes: float) -> Sandbox:
        """Note a sandbox from a source that was checked, and have it begun behind this request.

        Parameters
        ----------
        maker_of
            Tells by its number whose it is.
        most
            So many of theirs may live at a time.
        """
        title = " ".join(wish.title.split()) or wish.source.reference or "Sandbox"
        now, life = self.sandboxes.clock(), timedelta(minutes=minutes)
        ahead = self.folders.claim() if self.settings.sandboxes.pool else None
        number = ahead or secrets.token_hex(4)
        maker = maker_of(number)
        made = Sandbox(number, maker.username, title[:120], wish.source, "making", now, now + life)
        self.under_way.add(number)
        try:
            self.sandboxes.create(made, most)
        except GaiaError:
            self.under_way.discard(number)
            if ahead:
                self.folders.unclaim(ahead)
            raise
        self.behind(lambda: self._carry_out(made, wish, maker, ahead=ahead is not None))
        return self.sandboxes.find(made.id)

    def _carry_out(self, made: Sandbox, wish: Wish, maker: Maker, *, ahead: bool) -> None:
        """Begin it; what fails is its problem, and nothing of it stays."""
        try:
            self._begin(made, wish, maker, ahead=ahead)
        except GaiaError as error:
            self.destroy(made, "failed", error.message)
        except OSError as error:
            self.destroy(made, "failed", f"The sandbox's home could not be made: {error.strerror or error}")
        except Exception:
            log.exception("The sandbox %s could not be begun and is destroyed", made.id)
            self.destroy(made, "failed", "It could not be made, and the operators can read why")
        finally:
            self.under_way.discard(made.id)

    def _begin(self, made: Sandbox, wish: Wish, maker: Maker, *, ahead: bool) -> None:
        home = self.folders.home(made.id) if ahead else self.folders.make(made.id)
        found = furnish(made.source, home, maker, self.settings, self.stock)
        source = replace(
            made.source, path=found.opens or made.source.path, revision=found.revision or made.source.revision
        )
        title = made.title if wish.title else (found.title or made.title)[:120]
        self.folders.live(made.id, made.deadline)
        if not self.sandboxes.began(made.id, title, source):
            raise Conflict(f"The sandbox {made.id} was destroyed while it was made")
        size = self.settings.sandboxes.size
        self.hub.make_sandbox_user(made.id, None if made.visitor else made.username)
        self.hub.start_for(made.username, made.server, {"size": size} if size else {})
        if self.sandboxes.find(made.id).state not in LIVING:
            self.finish(made)  # destroyed while it was started: nothing of the start may stay

    def check_here(self) -> None:
        """Refuse where there are no sandboxes; raises NotAllowed or Unavailable."""
        if not self.settings.sandboxes.enabled:
            raise NotAllowed("There are no sandboxes here: the setting sandboxes.enabled is off")
        if not self.settings.has_sandboxes:
            raise Unavailable("There are no sandboxes here: the setting kubernetes.shared.claim names no volume")

    def admitted(self, username: str, server: str) -> Sandbox:
        """Return the sandbox that a server is started for.

        Parameters
        ----------
        username
            The hub's user that has the server.

        Raises
        ------
        NotAllowed
            Nobody made such a sandbox, or it has ended.
        """
        found = None
        with contextlib.suppress(NotFound):
            found = self.sandboxes.find(server.removeprefix(SANDBOX_SERVER))
        if found is None or (username, server) != (found.user, found.server):
            raise NotAllowed(
                f"There is no sandbox {server[:40]!a} of {username}: names that begin with {SANDBOX_SERVER} are kept "
                "for sandboxes, which the service makes"
            )
        if found.state != "running" or self.sandboxes.clock() >= found.deadline:
            raise NotAllowed(
                f"The sandbox {found.title!a} has ended; make a new one, and keep its files if you need them"
            )
        return found

    def extend(self, sandbox: Sandbox) -> Sandbox:
        """Make a life longer; raises Conflict when it has ended or was made longer too often."""
        policy = self.settings.sandboxes
        changed = self.sandboxes.extend(sandbox, timedelta(minutes=policy.extension_minutes), policy.extensions)
        self.folders.live(changed.id, changed.deadline)
        return changed

    # End ----------------------------------------------------------------------------------------

    def end(self, sandbox: Sandbox, why: Why) -> None:
        """Stop a sandbox; its files stay for a while. Of a visitor's nothing stays."""
        if sandbox.visitor is not None:
            self.destroy(sandbox, why)
            return
        until = self.sandboxes.clock() + timedelta(hours=self.settings.sandboxes.frozen_hours)
        self.folders.end(sandbox.id, why)
        if self.sandboxes.freeze(sandbox.id, why, until):
            log.info("Sandbox %s of %s has ended: %s", sandbox.id, sandbox.username, why)
            self.messages.send(_frozen(sandbox, why, self.sandboxes.clock(), until))
        self.stop(sandbox)

    def heard(self, server: str, reason: str) -> None:
        """Take the word of whoever ran a server for why it ended, if it was that of a sandbox and nobody else told."""
        if server.startswith(SANDBOX_SERVER) and self.settings.kubernetes is not None:
            self.folders.end(server.removeprefix(SANDBOX_SERVER), reason if reason in get_args(Why) else "lost")

    def stop(self, sandbox: Sandbox) -> None:
        """Have the hub stop the server; without the hub the keeper has ended it."""
        try:
            self.hub.stop(sandbox.username, sandbox.server)
        except GaiaError as error:
            log.info("The hub did not stop %s: %s", sandbox.server, error.message)

    def destroy(self, sandbox: Sandbox, why: Why = "", problem: str = "") -> None:
        """Take away everything of a sandbox, now or, where something does not answer, at the next passes."""
        self.sandboxes.give_up(sandbox.id, why, problem)
        try:
            self.finish(sandbox)
        except (GaiaError, OSError) as error:
            log.warning("Something of the sandbox %s is left, and is tried again: %s", sandbox.id, error)

    def finish(self, sandbox: Sandbox) -> None:
        """Take away what is left: processes, the hub's entry with its tokens, the lease, the files."""
        self.folders.end(sandbox.id, "stuck" if sandbox.why == "failed" else sandbox.why or "asked")
        self.hub.remove(sandbox.user, sandbox.server)
        self.hub.forget_sandbox_user(sandbox.id)
        for lease, _ in self.office.held_by(sandbox.username):
            if lease.thing == sandbox.server:
                self.office.release(lease.id)
        self.folders.remove(sandbox.id)
        output = StateFolder(self.settings.state).lab_log(sandbox.user, sandbox.server)
        output.unlink(missing_ok=True)
        Openings(self.sandboxes.engine).forget(f"sandbox:{sandbox.id}")
        self.sandboxes.destroyed(sandbox.id)


def _frozen(sandbox: Sandbox, why: Why, now: datetime, until: datetime) -> Message:
    return Message(
        key=f"sandbox-ended:{sandbox.id}",
        kind="sandbox-ended",
        username=sandbox.username,
        created=now,
        facts={"title": sandbox.title, "why": why, "until": until},
        severity="warn",
        expires=until,
    )
