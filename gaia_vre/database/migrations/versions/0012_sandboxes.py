"""Sandboxes."""

import sqlalchemy as sa
from alembic import op

from gaia_vre.database.tables import AwareTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sandbox",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("username", sa.String(255), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("source", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("why", sa.String(32), nullable=False),
        sa.Column("created", AwareTime(), nullable=False),
        sa.Column("deadline", AwareTime(), nullable=False),
        sa.Column("ended", AwareTime(), nullable=True),
        sa.Column("frozen_until", AwareTime(), nullable=True),
        sa.Column("destroyed", AwareTime(), nullable=True),
        sa.Column("extensions", sa.Integer(), nullable=False),
        sa.Column("warned", sa.Integer(), nullable=False),
        sa.Column("kept", sa.JSON(none_as_null=True), nullable=True),
    )
    op.create_index("ix_sandbox_state", "sandbox", ["state"])
    op.create_index("ix_sandbox_username_created", "sandbox", ["username", "created"])


def downgrade() -> None:
    op.drop_table("sandbox")
