"""What a bag says of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gaia_vre.bundles.model import Happened, Output, Person, Pinned, ProjectFacts, Used
from gaia_vre.bundles.names import bag_name
from gaia_vre.projects.outputs import outputs_of
from gaia_vre.service.openings.store import Openings

if TYPE_CHECKING:
    from datetime import datetime

    from gaia_vre.projects.model import Project
    from gaia_vre.projects.registry import Registry

_HISTORY = 10_000
_PLACE = "gaia_vre"


def facts_of(registry: Registry, project: Project, by: str, now: datetime) -> ProjectFacts:
    """Return everything about a project but its files; links and their secrets are no part of it."""
    life, slug = registry.lives.of(project.slug), project.slug
    said = {name: getattr(project, name) for name in ProjectFacts.model_fields if hasattr(project, name)}
    pinned = life.environment and Pinned(name=life.environment, digest=life.environment_digest or "unknown")
    return ProjectFacts(
        **said,
        exported=now,
        exported_by=by,
        platform=_PLACE,
        members=tuple(Person(username=m.username, role=m.role, until=m.until) for m in registry.people.of(slug)),
        environment=pinned or None,
        datasets=_datasets(registry, slug),
        outputs=tuple(
            Output(path=one.path, title=one.title, kind=one.kind, program=one.program)
            for one in outputs_of(registry.projects.engine, project.id, registry.folder(slug))
            if bag_name(one.path.encode()) == one.path  # it stands in the bag under its own name
        ),
        history=tuple(
            Happened(at=one.at, by=one.by, kind=one.kind, facts=one.facts)
            for one in reversed(registry.projects.history(slug, _HISTORY))
        ),
    )


def _datasets(registry: Registry, slug: str) -> tuple[Used, ...]:
    """Return what a project cites, and what was opened for it."""
    opened = {one.dataset: one for one in Openings(registry.projects.engine).of(f"project:{slug}")}
    found = [
        Used(id=one.dataset, title=one.title, doi=one.doi, citation=one.citation) for one in registry.lives.cited(slug)
    ]
    cited = {one.id for one in found}
    found += [
        Used(id=one.dataset, title=one.title, doi=one.doi, cited=False)
        for one in opened.values()
        if one.dataset not in cited
    ]
    return tuple(
        one.model_copy(update={"opened": use.count, "last": use.last, "last_by": use.by.username})
        if (use := opened.get(one.id))
        else one
        for one in found
    )
