"""The last measure of each folder."""

import sqlalchemy as sa
from alembic import op

from gaia_vre.database.tables import AwareTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "quota_storage",
        sa.Column("area", sa.String(16), primary_key=True),
        sa.Column("folder", sa.String(64), primary_key=True),
        sa.Column("account", sa.String(120), nullable=False),
        sa.Column("at", AwareTime(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("files", sa.BigInteger(), nullable=False),
        sa.Column("unreadable", sa.BigInteger(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("largest", sa.JSON(), nullable=False),
    )
    op.create_index("ix_quota_storage_account", "quota_storage", ["account"])


def downgrade() -> None:
    op.drop_table("quota_storage")
