"""What somebody who has left a project still has of it is taken away: folders in labs, clusters, servers."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from gaia_vre.core.errors import GaiaError, NotFound
from gaia_vre.core.kinds import project_of
from gaia_vre.messages.model import Message
from gaia_vre.projects.rules import may
from gaia_vre.quotas import balances
from gaia_vre.service.model import Thing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gaia_vre.messages.model import Fact
    from gaia_vre.projects.model import Project
    from gaia_vre.projects.mounts import Held
    from gaia_vre.quotas.model import Lease
    from gaia_vre.service.dependencies import Parts

_KIND = "project:"
log = logging.getLogger(__name__)


class Leaving:
    """The part of each pass that compares what runs with who is in which project."""

    def __init__(self, parts: Parts) -> None:
        self.hub, self.gateway, self.store, self.messages = parts.hub, parts.gateway, parts.store, parts.messages
        self.projects, self.visitors, self.mounts = parts.registry.projects, parts.visitors, parts.mounts
        self.engine = parts.engine
        self.grace = timedelta(minutes=parts.settings.projects.leaving_minutes)

    def step(self, live: Sequence[Lease], now: datetime) -> None:
        """Do one pass over the folders in labs that live, and over what is charged to projects."""
        self.mounts.forget()
        held = self.mounts.held()
        for mount in held:
            if self._still(mount):
                if mount.told:
                    self.mounts.still(mount)
            else:
                self._take_away(mount, now)
        warned = {(mount.lease, mount.slug) for mount in held}
        for lease, slug in self._charged(live):
            if (lease.id, slug) not in warned:
                self._end_charged(lease, slug, now)

    # Folders ------------------------------------------------------------------------------------

    def _still(self, mount: Held) -> bool:
        project = self.projects.find(mount.slug)
        role = self.visitors.role(project, mount.username)
        if mount.writable:
            return may(role, "write", project)
        return role is not None and project.state != "archived"

    def _take_away(self, mount: Held, now: datetime) -> None:
        """Tell the lab's owner, and stop the lab after a while: a mount cannot be taken out of one that runs."""
        if mount.told is None:
            self.messages.send(self._message(mount, now))
            self.mounts.told(mount, now)
            log.info("The lab of %s has the folder of %s, which is not theirs any more", mount.username, mount.slug)
        elif now - mount.told >= self.grace:
            self._stop(Thing("server", mount.username, mount.server), self.projects.find(mount.slug), now)

    def _message(self, mount: Held, now: datetime) -> Message:
        project = self.projects.find(mount.slug)
        out = self.visitors.role(project, mount.username) is None
        facts: dict[str, Fact] = {"project": project.title, "name": mount.server, "stops": now + self.grace}
        kind = "project-left" if out or project.state == "archived" else "project-reads"
        key = f"{kind}:{mount.lease}:{mount.slug}:{now.isoformat()}"
        return Message(key, kind, mount.username, now, facts, "bad", now + self.grace + timedelta(minutes=1))

    # What is charged ----------------------------------------------------------------------------

    def _charged(self, live: Sequence[Lease]) -> list[tuple[Lease, str]]:
        """Return what is charged to projects, with the project."""
        with self.engine.connect() as connection:
            accounts = balances.read(connection, sorted({lease.account for lease in live})) if live else {}
        names = {lease.id: accounts[lease.account].name for lease in live}
        return [(lease, names[lease.id].removeprefix(_KIND)) for lease in live if names[lease.id].startswith(_KIND)]

    def _end_charged(self, lease: Lease, slug: str, now: datetime) -> None:
        try:
            project = self.projects.find(slug)
        except NotFound:
            return  # an account of the settings
        if project_of(lease.username) == slug:
            allowed = may("editor", "spend", project)
        else:
            allowed = self.visitors.may(project, lease.username)
        if not allowed and (lease.kind == "cluster" or lease.seen):
            self._stop(Thing(lease.kind, lease.username, lease.thing), project, now)

    def _stop(self, thing: Thing, project: Project, now: datetime) -> None:
        # Recorded first: the hub tells of the end at once, and knows no reason.
        self.store.end(thing, "left", now, project.title)
        try:
            if thing.kind == "server":
                self.hub.stop(thing.username, thing.name)
            else:
                self.gateway.stop(thing.name)
        except NotFound:
            return  # it has ended meanwhile
        except GaiaError as error:
            log.warning("%s %r of %s could not be stopped: %s", thing.kind, thing.name, thing.username, error.message)
            return
        log.info("The %s %r of %s is stopped: %s is not theirs any more", *vars(thing).values(), project.slug)
