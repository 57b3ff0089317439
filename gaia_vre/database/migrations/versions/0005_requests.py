"""Requests for more, and an index for the history of an account."""

import sqlalchemy as sa
from alembic import op

from gaia_vre.database.quotas import Sum
from gaia_vre.database.tables import AwareTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "quota_request",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("username", sa.String(255), nullable=False),
        sa.Column("account", sa.String(120), nullable=False),
        sa.Column("dimension", sa.String(16), nullable=False),
        sa.Column("more", Sum, nullable=False),
        sa.Column("until", AwareTime(), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("made", AwareTime(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("given", Sum, nullable=True),
        sa.Column("by", sa.String(255), nullable=True),
        sa.Column("decided", AwareTime(), nullable=True),
        sa.Column("answer", sa.String(500), nullable=False),
        sa.Column("read", AwareTime(), nullable=True),
    )
    op.create_index("ix_quota_request_account_state", "quota_request", ["account", "state"])
    op.create_index("ix_quota_request_username_state", "quota_request", ["username", "state"])
    op.create_index("ix_quota_request_state_made", "quota_request", ["state", "made"])
    op.create_index("ix_spend_account_id_day", "spend", ["account_id", "day"])


def downgrade() -> None:
    op.drop_index("ix_spend_account_id_day", "spend")
    op.drop_table("quota_request")
