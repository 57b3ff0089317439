"""How long starts took, step by step."""

import sqlalchemy as sa
from alembic import op

from gaia_vre.database.tables import AwareTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "start_timing",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("username", sa.String(255), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("size", sa.String(40), nullable=False),
        sa.Column("environment", sa.String(80), nullable=False),
        sa.Column("ready", AwareTime(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
    )
    op.create_index("ix_start_timing_username_ready", "start_timing", ["username", "ready"])


def downgrade() -> None:
    op.drop_table("start_timing")
