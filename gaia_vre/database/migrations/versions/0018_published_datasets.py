"""Datasets that projects publish."""

import sqlalchemy as sa
from alembic import op

from gaia_vre.database.tables import AwareTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "published_dataset",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("project_id", sa.Integer(), sa.ForeignKey("project.id"), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("path", sa.String(1000), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(255), nullable=False),
        sa.Column("at", AwareTime(), nullable=False),
        sa.UniqueConstraint("name"),
    )
    op.create_index("ix_published_dataset_project_id", "published_dataset", ["project_id"])
    op.create_index("ix_published_dataset_listed", "published_dataset", ["listed"])
    op.create_table(
        "published_dataset_version",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("dataset_id", sa.Integer(), sa.ForeignKey("published_dataset.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", AwareTime(), nullable=False),
        sa.Column("by", sa.String(255), nullable=False),
        sa.Column("collection", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=True),
        sa.UniqueConstraint("dataset_id", "number"),
    )


def downgrade() -> None:
    op.drop_table("published_dataset_version")
    op.drop_table("published_dataset")
