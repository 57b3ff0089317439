"""Run by alembic; the connection comes from gaia_vre.database.migrate."""

from alembic import context

import gaia_vre.database.messages
import gaia_vre.database.projects
import gaia_vre.database.quotas
import gaia_vre.database.starts  # noqa: F401 - their tables are compared too
from gaia_vre.database.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
