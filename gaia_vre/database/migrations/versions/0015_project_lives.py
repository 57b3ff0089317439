"""How projects end, who is invited by name, what they cite, what is brought in."""

import sqlalchemy as sa
from alembic import op

from gaia_vre.database.tables import AwareTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "project_life",
        sa.Column("project_id", sa.Integer(), sa.ForeignKey("project.id"), primary_key=True, autoincrement=False),
        sa.Column("heir", sa.String(255), nullable=True),
        sa.Column("environment", sa.String(64), nullable=True),
        sa.Column("environment_digest", sa.String(120), nullable=True),
        sa.Column("noticed", sa.String(40), nullable=True),
        sa.Column("ownerless", AwareTime(), nullable=True),
        sa.Column("deleted", AwareTime(), nullable=True),
        sa.Column("archived", AwareTime(), nullable=True),
        sa.Column("archive_where", sa.String(2000), nullable=True),
        sa.Column("archive_digest", sa.String(64), nullable=True),
        sa.Column("archive_files", sa.Integer(), nullable=True),
        sa.Column("archive_bytes", sa.BigInteger(), nullable=True),
        sa.Column("archive_left", sa.Integer(), nullable=True),
        sa.Column("tried", AwareTime(), nullable=True),
        sa.Column("trouble", sa.String(500), nullable=True),
        sa.Column("purged", AwareTime(), nullable=True),
    )
    op.create_table(
        "project_pending",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("project_id", sa.Integer(), sa.ForeignKey("project.id"), nullable=False),
        sa.Column("username", sa.String(255), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("until", AwareTime(), nullable=True),
        sa.Column("by", sa.String(255), nullable=False),
        sa.Column("made", AwareTime(), nullable=False),
        sa.UniqueConstraint("project_id", "username"),
    )
    op.create_index("ix_project_pending_username", "project_pending", ["username"])
    op.create_table(
        "project_dataset",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("project_id", sa.Integer(), sa.ForeignKey("project.id"), nullable=False),
        sa.Column("dataset", sa.String(255), nullable=False),
        sa.Column("title", sa.String(1000), nullable=False),
        sa.Column("doi", sa.String(255), nullable=True),
        sa.Column("citation", sa.String(4000), nullable=False),
        sa.Column("by", sa.String(255), nullable=False),
        sa.Column("at", AwareTime(), nullable=False),
        sa.UniqueConstraint("project_id", "dataset"),
    )
    op.create_table(
        "project_import",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("staged", sa.String(64), nullable=False, unique=True),
        sa.Column("slug", sa.String(28), nullable=False),
        sa.Column("username", sa.String(255), nullable=False),
        sa.Column("made", AwareTime(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
    )


def downgrade() -> None:
    for table in ("import", "dataset", "pending", "life"):
        op.drop_table(f"project_{table}")
