"""Messages to people."""

import sqlalchemy as sa
from alembic import op

from gaia_vre.database.messages import Number
from gaia_vre.database.tables import AwareTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "message",
        sa.Column("id", Number, primary_key=True),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("username", sa.String(255), nullable=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("severity", sa.String(8), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("created", AwareTime(), nullable=False),
        sa.Column("expires", AwareTime(), nullable=False),
        sa.Column("read", AwareTime(), nullable=True),
        sa.UniqueConstraint("key", name="uq_message_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_message_username_id", "message", ["username", "id"])
    op.create_index("ix_message_created", "message", ["created"])
    op.create_table(
        "message_read",
        sa.Column("message_id", Number, sa.ForeignKey("message.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("username", sa.String(255), primary_key=True),
        sa.Column("at", AwareTime(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("message_read")
    op.drop_table("message")
