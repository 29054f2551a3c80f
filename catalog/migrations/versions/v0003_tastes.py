"""What users said of their taste, and whether it counts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Apply."""
    op.add_column("users", sa.Column("profile_on", sa.Boolean(), nullable=False, server_default="1"))
    op.create_table(
        "tastes",
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("field", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=120), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("never", sa.Boolean(), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "field", "value"),
    )


def downgrade() -> None:
    """Take back; what was said of tastes is lost."""
    op.drop_table("tastes")
    op.drop_column("users", "profile_on")
