"""What a person prefers wherever they sign in, and the maintenance that goes on."""

import sqlalchemy as sa
from alembic import op

from gaia_vre.database.tables import AwareTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "preference",
        sa.Column("username", sa.String(255), primary_key=True),
        sa.Column("language", sa.String(8), nullable=False),
    )
    op.create_table(
        "maintenance",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("began", AwareTime(), nullable=False),
        sa.Column("by", sa.String(255), nullable=False),
        sa.Column("said", sa.String(300), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("maintenance")
    op.drop_table("preference")
