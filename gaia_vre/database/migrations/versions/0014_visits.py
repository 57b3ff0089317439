"""Who entered whose server."""

import sqlalchemy as sa
from alembic import op

from gaia_vre.database.tables import AwareTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "visit",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("username", sa.String(255), nullable=False),
        sa.Column("server", sa.String(255), nullable=False),
        sa.Column("visitor", sa.String(255), nullable=False),
        sa.Column("first", AwareTime(), nullable=False),
        sa.Column("last", AwareTime(), nullable=False),
    )
    op.create_index("ix_visit_username_last", "visit", ["username", "last"])


def downgrade() -> None:
    op.drop_table("visit")
