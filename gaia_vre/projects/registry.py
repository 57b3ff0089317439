"""Everything about projects, put together with the accounting that pays for them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gaia_vre.projects.founding import Founding
from gaia_vre.projects.imports import Imports
from gaia_vre.projects.inheriting import Inheriting
from gaia_vre.projects.joining import Joinings
from gaia_vre.projects.lives import Lives
from gaia_vre.projects.payers import ProjectPayers
from gaia_vre.projects.pending import Pending
from gaia_vre.projects.people import People
from gaia_vre.projects.store import Projects
from gaia_vre.quotas.deciding import Office
from gaia_vre.quotas.imported import rules_in_force
from gaia_vre.quotas.pools import WithPools, sandbox_pools

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine

    from gaia_vre.core.settings import Settings
    from gaia_vre.quotas.clock import Instant


@dataclass(frozen=True)
class Registry:
    """The projects of one database, their people, the ways in, and how new ones are made."""

    projects: Projects
    people: People
    joinings: Joinings
    founding: Founding
    lives: Lives
    inheriting: Inheriting
    pending: Pending
    imports: Imports
    root: Path
    """Folder of the projects' folders."""

    def folder(self, slug: str) -> Path:
        """Return the folder of a project."""
        return self.root / slug


def open_books(engine: Engine, settings: Settings, clock: Callable[[], Instant]) -> tuple[Office, Registry]:
    """Return accounting, which knows the accounts of projects, and the projects."""
    projects = Projects(engine, lambda: clock().wall)
    people = People(projects)
    rules = rules_in_force(engine, settings.quotas)
    payers = WithPools(ProjectPayers(projects, people), sandbox_pools(rules, settings.sandboxes))
    rules = replace(rules, made=payers)
    office = Office(engine, rules, clock)
    founding = Founding(projects, office, settings.projects, ZoneInfo(settings.service.time_zone))
    registry = Registry(
        projects,
        people,
        Joinings(projects),
        founding,
        Lives(projects),
        Inheriting(projects),
        Pending(projects),
        Imports(projects, founding, settings.project_folders, int(settings.projects.import_gib * 2**30)),
        settings.project_folders,
    )
    return office, registry
