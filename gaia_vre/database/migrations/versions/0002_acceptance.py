"""Who accepted which licence."""

import sqlalchemy as sa
from alembic import op

from gaia_vre.database.tables import AwareTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "acceptance",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("username", sa.String(255), nullable=False),
        sa.Column("licence", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("accepted", AwareTime(), nullable=False),
        sa.UniqueConstraint("username", "licence", "digest", name="uq_acceptance_username"),
    )


def downgrade() -> None:
    op.drop_table("acceptance")
