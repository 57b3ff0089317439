"""All tables: a module of tables that is named here is migrated, compared and backed up."""

from __future__ import annotations

from gaia_vre.database import (
    apps,
    datasets,
    messages,
    openings,
    people,
    project_lives,
    projects,
    publications,
    quotas,
    sandboxes,
    starts,
    visits,
)
from gaia_vre.database.tables import Table

__all__ = [
    "METADATA",
    "apps",
    "datasets",
    "messages",
    "openings",
    "people",
    "project_lives",
    "projects",
    "publications",
    "quotas",
    "sandboxes",
    "starts",
    "visits",
]

METADATA = Table.metadata
