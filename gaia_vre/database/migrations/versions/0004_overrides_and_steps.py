"""Dated overrides, people's groups, and the steps that accounting takes."""

import sqlalchemy as sa
from alembic import op

from gaia_vre.database.quotas import Sum
from gaia_vre.database.tables import AwareTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "quota_override",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("account", sa.String(120), nullable=False),
        sa.Column("dimension", sa.String(16), nullable=False),
        sa.Column("value", Sum, nullable=True),
        sa.Column("start", AwareTime(), nullable=False),
        sa.Column("until", AwareTime(), nullable=True),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("by", sa.String(255), nullable=False),
        sa.Column("made", AwareTime(), nullable=False),
    )
    op.create_index("ix_quota_override_account", "quota_override", ["account"])
    op.create_table(
        "quota_holder",
        sa.Column("username", sa.String(255), primary_key=True),
        sa.Column("groups", sa.JSON(), nullable=False),
        sa.Column("told", AwareTime(), nullable=False),
    )
    op.create_table(
        "quota_event",
        sa.Column("id", _COUNTER, primary_key=True),
        sa.Column("key", sa.String(250), nullable=False, unique=True),
        sa.Column("at", AwareTime(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("account", sa.String(120), nullable=False),
        sa.Column("username", sa.String(255), nullable=True),
        sa.Column("lease_id", sa.String(64), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
    )
    op.create_index("ix_quota_event_at", "quota_event", ["at"])
    op.create_index("ix_quota_event_username_at", "quota_event", ["username", "at"])


def downgrade() -> None:
    for table in ("quota_event", "quota_holder", "quota_override"):
        op.drop_table(table)
