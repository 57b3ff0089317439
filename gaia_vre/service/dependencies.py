"""What routes and pages get: the parts of the service, the caller, the language."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, cast
from zoneinfo import ZoneInfo

from fastapi import Depends, Form, Header, Request

from gaia_vre.catalog.engine.choice import make_engine
from gaia_vre.catalog.engine.load import FILE
from gaia_vre.catalog.signing.signers import Signers
from gaia_vre.core.errors import NotFound, Unavailable
from gaia_vre.core.state import StateFolder
from gaia_vre.look.language import LANGUAGE_COOKIE, Language, choose_language
from gaia_vre.messages.store import Messages
from gaia_vre.projects.apps import Apps
from gaia_vre.projects.datasets import PublishedDatasets
from gaia_vre.projects.folders import Folders
from gaia_vre.projects.mounts import Mounts
from gaia_vre.projects.publishing import Publications
from gaia_vre.projects.snapshots import Snapshots
from gaia_vre.projects.visitors import Visitors
from gaia_vre.quotas.storage.measures import Measures
from gaia_vre.sandboxes.store import Sandboxes
from gaia_vre.service.apps.servers import AppServers
from gaia_vre.service.behind import behind
from gaia_vre.service.login import Caller
from gaia_vre.service.operate.running import Running
from gaia_vre.service.projects.groups import GroupsNow
from gaia_vre.service.projects.servers import ProjectServers
from gaia_vre.service.sandboxes.doorkeeper import Doorkeeper
from gaia_vre.service.sandboxes.owners import Owners

if TYPE_CHECKING:
    from collections.abc import Callable

    import sqlalchemy

    from gaia_vre.catalog.engine.model import Engine
    from gaia_vre.core.settings import Settings
    from gaia_vre.projects.registry import Registry
    from gaia_vre.quotas.deciding import Office
    from gaia_vre.service.gateway import Gateway
    from gaia_vre.service.hub import Hub
    from gaia_vre.service.login import Login
    from gaia_vre.service.metrics import Metrics
    from gaia_vre.service.shelf import Shelf
    from gaia_vre.service.store import Store


@dataclass(frozen=True)
class Parts:
    """Everything a request may need, made once when the service starts."""

    settings: Settings
    engine: sqlalchemy.Engine
    hub: Hub
    gateway: Gateway
    store: Store
    login: Login
    metrics: Metrics
    shelf: Shelf
    office: Office
    registry: Registry
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    tick: Callable[[], object] = lambda: None
    """Records the ledger's time, so that after a reboot it goes on from there."""
    behind: Callable[[Callable[[], None]], None] = behind
    """Begins what no request waits for."""

    @cached_property
    def catalog(self) -> Engine:
        """The engine that searches the catalog."""
        return make_engine(self.settings.service.database_url, StateFolder(self.settings.state).catalog / FILE)

    @cached_property
    def measures(self) -> Measures:
        """What homes and other folders hold."""
        return Measures(self.engine, self.settings)

    @cached_property
    def folders(self) -> Folders:
        """The folders that members of projects share."""
        return Folders(self.settings.project_folders)

    @cached_property
    def snapshots(self) -> Snapshots:
        """The earlier states of these."""
        said, zone = self.settings.projects.snapshots, ZoneInfo(self.settings.service.time_zone)
        return Snapshots(self.settings.project_folders, said.folder, zone, int(said.restore_gib * 2**30))

    @cached_property
    def publications(self) -> Publications:
        """What projects publish."""
        public = self.settings.projects.public_results
        return Publications(self.registry.projects, self.folders, public=public)

    @cached_property
    def apps(self) -> Apps:
        """The programs that projects let others visit."""
        said = self.settings.projects
        return Apps(self.registry.projects, self.folders, said.apps, public=said.public_results)

    @cached_property
    def app_servers(self) -> AppServers:
        """Their servers."""
        return AppServers(self)

    @cached_property
    def published_datasets(self) -> PublishedDatasets:
        """The datasets that projects publish."""
        return PublishedDatasets(self.registry.projects, self.folders, self._in_catalog)

    def _in_catalog(self, name: str) -> bool:
        try:
            self.catalog.collection(name)
        except (NotFound, Unavailable):  # without a catalog nothing in it has the name
            return False
        return True

    @cached_property
    def mounts(self) -> Mounts:
        """Which labs have them."""
        return Mounts(self.engine)

    @cached_property
    def visitors(self) -> Visitors:
        """Who may be in the servers of projects."""
        return Visitors(self.engine, self.clock, self.groups_now)

    @cached_property
    def groups_now(self) -> GroupsNow:
        """The groups of people as they are now."""
        return GroupsNow(self.hub, self.office.holders, self.clock)

    @cached_property
    def project_servers(self) -> ProjectServers:
        """The servers of projects."""
        return ProjectServers(self)

    @cached_property
    def running(self) -> Running:
        """What the hub told of servers a moment ago."""
        return Running(self.hub, self.owners, self.clock)

    @cached_property
    def signers(self) -> Signers:
        """The ways to files of other archives; their keys stand in this process's environment alone."""
        return Signers(self.settings.access.signers, os.environ)

    @cached_property
    def messages(self) -> Messages:
        """What people are told."""
        return Messages(self.engine)

    @cached_property
    def sandboxes(self) -> Sandboxes:
        """The sandboxes of everybody."""
        return Sandboxes(self.engine, self.clock)

    @cached_property
    def owners(self) -> Owners:
        """Whose these are, which the hub does not know."""
        return Owners(self.sandboxes, self.office.holders)

    @cached_property
    def under_way(self) -> set[str]:
        """The sandboxes that this process is making behind requests."""
        return set()

    @cached_property
    def doorkeeper(self) -> Doorkeeper:
        """Who knows the passphrase of visitors, which stands in this process's environment alone."""
        return Doorkeeper(os.environ.get(self.settings.sandboxes.anonymous.passphrase_variable, ""), self.clock)

    def close(self) -> None:
        if "catalog" in self.__dict__:
            self.catalog.close()
        self.hub.close()
        self.gateway.close()
        self.engine.dispose()


def parts(request: Request) -> Parts:
    """Return the parts of this service."""
    return cast("Parts", request.app.state.parts)


UsesParts = Annotated[Parts, Depends(parts)]


def caller(request: Request, service: UsesParts) -> Caller:
    """Return who asks; refuses those who are not signed in."""
    return service.login.caller(request)


UsesCaller = Annotated[Caller, Depends(caller)]


def proven_caller(
    who: UsesCaller, service: UsesParts, proof: Annotated[str | None, Header(alias="X-XSRFToken")] = None
) -> Caller:
    """Return who asks the API for a change; a browser's script must send the proof of our page."""
    service.login.check_proof(who, proof)
    return who


ChangesAs = Annotated[Caller, Depends(proven_caller)]


def submitting_caller(
    who: UsesCaller, service: UsesParts, proof: Annotated[str | None, Form(alias="_xsrf", max_length=200)] = None
) -> Caller:
    """Return who submits a form of ours."""
    service.login.check_proof(who, proof)
    return who


SubmitsAs = Annotated[Caller, Depends(submitting_caller)]


def chosen_language(request: Request) -> Language:
    """Return the language of the page."""
    return choose_language(request.cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language", ""))


UsesLanguage = Annotated[Language, Depends(chosen_language)]
