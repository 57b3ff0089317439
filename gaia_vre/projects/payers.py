"""The accounts of projects, as accounting asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gaia_vre.core.errors import NotFound
from gaia_vre.core.kinds import project_of
from gaia_vre.projects.model import Actor
from gaia_vre.projects.rules import may
from gaia_vre.quotas.model import Window
from gaia_vre.quotas.policy import Declared

if TYPE_CHECKING:
    from gaia_vre.projects.model import Project
    from gaia_vre.projects.people import People
    from gaia_vre.projects.store import Projects

_KIND = "project:"


class ProjectPayers:
    """Tells accounting which projects somebody may pay with or manages, and with what limits."""

    def __init__(self, projects: Projects, people: People) -> None:
        self._projects, self._people = projects, people

    def declared(self, name: str) -> Declared | None:
        """Return a project's account with its managers, or None when it is of no project."""
        if not name.startswith(_KIND):
            return None
        project = next(iter(self._named(name.removeprefix(_KIND))), None)
        if project is None:
            return None
        managers = [one.username for one in self._people.of(project.slug) if one.role in ("manager", "owner")]
        return _declared(project, tuple(managers))

    def _named(self, slug: str) -> list[Project]:
        try:
            return [self._projects.find(slug)]
        except NotFound:
            return []

    def open_to(self, username: str, groups: frozenset[str]) -> list[Declared]:
        """Return the accounts of the projects in which somebody may run things now; of its server, the project's."""
        if slug := project_of(username):
            return [_declared(one) for one in self._named(slug) if may("editor", "spend", one)]
        mine = self._projects.of(Actor(username, groups))
        return [_declared(one.project) for one in mine if may(one.role, "spend", one.project)]

    def managed_by(self, username: str) -> list[Declared]:
        """Return the accounts of the projects that somebody manages, with them as manager."""
        mine = self._projects.of(Actor(username))
        return [_declared(one.project, (username,)) for one in mine if may(one.role, "people", one.project)]


def _declared(project: Project, managers: tuple[str, ...] = ()) -> Declared:
    return Declared(
        kind="project",
        key=project.slug,
        parent=project.community,
        title=project.title,
        managers=managers,
        # An archived project's account is closed: nothing is left on it, whoever asks.
        amounts=dict.fromkeys(project.amounts, 0) if project.state == "archived" else dict(project.amounts),
        window=Window(start=project.starts, end=project.ends),
    )
