"""Datasets that were opened in sandboxes and for projects."""

import sqlalchemy as sa
from alembic import op

from gaia_vre.database.tables import AwareTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "opening",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("place", sa.String(64), nullable=False),
        sa.Column("dataset", sa.String(255), nullable=False),
        sa.Column("username", sa.String(255), nullable=False),
        sa.Column("server", sa.String(64), nullable=False),
        sa.Column("title", sa.String(1000), nullable=False),
        sa.Column("doi", sa.String(255), nullable=True),
        sa.Column("first", AwareTime(), nullable=False),
        sa.Column("last", AwareTime(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.UniqueConstraint("place", "dataset", "username", "server"),
    )


def downgrade() -> None:
    op.drop_table("opening")
