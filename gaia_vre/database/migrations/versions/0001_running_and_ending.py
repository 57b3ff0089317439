"""What runs, and what ended and why."""

import sqlalchemy as sa
from alembic import op

from gaia_vre.database.tables import AwareTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "running",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("username", sa.String(255), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("started", AwareTime(), nullable=False),
        sa.UniqueConstraint("kind", "username", "name", name="uq_running_kind"),
    )
    op.create_table(
        "ending",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("username", sa.String(255), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("started", AwareTime(), nullable=True),
        sa.Column("ended", AwareTime(), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("detail", sa.String(500), nullable=False),
        sa.Column("dismissed", AwareTime(), nullable=True),
    )
    op.create_index("ix_ending_username_ended", "ending", ["username", "ended"])


def downgrade() -> None:
    op.drop_table("ending")
    op.drop_table("running")
