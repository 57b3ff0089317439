"""Apps that projects publish."""

import sqlalchemy as sa
from alembic import op

from gaia_vre.database.tables import AwareTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "app",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("project_id", sa.Integer(), sa.ForeignKey("project.id"), nullable=False),
        sa.Column("path", sa.String(1000), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("audience", sa.String(16), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("open_to_all", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(255), nullable=False),
        sa.Column("at", AwareTime(), nullable=False),
        sa.Column("withdrawn", AwareTime(), nullable=True),
    )
    op.create_index("ix_app_project_id_withdrawn", "app", ["project_id", "withdrawn"])
    op.create_index("ix_app_listed_withdrawn", "app", ["listed", "withdrawn"])
    op.create_table(
        "app_visitor",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("app_id", sa.Integer(), sa.ForeignKey("app.id"), nullable=False),
        sa.Column("username", sa.String(255), nullable=False),
        sa.UniqueConstraint("app_id", "username"),
    )


def downgrade() -> None:
    op.drop_table("app_visitor")
    op.drop_table("app")
