"""Why a sandbox could not be made."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sandbox", sa.Column("problem", sa.String(500), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("sandbox") as batch:
        batch.drop_column("problem")
