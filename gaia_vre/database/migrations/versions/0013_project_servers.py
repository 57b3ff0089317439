"""Who is let into the servers of projects, and whose labs have their folders."""

import sqlalchemy as sa
from alembic import op

from gaia_vre.database.tables import AwareTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "project_mount",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("lease", sa.String(64), nullable=False),
        sa.Column("project_id", sa.Integer(), sa.ForeignKey("project.id"), nullable=False),
        sa.Column("writable", sa.Boolean(), nullable=False),
        sa.Column("told", AwareTime(), nullable=True),
        sa.UniqueConstraint("lease", "project_id"),
    )
    op.create_table(
        "project_share",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("project_id", sa.Integer(), sa.ForeignKey("project.id"), nullable=False),
        sa.Column("username", sa.String(255), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.UniqueConstraint("project_id", "username"),
    )


def downgrade() -> None:
    op.drop_table("project_share")
    op.drop_table("project_mount")
