from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from gaia_vre.database.migrate import upgrade
from gaia_vre.projects.joining import Joinings, Terms
from gaia_vre.projects.model import Actor, NewProject, Project, Role, Visibility
from gaia_vre.projects.people import People
from gaia_vre.projects.store import Projects

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ADA, BOB, EVE = Actor("ada"), Actor("bob"), Actor("eve")


def new(slug: str = "ocean-heat", visibility: Visibility = "private", **changed: object) -> NewProject:
    values: dict[str, object] = {"title": "Ocean heat", "description": "", "community": "community:odatis"}
    values |= {"starts": NOON, "ends": NOON + timedelta(days=365), "amounts": {}}
    return NewProject(slug=slug, visibility=visibility, **values | changed)  # type: ignore[arg-type]


@dataclass
class Desk:
    """The projects of an empty database, with a clock that a test sets."""

    engine: Engine
    now: datetime = NOON
    projects: Projects = field(init=False)
    people: People = field(init=False)
    joinings: Joinings = field(init=False)

    def __post_init__(self) -> None:
        self.projects = Projects(self.engine, lambda: self.now)
        self.people, self.joinings = People(self.projects), Joinings(self.projects)

    def project(self, slug: str = "ocean-heat", visibility: Visibility = "private", **members: Role) -> Project:
        """Make a project of ada's with these members."""
        made = self.projects.create(new(slug, visibility), "ada")
        for username, role in members.items():
            self.people.put(slug, username, role, ADA)
        return made

    def link(self, slug: str = "ocean-heat", role: Role = "editor", uses: int = 1) -> str:
        return self.joinings.invite(slug, Terms(role, self.now + timedelta(days=7), uses), ADA)[1]

    def roles(self, slug: str = "ocean-heat") -> dict[str, Role]:
        return {one.username: one.role for one in self.people.of(slug)}

    def later(self, **period: float) -> None:
        self.now += timedelta(**period)


@pytest.fixture
def desk(empty_database: Engine) -> Desk:
    upgrade(empty_database)
    return Desk(empty_database)
