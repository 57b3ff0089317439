"""Projects, their people and their history."""

import sqlalchemy as sa
from alembic import op

from gaia_vre.database.tables import AwareTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "project",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("slug", sa.String(28), nullable=False, unique=True),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("description", sa.String(4000), nullable=False),
        sa.Column("visibility", sa.String(16), nullable=False),
        sa.Column("community", sa.String(120), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("starts", AwareTime(), nullable=False),
        sa.Column("ends", AwareTime(), nullable=False),
        sa.Column("created", AwareTime(), nullable=False),
        sa.Column("created_by", sa.String(255), nullable=False),
        sa.Column("changed", AwareTime(), nullable=False),
        sa.Column("amounts", sa.JSON(), nullable=False),
    )
    op.create_index("ix_project_visibility", "project", ["visibility"])
    op.create_index("ix_project_state_ends", "project", ["state", "ends"])
    op.create_table(
        "project_member",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("project_id", sa.Integer(), sa.ForeignKey("project.id"), nullable=False),
        sa.Column("username", sa.String(255), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("since", AwareTime(), nullable=False),
        sa.Column("by", sa.String(255), nullable=False),
        sa.Column("until", AwareTime(), nullable=True),
        sa.UniqueConstraint("project_id", "username"),
    )
    op.create_index("ix_project_member_username", "project_member", ["username"])
    op.create_table(
        "project_group",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("project_id", sa.Integer(), sa.ForeignKey("project.id"), nullable=False),
        sa.Column("group", sa.String(255), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.UniqueConstraint("project_id", "group"),
    )
    op.create_index("ix_project_group_group", "project_group", ["group"])
    op.create_table(
        "project_invitation",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("project_id", sa.Integer(), sa.ForeignKey("project.id"), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("made", AwareTime(), nullable=False),
        sa.Column("by", sa.String(255), nullable=False),
        sa.Column("expires", AwareTime(), nullable=False),
        sa.Column("uses_left", sa.Integer(), nullable=False),
        sa.Column("guest_until", AwareTime(), nullable=True),
        sa.Column("revoked", AwareTime(), nullable=True),
    )
    op.create_index("ix_project_invitation_project_id", "project_invitation", ["project_id"])
    op.create_table(
        "project_joining",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("project_id", sa.Integer(), sa.ForeignKey("project.id"), nullable=False),
        sa.Column("username", sa.String(255), nullable=False),
        sa.Column("text", sa.String(500), nullable=False),
        sa.Column("made", AwareTime(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("by", sa.String(255), nullable=True),
    )
    op.create_index("ix_project_joining_project_id_state", "project_joining", ["project_id", "state"])
    op.create_index("ix_project_joining_username_state", "project_joining", ["username", "state"])
    op.create_table(
        "project_event",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("project_id", sa.Integer(), sa.ForeignKey("project.id"), nullable=False),
        sa.Column("at", AwareTime(), nullable=False),
        sa.Column("by", sa.String(255), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
    )
    op.create_index("ix_project_event_project_id_id", "project_event", ["project_id", "id"])


def downgrade() -> None:
    for table in ("event", "joining", "invitation", "group", "member"):
        op.drop_table(f"project_{table}")
    op.drop_table("project")
