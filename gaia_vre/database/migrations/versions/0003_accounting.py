"""Accounts, leases, entries and the ledger's clock."""

import sqlalchemy as sa
from alembic import op

from gaia_vre.database.quotas import Sum
from gaia_vre.database.tables import AwareTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_CAPS = ("cores", "memory", "gpus", "servers", "clusters", "workers")
_BUDGETS = ("core_hours", "gib_hours", "gpu_hours", "credits")
_COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(120), nullable=False, unique=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), sa.ForeignKey("account.id"), nullable=True),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("created", AwareTime(), nullable=False),
        *(sa.Column(f"held_{name}", sa.BigInteger(), nullable=False) for name in _CAPS),
        *(sa.Column(f"{part}_{name}", Sum, nullable=False) for part in ("used", "reserved") for name in _BUDGETS),
        *(sa.Column(f"limit_{name}", sa.BigInteger(), nullable=True) for name in _CAPS),
        *(sa.Column(f"limit_{name}", Sum, nullable=True) for name in _BUDGETS),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("window_days", sa.Integer(), nullable=True),
        sa.Column("window_start", AwareTime(), nullable=True),
        sa.Column("window_end", AwareTime(), nullable=True),
    )
    op.create_table(
        "lease",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("username", sa.String(255), nullable=False),
        sa.Column("thing", sa.String(255), nullable=False),
        sa.Column("account_id", sa.Integer(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("chain", sa.JSON(), nullable=False),
        sa.Column("parent", sa.String(64), nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("seen", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _CAPS),
        *(sa.Column(f"price_{name}", sa.BigInteger(), nullable=False) for name in ("core", "gib", "gpu")),
        sa.Column("price_name", sa.String(60), nullable=False),
        sa.Column("settled", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("began", AwareTime(), nullable=False),
        sa.Column("ended", AwareTime(), nullable=True),
    )
    op.create_index("ix_lease_state", "lease", ["state"])
    op.create_index("ix_lease_username_kind_thing", "lease", ["username", "kind", "thing"])
    op.create_index("ix_lease_parent", "lease", ["parent"])
    op.create_table(
        "entry",
        sa.Column("id", _COUNTER, primary_key=True),
        sa.Column("key", sa.String(100), nullable=False, unique=True),
        sa.Column("lease_id", sa.String(64), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(255), nullable=False),
        sa.Column("at", AwareTime(), nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _BUDGETS),
    )
    op.create_index("ix_entry_at", "entry", ["at"])
    op.create_index("ix_entry_lease_id", "entry", ["lease_id"])
    op.create_table(
        "spend",
        sa.Column("id", _COUNTER, primary_key=True),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(255), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        *(sa.Column(name, Sum, nullable=False) for name in _BUDGETS),
        sa.UniqueConstraint("account_id", "username", "day", name="uq_spend_account_id"),
    )
    op.create_index("ix_spend_username_day", "spend", ["username", "day"])
    op.create_table(
        "ledger_clock",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.Column("wall", AwareTime(), nullable=False),
        sa.Column("boot", sa.String(64), nullable=False),
        sa.Column("since_boot", sa.BigInteger(), nullable=False),
    )


def downgrade() -> None:
    for table in ("ledger_clock", "spend", "entry", "lease", "account"):
        op.drop_table(table)
