"""Whose program an app is; those that are there are Panel's."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("app", sa.Column("kind", sa.String(16), nullable=False, server_default="panel"))


def downgrade() -> None:
    with op.batch_alter_table("app") as batch:
        batch.drop_column("kind")
