"""Run by alembic; the connection comes from gaia_vre.database.migrate."""

from alembic import context

from gaia_vre.database.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
