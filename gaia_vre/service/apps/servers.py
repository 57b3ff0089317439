"""The servers of apps: woken by a visit, open to those whom the app is for, and put right at each pass."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gaia_vre.core.amounts import MICRO, micro
from gaia_vre.core.errors import Conflict, DoesNotFit, GaiaError, NotAllowed, Unavailable
from gaia_vre.core.kinds import app_of, app_server, project_user
from gaia_vre.projects.rules import LIVES
from gaia_vre.quotas.model import Holding

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from gaia_vre.projects.apps import ShownApp
    from gaia_vre.service.dependencies import Parts
    from gaia_vre.service.hub import Server

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AppServer:
    """The server of an app as its page shows it."""

    state: str
    """``asleep``, ``waking``, ``awake`` or ``stopping``."""
    steps: dict[str, bool] = field(default_factory=dict)
    """Which steps of its start are done."""


class AppServers:
    """What the service does to servers of apps."""

    def __init__(self, parts: Parts) -> None:
        self._hub, self._apps, self._folders = parts.hub, parts.apps, parts.folders
        self._people, self._settings = parts.visitors, parts.settings.projects.apps
        sizes = parts.settings.labs.sizes
        self._size = min(sizes, key=lambda size: (size.cores, size.memory_gib))
        self._office = parts.office

    def look(self, shown: ShownApp) -> AppServer:
        """Return whether an app sleeps; raises Unavailable when the hub is silent."""
        server = self._hub.server(*_place(shown))
        if server is None or (not server.ready and not server.pending):
            return AppServer("asleep")
        state = {"spawn": "waking", "stop": "stopping"}.get(server.pending or "", "awake")
        return AppServer(state, server.steps)

    def wake(self, shown: ShownApp) -> None:
        """Start the server of an app on its project's account; one that runs stays.

        Raises
        ------
        NotAllowed
            The project has ended, or the operators let there be no apps.
        DoesNotFit
            The project's account does not bear it: the hub is not asked.
        Conflict
            It cannot be started, such as during a maintenance.
        Unavailable
            Its folder cannot be made, or the hub is silent.
        """
        self.check(shown)
        if self.look(shown).state != "asleep":
            return
        project = shown.project
        self._check_account(shown)
        try:
            self._folders.make(project.slug)
        except OSError as error:
            raise Unavailable(f"The folder of {project.slug} cannot be reached ({error.strerror})") from error
        self._hub.make_project_user(project.slug)
        try:
            self._hub.start_for(*_place(shown), {"size": self._size.name, "account": project.account})
        except GaiaError:
            if self.look(shown).state == "asleep":
                self._check_account(shown)  # something else took what was left
                raise
            log.info("The app %d of %s was woken by somebody else at once", shown.app.id, project.slug)

    def check(self, shown: ShownApp) -> None:
        """Raise NotAllowed where an app wakes for nobody."""
        if not self._settings.enabled:
            raise NotAllowed("Apps are switched off here by the operators")
        if shown.project.state not in LIVES:
            raise NotAllowed(f"{shown.project.slug} is {shown.project.state}: its apps do not run any more")

    def _check_account(self, shown: ShownApp) -> None:
        """Raise DoesNotFit with what is lacking; where limits are observed only, nothing is."""
        if self._office.rules.observe:
            return
        size = self._size
        held = Holding(micro("cores", size.cores), micro("memory_gib", size.memory_gib), servers=MICRO)
        for one in self._office.offers(project_user(shown.project.slug), None, {size.name: held}):
            found = one.sizes[size.name]
            if one.account.name == shown.project.account and found.lacking:
                raise DoesNotFit(f"{shown.project.slug}: {found.why}", found.lacking)

    def trouble(self, shown: ShownApp) -> str:
        """Return why the last start failed, as the hub says; it is for members."""
        try:
            return self._hub.trouble(*_place(shown))
        except GaiaError as error:
            return error.message

    def let_in(self, shown: ShownApp, username: str) -> None:
        """Let somebody into the server of an app that runs, and into no other."""
        self._apps.visits(shown.app.id, username)
        self._hub.let_in(shown.project.slug, username, app_server(shown.app.id))

    def stop(self, slug: str, number: int) -> None:
        """Stop the server of an app, and let nobody into it any more; what fails comes at the next pass."""
        self._try(self._forget, slug, number)

    # Starts -------------------------------------------------------------------------------------

    def admitted(self, username: str, server: str) -> dict[str, Any]:
        """Return what the server of an app is to know; raises NotAllowed for one that is no app's."""
        number = app_of(username, server)
        shown = self._apps.all([number]).get(number) if number is not None else None
        if shown is None or project_user(shown.project.slug) != username:
            raise NotAllowed(f"{username} has no app {server[:40]!a}")
        self.check(shown)
        self._apps.starts(shown.app)
        return {
            "number": shown.app.id,
            "path": shown.app.path,
            "kind": shown.app.kind,
            "idle_minutes": self._settings.idle_minutes,
            "open_to_all": self._apps.is_open(shown.app),
        }

    # Kept in step -------------------------------------------------------------------------------

    def settle(self, servers: Sequence[Server]) -> None:
        """Stop what runs and should not, and let in nobody who may not visit any more."""
        running = {number: one for one in servers if (number := app_of(one.username, one.name)) is not None}
        known, told = self._apps.all(running), self._apps.visitors()
        for number, server in sorted(running.items()):
            slug = server.username.removeprefix(project_user(""))
            shown = known.get(number)
            if shown is None or shown.project.slug != slug or not self._may_run(shown):
                self._try(self._forget, slug, number)
            else:
                self._try(self._compare, shown, told.get(number, set()))
        asleep = sorted(set(told) - set(running))
        slugs = {number: one.project.slug for number, one in self._apps.all(asleep).items()}
        for number in asleep:
            if number in slugs:
                self._try(self._forget, slugs[number], number)
            else:
                self._apps.forget(number)

    def _may_run(self, shown: ShownApp) -> bool:
        asked = shown.app.open_to_all == self._apps.is_open(shown.app)
        return asked and shown.project.state in LIVES and self._settings.enabled

    def _compare(self, shown: ShownApp, told: set[str]) -> None:
        """Have the hub let in those who may visit, of those who have."""
        slug, server = shown.project.slug, app_server(shown.app.id)
        there = self._hub.visitors(slug, server)
        for name in sorted(there | told):
            if name not in told or not self._may_visit(shown, name):
                self._hub.shut_out(slug, name, server)
                self._apps.forget(shown.app.id, name)
                log.info("%s is let into the app %d of %s no longer", name, shown.app.id, slug)

    def _may_visit(self, shown: ShownApp, username: str) -> bool:
        return shown.app.audience != "members" or self._people.role(shown.project, username) is not None

    def _forget(self, slug: str, number: int) -> None:
        self._hub.remove(project_user(slug), app_server(number))
        self._apps.forget(number)

    @staticmethod
    def _try(act: Callable[..., None], *of: Any) -> None:
        try:
            act(*of)
        except GaiaError as error:
            log.warning("The server of an app could not be put right; at the next pass: %s", error.message)


def _place(shown: ShownApp) -> tuple[str, str]:
    return project_user(shown.project.slug), app_server(shown.app.id)


def refused(error: GaiaError) -> bool:
    """Say whether this tells a visitor why an app does not wake, and is no trouble of ours."""
    return isinstance(error, Conflict | NotAllowed | Unavailable) or error.status in (400, 409, 422)
