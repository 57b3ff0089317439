"""People as the hub told of them last, and what administrators did."""

import sqlalchemy as sa
from alembic import op

from gaia_vre.database.tables import AwareTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "person",
        sa.Column("username", sa.String(255), primary_key=True),
        sa.Column("last_activity", AwareTime(), nullable=True),
        sa.Column("groups", sa.String(4000), nullable=False),
        sa.Column("seen", AwareTime(), nullable=False),
    )
    op.create_index("ix_person_last_activity", "person", ["last_activity"])
    op.create_index("ix_person_seen", "person", ["seen"])
    op.create_table(
        "operator_act",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("at", AwareTime(), nullable=False),
        sa.Column("by", sa.String(255), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("username", sa.String(255), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
    )
    op.create_index("ix_operator_act_at", "operator_act", ["at"])
    op.create_index("ix_operator_act_username_at", "operator_act", ["username", "at"])


def downgrade() -> None:
    op.drop_table("operator_act")
    op.drop_table("person")
