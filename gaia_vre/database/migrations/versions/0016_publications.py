"""What projects publish."""

import sqlalchemy as sa
from alembic import op

from gaia_vre.database.tables import AwareTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "publication",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("project_id", sa.Integer(), sa.ForeignKey("project.id"), nullable=False),
        sa.Column("path", sa.String(1000), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("audience", sa.String(16), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(255), nullable=False),
        sa.Column("at", AwareTime(), nullable=False),
        sa.Column("withdrawn", AwareTime(), nullable=True),
    )
    op.create_index("ix_publication_project_id_withdrawn", "publication", ["project_id", "withdrawn"])
    op.create_index("ix_publication_listed_withdrawn", "publication", ["listed", "withdrawn"])
    op.create_table(
        "publication_version",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("publication_id", sa.Integer(), sa.ForeignKey("publication.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", AwareTime(), nullable=False),
        sa.Column("by", sa.String(255), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.UniqueConstraint("publication_id", "number"),
    )


def downgrade() -> None:
    op.drop_table("publication_version")
    op.drop_table("publication")
