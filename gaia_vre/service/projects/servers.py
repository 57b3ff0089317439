"""The servers of projects: started and stopped by editors, open to them alone."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from gaia_vre.core.errors import GaiaError, InvalidInput, Unavailable, did_you_mean
from gaia_vre.core.kinds import kind_of, project_of, project_user
from gaia_vre.projects.rules import check_may
from gaia_vre.projects.visitors import Visit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from gaia_vre.projects.model import Project
    from gaia_vre.projects.store import Mine
    from gaia_vre.service.dependencies import Parts
    from gaia_vre.service.hub import Server

_PRESENT = timedelta(seconds=30)
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ProjectServer:
    """A project's server as its page shows it."""

    state: str
    """``stopped``, ``starting``, ``running`` or ``stopping``."""
    size: str | None = None
    url: str | None = None


class ProjectServers:
    """What the service does to servers of projects."""

    def __init__(self, parts: Parts) -> None:
        self._hub, self._visitors, self._folders = parts.hub, parts.visitors, parts.folders
        self._projects, self._sizes = parts.registry.projects, [size.name for size in parts.settings.labs.sizes]
        self._clock = parts.clock
        self._present: dict[str, tuple[datetime, list[str]]] = {}

    def look(self, project: Project) -> ProjectServer:
        """Return the state of a project's server; raises Unavailable when the hub is silent."""
        server = self._hub.server(project_user(project.slug))
        if server is None:
            return ProjectServer("stopped")
        state = {"spawn": "starting", "stop": "stopping"}.get(server.pending or "", "running")
        size = server.options.get("size", self._sizes[0])
        return ProjectServer(state, str(size), f"/user/{project_user(project.slug)}/lab")

    def start(self, mine: Mine, username: str, size: str | None) -> None:
        """Start the server on the project's account, and let its editors in.

        Raises
        ------
        NotAllowed
            That is for editors of a project that lives.
        InvalidInput
            There is no such size.
        DoesNotFit
            The project's account does not bear it.
        Unavailable
            Its folder cannot be made.
        """
        check_may(mine.role, "spend", mine.project)
        if size is not None and size not in self._sizes:
            raise InvalidInput(f"There is no size {size[:40]!a}{did_you_mean(size[:40], self._sizes)}")
        slug = mine.project.slug
        self._make_folder(slug)
        self._hub.make_project_user(slug)
        self.settle(slug)  # first: whoever has left since it last ran is out before it runs
        self._admit(Visit(slug, username))
        self.settle(slug)
        self._hub.start_project(slug, {"size": size or self._sizes[0], "account": mine.project.account})
        self._projects.happened(slug, username, "server-started")

    def _make_folder(self, slug: str) -> None:
        try:
            self._folders.make(slug)
        except OSError as error:
            raise Unavailable(
                f"The folder of {slug} cannot be made here ({error.strerror}); ask the operators"
            ) from error

    def stop(self, mine: Mine, username: str) -> None:
        """Stop the server; raises NotAllowed to all but editors."""
        check_may(mine.role, "spend", mine.project)
        self._hub.stop(project_user(mine.project.slug), "")
        self._projects.happened(mine.project.slug, username, "server-stopped")

    def open(self, mine: Mine, username: str) -> str:
        """Let somebody in who may be there, and return the address; raises NotAllowed."""
        check_may(mine.role, "spend", mine.project)
        self._admit(Visit(mine.project.slug, username))
        return f"/user/{project_user(mine.project.slug)}/lab"

    def inside(self, slug: str) -> list[str]:
        """Return who may be in a project's server now."""
        project = self._projects.find(slug)
        names = {one.username for one in self._visitors.members() if one.slug == slug}
        names |= {one.visit.username for one in self._visitors.told(slug)}
        return sorted(name for name in names if self._visitors.may(project, name))

    def note_present(self, slug: str, names: list[str]) -> None:
        """Remember who is connected to a project's server, as it tells every few seconds."""
        self._present[slug] = (self._clock(), sorted(names))

    def present(self, slug: str) -> list[str]:
        """Return who is connected to a project's server now, as far as this process was told."""
        told = self._present.get(slug)
        return told[1] if told and self._clock() - told[0] < _PRESENT else []

    # Kept in step -------------------------------------------------------------------------------

    def settle(self, slug: str | None = None) -> None:
        """Have the hub let in whom it should and nobody else, of one project or of all; what fails comes next time."""
        told = self._visitors.told(slug)
        wanted = {one for one in self._visitors.members() if slug in (None, one.slug)}
        there = {one.visit for one in told}
        for one in told:
            if one.visit not in wanted and not self._may(one.visit):
                self._try(self._shut_out, one.visit)
            elif not one.granted:
                self._try(self._admit, one.visit)
        for visit in sorted(wanted - there):
            self._try(self._admit, visit)

    def compare(self, servers: Iterable[Server]) -> None:
        """Put right whom the hub lets into servers that run, whoever told it so."""
        ours = [server for server in servers if kind_of(server.username, server.name) == "project"]
        for slug in sorted({name for server in ours if (name := project_of(server.username))}):
            try:
                found = self._hub.visitors(slug)
            except GaiaError as error:
                log.warning("Who is let into the server of %s is not known: %s", slug, error.message)
                continue
            wanted = {one.visit.username for one in self._visitors.told(slug)}
            for name in sorted(found - wanted):
                self._try(self._shut_out, Visit(slug, name))
            for name in sorted(wanted - found):
                self._try(self._admit, Visit(slug, name))

    def _may(self, visit: Visit) -> bool:
        return self._visitors.may(self._projects.find(visit.slug), visit.username)

    def _admit(self, visit: Visit) -> None:
        project = self._projects.find(visit.slug)
        self._visitors.ask(project, visit.username)
        self._hub.let_in(visit.slug, visit.username)
        self._visitors.confirm(project, visit.username)

    def _shut_out(self, visit: Visit) -> None:
        self._hub.shut_out(visit.slug, visit.username)
        self._visitors.forget(self._projects.find(visit.slug), visit.username)
        log.info("%s is let into the server of %s no longer", visit.username, visit.slug)

    @staticmethod
    def _try(act: Callable[[Visit], None], visit: Visit) -> None:
        try:
            act(visit)
        except GaiaError as error:
            log.warning("Whether %s is let into the server of %s: %s", visit.username, visit.slug, error.message)
