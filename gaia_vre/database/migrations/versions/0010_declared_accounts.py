"""Accounts that were imported beside those of the settings."""

import sqlalchemy as sa
from alembic import op

from gaia_vre.database.tables import AwareTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "quota_declared",
        sa.Column("name", sa.String(120), primary_key=True),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("by", sa.String(255), nullable=False),
        sa.Column("made", AwareTime(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("quota_declared")
