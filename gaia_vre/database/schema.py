"""All tables: a module of tables that is named here is migrated, compared and backed up."""

from __future__ import annotations

from gaia_vre.database import messages, projects, publications, quotas, sandboxes, starts
from gaia_vre.database.tables import Table

__all__ = ["METADATA", "messages", "projects", "publications", "quotas", "sandboxes", "starts"]

METADATA = Table.metadata
