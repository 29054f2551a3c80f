"""Generations as a queue that outlives the process: who works on one until when, how often, what it took."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def _columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("user_id", sa.String(length=32), nullable=True),
        sa.Column("parent_id", sa.String(length=32), nullable=True),
        sa.Column("backend", sa.String(length=64), nullable=True),
        sa.Column("pinned", sa.Boolean(), nullable=False, server_default="0"),
        sa.Column("priority", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("key", sa.String(length=80), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("owner", sa.String(length=64), nullable=True),
        sa.Column("lease_until", sa.DateTime(), nullable=True),
        sa.Column("duration_s", sa.Float(), nullable=True),
        sa.Column("work_s", sa.Float(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("started_at", sa.DateTime(), nullable=True),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
    )


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("generations") as table:
        for column in _columns():
            table.add_column(column)
    op.create_index("ix_generations_created_at", "generations", ["created_at"])
    op.create_index("ix_generations_key", "generations", ["key"], unique=True)
    op.create_index("ix_generations_fingerprint", "generations", ["fingerprint"])
    op.create_index("ix_generations_sha256", "generations", ["sha256"])


def downgrade() -> None:
    """Take back; pieces stay, what only the queue knew is lost."""
    for name in ("sha256", "fingerprint", "key", "created_at"):
        op.drop_index(f"ix_generations_{name}", "generations")
    with op.batch_alter_table("generations") as table:
        for column in _columns():
            table.drop_column(column.name)
